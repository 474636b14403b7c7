A disk that is full is noticed before the switch; what is live stays live.

  $ release v1; release v2
  $ head -c 200000 /dev/urandom | base64 >"$E2E_DIR/release/v2/public/large"
  $ tar -C "$E2E_DIR/release/v2" -caf v2.tar.zst .
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ served web1
  web1 v1
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  ! belay: web1: no space: v2.tar.zst needs SIZE and /srv/shop has SIZE free
  !   hint: free space on web1, or lower 'keep' of service 'shop'
  [2]
  $ served web1
  web1 v1
  $ host web1 sh -c 'ls /srv/shop/releases | wc -l'
  1
  $ belay verify
  + 8 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH

A disk that fills up after the space was looked at.

  $ host web1 sh -c 'head -c 200000 /dev/zero >/srv/fill' 2>/dev/null
  [1]
  $ release v3
  $ belay deploy -e production --version v3 --artifact v3.tar.zst
  ! belay: web1: no space: v3.tar.zst needs SIZE and /srv/shop has SIZE free
  !   hint: free space on web1, or lower 'keep' of service 'shop'
  [2]
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
