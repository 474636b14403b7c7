The gate fails, and so does the undo: exit status 4, the lock stays, and belay says what a person has to do now.

  $ sed -i "s#keep: 3#hooks: {undone: 'echo the old program does not start any more; exit 7'}#" belay.yml
  $ release v1; release v2 broken; release v3
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  x production: v2 could not be taken back; a person has to act now
    because gates failed: health: expected .status == 200, got 503 (and 1 more)
  
  == DO THIS NOW ==
    1. shop: bring v1 back by hand (web1: step 'undo' of shop failed with status 80: hook 'undone' failed with status 7)
    2. when it is as it should be, run 'belay deploy' or 'belay rollback' with --take-lock
  
    CLOCK  +  shop  prepared v2
    CLOCK  +  shop  switched to v2 from v1
    CLOCK  x  gates  gates did not pass: health
    CLOCK  x  shop  could not take v2 back: web1: step 'undo' of shop failed with status 80: hook 'undone' failed with status 7
  
  x gates failed: 1 passed, 1 failed
    x health  DURATION, 2 attempts
        x .status == 200  actual 503  bound 200
        x .body.status == "UP"  actual "DOWN"  bound "UP"
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  P0 [production CRITICAL] v2 could not be taken back, incident ID
  ! + shop: prepared v2 (DURATION)
  ! + shop: switched to v2 from v1 (DURATION)
  ! + version: pass: all predicates hold
  ! x health: fail: expected .status == 200, got 503 (and 1 more)
  ! x gates did not pass: health
  ! x shop: could not take v2 back: web1: step 'undo' of shop failed with status 80: hook 'undone' failed with status 7 (DURATION)
  [4]
  $ events | tail -4
  gate.judged
  deployment.stuck
  lock.kept
  incident.opened
  $ belay status
  production
    lock kept by root@RUNNER (run RUN), taken AGO, undo failed AGO: web1: step 'undo' of shop failed with status 80: hook 'undone' failed with status 7
  x deployment of v2 is not finished: stuck, begun AGO by root
      undo failed: web1: step 'undo' of shop failed with status 80: hook 'undone' failed with status 7
      1. shop: bring v1 back by hand (web1: step 'undo' of shop failed with status 80: hook 'undone' failed with status 7)
      2. when it is as it should be, run 'belay deploy' or 'belay rollback' with --take-lock
    1 incident is open (P0): belay incident list
    SERVICE  LIVE  SINCE  LAST GOOD  DEPLOYMENT
    shop  v1  AGO  v1  ID
  
    x  v2  AGO  root  stuck, undo failed in DURATION: gates failed: health: expected .status == 200, got 503 (and 1 more)
    +  v1  AGO  root  deployed in DURATION
  
  journal: https://ADDRESS:20443/git/app.git belay-state
  $ belay verify
  + 17 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH

Nobody deploys over it by accident.

  $ belay deploy -e production --version v3 --artifact v3.tar.zst
  ! belay: the lock is kept by root@RUNNER (run RUN), taken AGO, undo failed AGO: web1: step 'undo' of shop failed with status 80: hook 'undone' failed with status 7
  !   hint: make sure the hosts are as they should be, then run again with --take-lock
  [10]
