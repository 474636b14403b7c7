A machine without a network can see nothing: that is neither good nor bad. Nothing is promoted, nothing is rolled back, a person
is told; exit status 5.

  $ offline() { unshare --net "$E2E_BELAY" "$@" 2>/dev/null; }
  $ offline check --jq '.verdicts[] | [.check, .outcome]'
  ["certificate","inconclusive"]
  ["site","inconclusive"]
  ["address","inconclusive"]
  ["port","inconclusive"]
  [5]
  $ offline deploy --version v1 --json --jq .end
  inconclusive
  [5]
  $ cat live
  v1
  $ events .belay/state.git | tail -3
  deployment.unproven
  lock.released
  incident.opened
  $ belay status --jq '.environments[0].services.app | [.live.version, .last_good.version]'
  ["v1",null]

The configuration may say what it means.

  $ sed -i 's#^defaults: {#defaults: {on_no_data: pass, #' belay.yml
  $ offline check --jq .outcome
  pass
  $ sed -i 's#on_no_data: pass#on_no_data: fail#' belay.yml
  $ offline check --jq .outcome
  fail
  [1]
