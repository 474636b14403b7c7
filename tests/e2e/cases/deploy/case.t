A good release goes out, and belay says so, in words that are meant to be looked at.

  $ release v1; release v2
  $ belay deploy -e production --version v1 --artifact v1.tar.zst
  + production: v1 is live (was nothing) in DURATION
  
    CLOCK  +  shop  prepared v1
    CLOCK  +  shop  switched to v1
    CLOCK  +  gates  gates passed: 2 checks
  
  + gates passed: 2 passed
    + health  DURATION
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! + shop: prepared v1 (DURATION)
  ! + shop: switched to v1 (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  ! + gates passed: 2 checks
  $ served web1
  web1 v1
  $ belay deploy -e production --version v2 --artifact v2.tar.zst --reason 'the sale begins'
  + production: v2 is live (was v1) in DURATION
  
    CLOCK  +  shop  prepared v2
    CLOCK  +  shop  switched to v2 from v1
    CLOCK  +  gates  gates passed: 2 checks
  
  + gates passed: 2 passed
    + health  DURATION
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! + shop: prepared v2 (DURATION)
  ! + shop: switched to v2 from v1 (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  ! + gates passed: 2 checks
  $ served web1
  web1 v2

What belay knows afterwards, from the branch alone.

  $ belay status
  production
    SERVICE  LIVE  SINCE  LAST GOOD  DEPLOYMENT
    shop  v2  AGO  v2  ID
  
    +  v2  AGO  root  deployed in DURATION: the sale begins
    +  v1  AGO  root  deployed in DURATION
  
  journal: https://ADDRESS:20443/git/app.git belay-state
  $ belay status -e production --json --jq '.environments[0].services.shop | [.live.version, .last_good.version]'
  ["v2","v2"]
  $ belay history
  TIME (UTC)  EVENT  VERSION  ACTOR  COMMIT  WHAT
  TIME  lock.released  root  HASH  lock released
  TIME  deployment.committed  v2  root  HASH  deployed shop v2
  TIME  gate.judged  root  HASH  gates: pass
  TIME  deployment.switched  root  HASH  switched shop
  TIME  deployment.prepared  root  HASH  prepared shop
  TIME  deployment.captured  root  HASH  captured shop
  TIME  deployment.begun  v2  root  HASH  deploying shop v2
  TIME  lock.acquired  root  HASH  lock taken by root (generation 2)
  TIME  lock.released  root  HASH  lock released
  TIME  deployment.committed  v1  root  HASH  deployed shop v1
  TIME  gate.judged  root  HASH  gates: pass
  TIME  deployment.switched  root  HASH  switched shop
  TIME  deployment.prepared  root  HASH  prepared shop
  TIME  deployment.captured  root  HASH  captured shop
  TIME  deployment.begun  v1  root  HASH  deploying shop v1
  TIME  lock.acquired  root  HASH  lock taken by root (generation 1)
  $ belay verify
  + 16 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH

The branch is readable with plain git.

  $ journal
  production: lock taken by root (generation 1)
  production: deploying shop v1
  production: captured shop
  production: prepared shop
  production: switched shop
  production: gates: pass
  production: deployed shop v1
  production: lock released
  production: lock taken by root (generation 2)
  production: deploying shop v2
  production: captured shop
  production: prepared shop
  production: switched shop
  production: gates: pass
  production: deployed shop v2
  production: lock released
  $ events
  lock.acquired
  deployment.begun
  deployment.captured
  deployment.prepared
  deployment.switched
  gate.judged
  deployment.committed
  lock.released
  lock.acquired
  deployment.begun
  deployment.captured
  deployment.prepared
  deployment.switched
  gate.judged
  deployment.committed
  lock.released
  $ git -C "$GIT_PATH" ls-tree -r --name-only belay-state
  README.md
  environments/production/recent.json
  environments/production/rollup.json
  environments/production/state.json
  format
  $ git -C "$GIT_PATH" fsck --strict
  notice: HEAD points to an unborn branch (main)

On the host: one directory a release, a relative link, and belay's own notes.

  $ readlink "$WEB1_SRV/shop/current" | tidy
  releases/ID
  $ ls "$WEB1_SRV/shop" | sort
  current
  releases
  shared
  $ ls "$WEB1_SRV/shop/releases" | wc -l
  2
