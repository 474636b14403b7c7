A release that starts and does not work is taken back by itself: exit status 3, and the old version is served.

  $ release v1; release v2; release v3 broken; release v4 down
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ belay deploy -e production --version v3 --artifact v3.tar.zst
  x production: v3 failed and was taken back; v2 is live (undo took DURATION)
    because gates failed: health: expected .status == 200, got 503 (and 1 more)
  
    CLOCK  +  shop  prepared v3
    CLOCK  +  shop  switched to v3 from v2
    CLOCK  x  gates  gates did not pass: health
    CLOCK  +  shop  took v3 back, v2 is live
    CLOCK  +  after-undo  after-undo passed: 2 checks
  
  x gates failed: 1 passed, 1 failed
    x health  DURATION, 2 attempts
        x .status == 200  actual 503  bound 200
        x .body.status == "UP"  actual "DOWN"  bound "UP"
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  P1 [production rollback] v3 > v2, incident ID
  ! + shop: prepared v3 (DURATION)
  ! + shop: switched to v3 from v2 (DURATION)
  ! + version: pass: all predicates hold
  ! x health: fail: expected .status == 200, got 503 (and 1 more)
  ! x gates did not pass: health
  ! + shop: took v3 back, v2 is live (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  ! + after-undo passed: 2 checks
  [3]
  $ served web1
  web1 v2

A failing predicate shows the value that was seen beside the bound.

  $ belay deploy -e production --version v4 --artifact v4.tar.zst
  x production: v4 failed and was taken back; v2 is live (undo took DURATION)
    because gates failed: health: expected .body.status == "UP", got "DOWN"
  
    CLOCK  +  shop  prepared v4
    CLOCK  +  shop  switched to v4 from v2
    CLOCK  x  gates  gates did not pass: health
    CLOCK  +  shop  took v4 back, v2 is live
    CLOCK  +  after-undo  after-undo passed: 2 checks
  
  x gates failed: 1 passed, 1 failed
    x health  DURATION, 2 attempts
        x .body.status == "UP"  actual "DOWN"  bound "UP"
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  P1 [production rollback] v3 > v2, incident ID
  ! + shop: prepared v4 (DURATION)
  ! + shop: switched to v4 from v2 (DURATION)
  ! + version: pass: all predicates hold
  ! x health: fail: expected .body.status == "UP", got "DOWN"
  ! x gates did not pass: health
  ! + shop: took v4 back, v2 is live (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  ! + after-undo passed: 2 checks
  [3]
  $ served web1
  web1 v2
  $ belay status
  production
    1 incident is open (P1): belay incident list
    SERVICE  LIVE  SINCE  LAST GOOD  DEPLOYMENT
    shop  v2  AGO  v2  ID
  
    x  v4  AGO  root  rolled back in DURATION: gates failed: health: expected .body.status == "UP", got "DOWN"
    x  v3  AGO  root  rolled back in DURATION: gates failed: health: expected .status == 200, got 503 (and 1 more)
    +  v2  AGO  root  deployed in DURATION
    +  v1  AGO  root  deployed in DURATION
  
  journal: https://ADDRESS:20443/git/app.git belay-state
  $ belay history
  TIME (UTC)  EVENT  VERSION  ACTOR  COMMIT  WHAT
  TIME  incident.updated  v4  root  HASH  incident ID updated: again: v4 > v2
  TIME  lock.released  root  HASH  lock released
  TIME  deployment.rolled-back  v4  root  HASH  rolled back shop v4 to v2: gates failed: health: expected .body.status == "UP", got "DOWN"
  TIME  gate.judged  root  HASH  after-undo: pass
  TIME  gate.judged  root  HASH  gates: fail
  TIME  deployment.switched  root  HASH  switched shop
  TIME  deployment.prepared  root  HASH  prepared shop
  TIME  deployment.captured  root  HASH  captured shop
  TIME  deployment.begun  v4  root  HASH  deploying shop v4
  TIME  lock.acquired  root  HASH  lock taken by root (generation 4)
  TIME  incident.opened  v3  root  HASH  incident ID opened, P1: v3 > v2
  TIME  lock.released  root  HASH  lock released
  TIME  deployment.rolled-back  v3  root  HASH  rolled back shop v3 to v2: gates failed: health: expected .status == 200, got 503 (and 1 more)
  TIME  gate.judged  root  HASH  after-undo: pass
  TIME  gate.judged  root  HASH  gates: fail
  TIME  deployment.switched  root  HASH  switched shop
  TIME  deployment.prepared  root  HASH  prepared shop
  TIME  deployment.captured  root  HASH  captured shop
  TIME  deployment.begun  v3  root  HASH  deploying shop v3
  TIME  lock.acquired  root  HASH  lock taken by root (generation 3)
  $ belay verify
  + 36 events of 1 environment add up
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
  production: gates: fail
  production: after-undo: pass
  production: rolled back shop v3 to v2: gates failed: health: expected .status == 200, got 503 (and 1 more)
  production: lock released
  production: incident ID opened, P1: v3 > v2
  production: lock taken by root (generation 4)
  production: deploying shop v4
  production: captured shop
  production: prepared shop
  production: switched shop
  production: gates: fail
  production: after-undo: pass
  production: rolled back shop v4 to v2: gates failed: health: expected .body.status == "UP", got "DOWN"
  production: lock released
  production: incident ID updated: again: v4 > v2

A release that was taken back has not become the one to go back to.

  $ belay rollback -e production --list --json --jq '.[] | [.version, .live]'
  ["v2",true]
  ["v1",false]

The next good one goes out as if nothing had happened.

  $ release v5
  $ quietly belay deploy -e production --version v5 --artifact v5.tar.zst
  $ served web1
  web1 v5
