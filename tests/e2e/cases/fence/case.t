A host that has seen a newer lock generation refuses an older run: a runner that wakes from the dead changes nothing.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ cat "$WEB1_SRV/shop/.belay/generation"
  1
  $ echo 7000 >"$WEB1_SRV/shop/.belay/generation"
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  x production: v2 was not deployed; nothing was switched, v1 is live
    because web1: step 'receive' of shop failed with status 76: this host has seen lock generation 7000, ours is 2: a later run owns /srv/shop
    hint: nothing was changed on web1; if the state branch was re-created on purpose, remove /srv/shop/.belay/generation there
  
    CLOCK  x  prepare  web1: step 'receive' of shop failed with status 76: this host has seen lock generation 7000, ours is 2: a later run owns /srv/shop
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! x prepare: web1: step 'receive' of shop failed with status 76: this host has seen lock generation 7000, ours is 2: a later run owns /srv/shop
  [1]
  $ served web1
  web1 v1
  $ cat "$WEB1_SRV/shop/.belay/generation"
  7000
  $ belay verify
  + 13 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH
