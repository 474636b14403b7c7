The very first release is bad: there is nothing to go back to, so the host ends as it was, without a `current`.

  $ release v1 broken
  $ belay deploy -e production --version v1 --artifact v1.tar.zst
  x production: v1 failed and was taken back; nothing is live (undo took DURATION)
    because gates failed: health: expected .status == 200, got 503 (and 1 more)
  
    CLOCK  +  shop  prepared v1
    CLOCK  +  shop  switched to v1
    CLOCK  x  gates  gates did not pass: health
    CLOCK  +  shop  took v1 back, nothing is live
  
  x gates failed: 1 passed, 1 failed
    x health  DURATION, 2 attempts
        x .status == 200  actual 503  bound 200
        x .body.status == "UP"  actual "DOWN"  bound "UP"
    + version  DURATION
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  P1 [production rollback] v1 > nothing, incident ID
  ! + shop: prepared v1 (DURATION)
  ! + shop: switched to v1 (DURATION)
  ! + version: pass: all predicates hold
  ! x health: fail: expected .status == 200, got 503 (and 1 more)
  ! x gates did not pass: health
  ! + shop: took v1 back, nothing is live (DURATION)
  [3]
  $ served web1
  web1 nothing
  $ test -e "$WEB1_SRV/shop/current"
  [1]
  $ events
  lock.acquired
  deployment.begun
  deployment.captured
  deployment.prepared
  deployment.switched
  gate.judged
  deployment.rolled-back
  lock.released
  incident.opened
  $ belay verify
  + 9 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH

  $ release v2
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ served web1
  web1 v2
