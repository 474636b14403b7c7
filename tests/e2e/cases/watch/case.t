A watch: what fails for a while is an incident, what is as it was leaves no trace.

  $ export SINKS
  $ break_it() { printf '[{"path": "^/health", "status": 503, "times": 999}]' >"$SINKS/script.json"; }
  $ mend_it() { rm -f "$SINKS/script.json"; }
  $ told() { jq -r 'select(.path == "/hook") | .json | "\(.topic): \(.title)"' "$SINKS/requests.jsonl"; }
  $ quietly belay deploy --version v1
  $ belay watch
  + check passed: 1 passed
    +  health  good  AGO
  ! + health: pass: all predicates hold
  $ count() { git -C .belay/state.git rev-list --count belay-state; }
  $ before=$(count); belay watch --quiet; belay watch --quiet; [ "$(count)" = "$before" ] && echo 'no trace'
  + check passed: 1 passed
  + check passed: 1 passed
  no trace
  $ break_it; belay watch
  x check failed: 1 failed
    +  health  good  AGO  failed 1 time in a row
  ! x health: fail: expected .status == 200, got 503
  $ belay watch
  x check failed: 1 failed
    x  health  bad  AGO
    health has become bad
    P1 [production degraded] health fails  ID
    + sent hook: degraded
  ! x health: fail: expected .status == 200, got 503
  ! + hook: told: degraded
  [1]
  $ before=$(count); belay watch --quiet; [ "$(count)" = "$before" ] && echo 'no trace'
  x check failed: 1 failed
    P1 [production degraded] health fails  ID
  no trace
  $ belay incident list
  INCIDENT  SEV  STATUS  OPENED  POST-MORTEM  WHAT
  ID  P1  open  AGO  due TIME  [production degraded] health fails
  $ mend_it; belay watch --quiet
  + check passed: 1 passed
    P1 [production degraded] health fails  ID
  [1]
  $ "$E2E_BELAY" watch --json >watch.json 2>/dev/null; valid result.watch watch.json; jq .rounds watch.json
  valid
  1
  $ told
  degraded: [production degraded] health
  recovered: [production recovered] health
  $ belay incident list
  INCIDENT  SEV  STATUS  OPENED  POST-MORTEM  WHAT
  ID  P1  resolved  AGO  due TIME  [production degraded] health fails
  $ events .belay/state.git | grep -v 'lock\|deployment\|gate\|message'
  alert.judged
  alert.judged
  alert.judged
  incident.opened
  alert.judged
  alert.judged
  incident.resolved

While a deployment is under way its own gates judge.

  $ quietly belay begin --version v2; break_it
  $ before=$(count); belay watch --quiet; belay watch --quiet; [ "$(count)" = "$before" ] && echo 'no trace'
  x check failed: 1 failed
    a deployment goes on: this round does not count
  x check failed: 1 failed
    a deployment goes on: this round does not count
  no trace
  $ mend_it; quietly belay finish
  $ belay watch --every 5m
  ! belay: --every needs --for: one round has no pause
  !   hint: belay watch --for DURATION --every DURATION
  [2]
  $ belay watch --for soon
  ! belay: --for: 'soon' is no duration
  !   hint: as in DURATION, DURATION or 1h30m
  [2]
  $ belay verify | head -1
  + 26 events of 1 environment add up
