Going back, to the release before or to one that is named.

  $ sed -i 's/keep: 3/keep: 9/; s/ && .*//' belay.yml
  $ for v in v1 v2 v3; do release $v; quietly belay deploy -e production --version $v --artifact $v.tar.zst; done
  $ belay rollback -e production --list
     VERSION  DEPLOYMENT  WHEN  SERVICES
  \xe2\x97\x8f  v3  ID  AGO  shop (esc)
     v2  ID  AGO  shop
     v1  ID  AGO  shop
  $ belay rollback -e production
  + production: back to v2 (was v3) in DURATION
  
    CLOCK  +  shop  prepared v2
    CLOCK  +  shop  switched to v2 from v3
    CLOCK  +  gates  gates passed: 2 checks
  
  + gates passed: 2 passed
    + health  DURATION
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  P1 [production rollback] v3 > v2, incident ID
  ! + shop: prepared v2 (DURATION)
  ! + shop: switched to v2 from v3 (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  ! + gates passed: 2 checks
  $ served web1
  web1 v2
  $ belay rollback -e production --to v1 --reason 'back to the roots'
  + production: back to v1 (was v2) in DURATION
  
    CLOCK  +  shop  prepared v1
    CLOCK  +  shop  switched to v1 from v2
    CLOCK  +  gates  gates passed: 2 checks
  
  + gates passed: 2 passed
    + health  DURATION
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! + shop: prepared v1 (DURATION)
  ! + shop: switched to v1 from v2 (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  ! + gates passed: 2 checks
  $ served web1
  web1 v1
  $ belay rollback -e production --to v3
  + production: back to v3 (was v1) in DURATION
  
    CLOCK  +  shop  prepared v3
    CLOCK  +  shop  switched to v3 from v1
    CLOCK  +  gates  gates passed: 2 checks
  
  + gates passed: 2 passed
    + health  DURATION
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! + shop: prepared v3 (DURATION)
  ! + shop: switched to v3 from v1 (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  ! + gates passed: 2 checks
  $ served web1
  web1 v3
  $ belay rollback -e production --to v7
  ! belay: no deployment or version 'v7' to go back to
  !   hint: did you mean 'v3'? belay rollback --list shows all
  [2]
  $ belay rollback -e production --to v3
  + production: back to v3 (was v3) in DURATION
  
    CLOCK  +  shop  prepared v3
    CLOCK  +  shop  switched to v3 from v3
    CLOCK  +  gates  gates passed: 2 checks
  
  + gates passed: 2 passed
    + health  DURATION
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! + shop: prepared v3 (DURATION)
  ! + shop: switched to v3 from v3 (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  ! + gates passed: 2 checks
  $ belay history
  TIME (UTC)  EVENT  VERSION  ACTOR  COMMIT  WHAT
  TIME  lock.released  root  HASH  lock released
  TIME  deployment.committed  v3  root  HASH  went back with shop v3
  TIME  gate.judged  root  HASH  gates: pass
  TIME  deployment.switched  root  HASH  switched shop
  TIME  deployment.prepared  root  HASH  prepared shop
  TIME  deployment.captured  root  HASH  captured shop
  TIME  deployment.begun  v3  root  HASH  going back with shop v3
  TIME  lock.acquired  root  HASH  lock taken by root (generation 7)
  TIME  incident.updated  root  HASH  incident ID updated: went back: v1 > v3
  TIME  lock.released  root  HASH  lock released
  TIME  deployment.committed  v3  root  HASH  went back with shop v3
  TIME  gate.judged  root  HASH  gates: pass
  TIME  deployment.switched  root  HASH  switched shop
  TIME  deployment.prepared  root  HASH  prepared shop
  TIME  deployment.captured  root  HASH  captured shop
  TIME  deployment.begun  v3  root  HASH  going back with shop v3
  TIME  lock.acquired  root  HASH  lock taken by root (generation 6)
  TIME  incident.updated  root  HASH  incident ID updated: went back: v2 > v1
  TIME  lock.released  root  HASH  lock released
  TIME  deployment.committed  v1  root  HASH  went back with shop v1
  $ belay verify
  + 59 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH
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
  production: lock taken by root (generation 3)
  production: deploying shop v3
  production: captured shop
  production: prepared shop
  production: switched shop
  production: gates: pass
  production: deployed shop v3
  production: lock released
  production: lock taken by root (generation 4)
  production: going back with shop v2
  production: captured shop
  production: prepared shop
  production: switched shop
  production: gates: pass
  production: went back with shop v2
  production: lock released
  production: incident ID opened, P1: v3 > v2
  production: lock taken by root (generation 5)
  production: going back with shop v1
  production: captured shop
  production: prepared shop
  production: switched shop
  production: gates: pass
  production: went back with shop v1
  production: lock released
  production: incident ID updated: went back: v2 > v1
  production: lock taken by root (generation 6)
  production: going back with shop v3
  production: captured shop
  production: prepared shop
  production: switched shop
  production: gates: pass
  production: went back with shop v3
  production: lock released
  production: incident ID updated: went back: v1 > v3
  production: lock taken by root (generation 7)
  production: going back with shop v3
  production: captured shop
  production: prepared shop
  production: switched shop
  production: gates: pass
  production: went back with shop v3
  production: lock released

Where there is nothing to go back to.

  $ git -C "$GIT_PATH" update-ref -d refs/heads/belay-state
  $ belay rollback -e production
  ! belay: there is no earlier deployment to go back to
  !   hint: see 'belay rollback --list'
  [2]
