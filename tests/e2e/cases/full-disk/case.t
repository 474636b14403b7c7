A disk that is full is noticed before the switch; what is live stays live.

  $ release v1; release v2
  $ head -c 200000 /dev/urandom | base64 >"$E2E_DIR/release/v2/public/large"
  $ tar -C "$E2E_DIR/release/v2" -caf v2.tar.zst .
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ served web1
  web1 v1
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  x production: v2 was not deployed; nothing was switched, v1 is live
    because web1: step 'receive' of shop failed with status 74: no space: the release needs SIZE, /srv/shop has SIZE free
  
    CLOCK  x  prepare  web1: step 'receive' of shop failed with status 74: no space: the release needs SIZE, /srv/shop has SIZE free
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! x prepare: web1: step 'receive' of shop failed with status 74: no space: the release needs SIZE, /srv/shop has SIZE free
  [2]
  $ served web1
  web1 v1
  $ host web1 sh -c 'ls /srv/shop/releases | wc -l'
  1
  $ belay verify
  + 13 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH

A disk that fills up after the space was looked at.

  $ host web1 sh -c 'head -c 200000 /dev/zero >/srv/fill' 2>/dev/null
  [1]
  $ release v3
  $ belay deploy -e production --version v3 --artifact v3.tar.zst
  x production: v3 was not deployed; nothing was switched, v1 is live
    because web1: step 'receive' of shop failed with status 1: sh: 68: printf: printf: I/O error
  
    CLOCK  x  prepare  web1: step 'receive' of shop failed with status 1: sh: 68: printf: printf: I/O error
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! x prepare: web1: step 'receive' of shop failed with status 1: sh: 68: printf: printf: I/O error
  [1]
  $ served web1
  web1 v1
  $ host web1 rm /srv/fill
  $ belay deploy -e production --version v3 --artifact v3.tar.zst --json --jq .end
  passed
  ! + shop: prepared v3 (DURATION)
  ! + shop: switched to v3 from v1 (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  ! + gates passed: 2 checks
  $ served web1
  web1 v3
