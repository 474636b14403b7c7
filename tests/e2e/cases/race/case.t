Two deployments at once: exactly one proceeds, in each of 200 rounds (10 in a quick run).

  $ BELAY=$E2E_BELAY "$E2E_ROOT/tests/suite/race.sh" $E2E_QUICK
  (201|11) passed, 0 failed, 0 skipped (re)
