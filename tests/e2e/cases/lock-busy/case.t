While one run deploys, another one ends at once with status 10 and says who holds the lock.

  $ git init -q --bare state.git
  $ cat >deploy <<'SCRIPT'
  > #!/bin/sh
  > : >started
  > n=0; while [ ! -e go ] && [ $((n += 1)) -lt 400 ]; do sleep 0.05; done
  > echo "$1" >live
  > SCRIPT
  $ chmod +x deploy
  $ "$E2E_BELAY" deploy -e production --version v1 >first.log 2>&1 & first=$!
  $ eventually test -e started
  $ belay deploy -e production --version v2
  ! belay: the lock is held by root@RUNNER (run RUN), taken AGO, lease ends in DURATION
  !   hint: wait for it with 'lock: {wait: DURATION}', or, when its holder is gone for certain, run again with --take-lock
  [10]
  $ belay status --json --jq '.environments[0].lock | {held, generation}'
  {"generation":1,"held":true}

A run that is told to wait waits until the lock is free.

  $ sed 's/^    services:/    lock: {wait: 30s}\n    services:/' belay.yml >patient.yml
  $ "$E2E_BELAY" deploy -c patient.yml -e production --version v3 >third.log 2>&1 & third=$!
  $ sleep 0.5; : >go
  $ wait $first; wait $third
  $ cat live
  v3
  $ events state.git
  lock.acquired
  deployment.begun
  deployment.captured
  deployment.switched
  deployment.committed
  lock.released
  lock.acquired
  deployment.begun
  deployment.captured
  deployment.switched
  deployment.committed
  lock.released
  $ belay verify
  + 12 events of 1 environment add up
    state.git belay-state at HASH
