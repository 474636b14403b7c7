A machine without a network can see nothing: that is neither good nor bad. Nothing is promoted, nothing is rolled back, a person
is told; exit status 5.

  $ offline() { unshare --net env BELAY= "$E2E_ROOT/tests/e2e/bin/belay" "$@"; }
  $ offline check --jq '.verdicts[] | [.check, .outcome]'
  $ offline deploy --version v1
  $ cat live
  $ events .belay/state.git | tail -3
  $ belay status

The configuration may say what it means.

  $ sed -i 's#^defaults: {#defaults: {on_no_data: pass, #' belay.yml
  $ offline check --jq .outcome 2>&1 | tail -1
  $ sed -i 's#on_no_data: pass#on_no_data: fail#' belay.yml
  $ offline check --jq .outcome 2>/dev/null
