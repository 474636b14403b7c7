A deployment that is taken back is an incident, one for each trouble; the next that passes resolves it.

  $ export API_TOKEN=api-S3cretHeaderValue-77 SINKS
  $ told() { jq -r 'select(.path == "/hook") | .json | "\(.topic): \(.title): \(.reason)"' "$SINKS/requests.jsonl" | tidy; }
  $ belay incident list
  No incidents.
  $ quietly belay deploy --version v1
  $ quietly 3 belay deploy --version bad2
  [3]
  $ belay incident list
  INCIDENT  SEV  STATUS  OPENED  POST-MORTEM  WHAT
  ID  P1  open  AGO  due TIME  [production rollback] bad2 > v1
  $ quietly 3 belay deploy --version bad3
  [3]
  $ belay incident show "$("$E2E_BELAY" incident list --jq '.incidents[0].id')"
  P1 [production rollback] bad2 > v1  ID, open
    opened  TIME
    by  root
    reason  gates failed: health: expected .status == 200, got 503
    version  bad3
    deployment  ID
    kept  the output of run RUN
    post-mortem  due TIME
  
    evidence
      health: fail: expected .status == 200, got 503
  
    timeline
      TIME  app: switched to bad2 from v1
      TIME  gates did not pass: health
      TIME  app: took bad2 back, v1 is live
      TIME  after-undo passed: 1 check
      TIME  again: bad3 > v1
  
    to do
      [ ] find out why bad3 was no good
      [ ] bring a version that passes: belay deploy -e production --version VERSION
  $ belay status --quiet
  production
    1 incident is open (P1): belay incident list
    SERVICE  LIVE  SINCE  LAST GOOD  DEPLOYMENT
    app  v1  AGO  v1  ID
  $ belay deploy --version v4 --quiet
  + production: v4 is live (was v1) in DURATION
  $ belay incident list
  INCIDENT  SEV  STATUS  OPENED  POST-MORTEM  WHAT
  ID  P1  resolved  AGO  due TIME  [production rollback] bad2 > v1
  $ told
  incident-opened: [production rollback] bad2 > v1: gates failed: health: expected .status == 200, got 503
  incident-updated: [production rollback] bad2 > v1: gates failed: health: expected .status == 200, got 503
  incident-resolved: [production rollback] bad2 > v1: gates failed: health: expected .status == 200, got 503
  $ "$E2E_BELAY" incident list --json >list.json; valid result.incident list.json
  valid

What a command says of a secret is in no incident and in no message (the runner looks for it, too).

  $ quietly 3 belay deploy --version leaky5
  [3]
  $ belay incident list --jq '.incidents[-1].reason'
  app: deploy command failed with status 3: no access with ***
  $ told | tail -n 1
  incident-opened: [production rollback] leaky5 > v4: app: deploy command failed with status 3: no access with ***
  $ git -C .belay/state.git log -p belay-state | grep -c "$API_TOKEN"
  0
  [1]

A person opens, updates, acknowledges and resolves.

  $ belay incident resolve -m 'the token was renewed' --quiet
  P1 [production rollback] leaky5 > v4  ID, resolved
  $ belay incident open --title 'orders <b>fail</b> @team' -m 'since noon' --severity P1
  P1 [production incident] orders <b>fail</b> @team  ID, open
    opened  TIME
    by  root
    reason  since noon
    post-mortem  due TIME
    + sent hook: incident-opened
  ! + hook: told: incident-opened
  $ belay incident update -m 'only from one country' --acknowledge
  P1 [production incident] orders <b>fail</b> @team  ID, acknowledged
    opened  TIME
    by  root
    reason  since noon
    post-mortem  due TIME
  
    timeline
      TIME  acknowledged by root
      TIME  only from one country
    + sent hook: incident-updated
  ! + hook: told: incident-updated
  $ belay incident resolve -m 'it was DNS' --jq '.incidents[0] | .status, .timeline[-1].text'
  resolved
  resolved by root: it was DNS
  ! + hook: told: incident-resolved
  $ told | tail -n 4
  incident-resolved: [production rollback] leaky5 > v4: app: deploy command failed with status 3: no access with ***
  incident-opened: [production incident] orders <b>fail</b> @team: since noon
  incident-updated: [production incident] orders <b>fail</b> @team: since noon
  incident-resolved: [production incident] orders <b>fail</b> @team: since noon
  $ belay incident resolve
  ! belay: 'production' has no incident that is open
  !   hint: 'belay incident list -e production' shows them
  [2]
  $ belay incident open
  ! belay: an incident needs a title
  !   hint: belay incident open --title 'orders fail'
  [2]
  $ belay incident open --title x --severity high
  ! belay: option '--severity' does not know 'high'
  !   hint: it takes one of: P0, P1, P2, P3
  [2]
  $ belay incident lst
  ! belay: 'incident' knows no 'lst'
  !   hint: did you mean 'belay incident list'?
  [2]
  $ belay incident show 1999
  ! belay: there is no incident '1999'
  !   hint: 'belay incident list' shows all
  [2]
  $ belay verify | head -1
  + 69 events of 1 environment add up
  $ journal .belay/state.git | grep incident
  production: incident ID opened, P1: bad2 > v1
  production: to tell hook: incident-opened
  production: incident ID updated: again: bad3 > v1
  production: to tell hook: incident-updated
  production: incident ID resolved by root: v4 passed its gates
  production: to tell hook: incident-resolved
  production: incident ID opened, P1: leaky5 > v4
  production: to tell hook: incident-opened
  production: incident ID resolved by root: the token was renewed
  production: to tell hook: incident-resolved
  production: incident ID opened, P1: orders <b>fail</b> @team
  production: to tell hook: incident-opened
  production: incident ID acknowledged by root
  production: incident ID updated: only from one country
  production: to tell hook: incident-updated
  production: incident ID resolved by root: it was DNS
  production: to tell hook: incident-resolved
