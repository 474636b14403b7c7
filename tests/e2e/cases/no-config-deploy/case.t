The whole way with three variables and no file: nothing is undone unless that is enabled.

  $ double=$SINKS_HTTP/digitalocean
  $ vendor=$E2E_ROOT/tests/peers/vendors/digitalocean.py
  $ export DIGITALOCEAN_API_URL=$double APP_URL=$double/_app
  $ export DIGITALOCEAN_TOKEN=$(sed -n 's/^TOKEN = "\(.*\)"/\1/p' "$vendor") DIGITALOCEAN_APP_ID=$(sed -n 's/^APP = "\(.*\)"/\1/p' "$vendor")
  $ echo "$DIGITALOCEAN_TOKEN" >>"$E2E_DIR/secrets"
  $ sources() { curl -sf -X POST -H 'Content-Type: application/json' "$double/$1" -d "$2" >/dev/null; }
  $ sources _reset '{"commit": "v1", "bad": ["v2"], "phases": [], "base": "'$double'"}'
  $ belay plan --version v1
  Plan for production: v1
  app nothing > v1
  
     1  lock  production  take the lock, put the plan on the journal
     2  capture  production  read what is live now
     3  switch  app  app  build and deploy the app's sources as v1, wait until it is active
     4  gates  health  has to pass
     5  gates  live  has to pass
     6  gates  ready  has to pass
     7  commit  production  record the new last-good, release the lock
  
  Judged by health, live, ready
  
  ! rollback.auto is off: a failing gate leaves the new version live
  
  Nothing was changed.
  $ belay deploy --version v1
  + production: v1 is live (was nothing) in DURATION
  
    CLOCK  +  app  prepared v1
    CLOCK  +  app  switched to v1
    CLOCK  +  gates  gates passed: 3 checks
  
  + gates passed: 3 passed
    + health  DURATION
    + live  DURATION
    + ready  DURATION
  
  ID, recorded on .belay/state.git belay-state at HASH
  ! + app: prepared v1 (DURATION)
  ! - app: build: done
  ! + app: switched to v1 (DURATION)
  ! + health: pass: all predicates hold
  ! + live: pass: all predicates hold
  ! + ready: pass: all predicates hold
  ! + gates passed: 3 checks
  $ belay status
  production
    SERVICE  LIVE  SINCE  LAST GOOD  DEPLOYMENT
    app  v1  AGO  v1  ID
  
    +  v1  AGO  root  deployed in DURATION
  
  journal: .belay/state.git belay-state

A bad version stays, and a person decides.

  $ sources _set '{"commit": "v2"}'
  $ belay deploy --version v2
  x production: v2 failed and was not taken back; it is live
    because gates failed: health: expected .status == 200, got 503; live: expected .status == 200, got 503; ready: expected .status == 200, got 503
  
  What to do now
    1. v2 is live and unproven: look at it, then 'belay deploy' again or 'belay rollback'
  
    CLOCK  +  app  prepared v2
    CLOCK  +  app  switched to v2 from v1
    CLOCK  x  gates  gates did not pass: health, live, ready
  
  x gates failed: 3 failed
    x health  DURATION, 5 attempts
        x .status == 200  actual 503  bound 200
    x live  DURATION, 5 attempts
        x .status == 200  actual 503  bound 200
    x ready  DURATION, 5 attempts
        x .status == 200  actual 503  bound 200
  
  app: web: run log (last 8 of 22 lines; --verbose shows all)
      web: run line 15
      web: run line 16
      web: run line 17
      web: run line 18
      web: run line 19
      web: run line 20
      ::error::the token is ***
      web: the end of the run log
  
  ID, recorded on .belay/state.git belay-state at HASH
  P1 [production partial] v2 is live and unproven, incident ID
  ! + app: prepared v2 (DURATION)
  ! - app: build: done
  ! + app: switched to v2 from v1 (DURATION)
  ! x health: fail: expected .status == 200, got 503
  ! x live: fail: expected .status == 200, got 503
  ! x ready: fail: expected .status == 200, got 503
  ! x gates did not pass: health, live, ready
  [1]
  $ belay rollback --to v1
  + production: back to v1 (was v2) in DURATION
  
    CLOCK  +  app  prepared v1
    CLOCK  +  app  switched to v1 from v2
    CLOCK  +  gates  gates passed: 3 checks
  
  + gates passed: 3 passed
    + health  DURATION
    + live  DURATION
    + ready  DURATION
  
  ID, recorded on .belay/state.git belay-state at HASH
  ! + app: prepared v1 (DURATION)
  ! - app: build: done
  ! + app: switched to v1 from v2 (DURATION)
  ! + health: pass: all predicates hold
  ! + live: pass: all predicates hold
  ! + ready: pass: all predicates hold
  ! + gates passed: 3 checks
  $ belay status
  production
    SERVICE  LIVE  SINCE  LAST GOOD  DEPLOYMENT
    app  v1  AGO  v1  ID
  
    +  v1  AGO  root  went back in DURATION
    ?  v2  AGO  root  live, but unproven in DURATION: gates failed: health: expected .status == 200, got 503; live: expected .status == 200, got 503; ready: expected .status == 200, got 503
    +  v1  AGO  root  deployed in DURATION
  
  journal: .belay/state.git belay-state
