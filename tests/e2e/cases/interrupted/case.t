A run that is killed leaves a state that the next run recognises, once the lease is over.

  $ git init -q --bare state.git
  $ cat >deploy <<'SCRIPT'
  > #!/bin/sh
  > if [ "$1" = v2 ] && [ ! -e go ]; then echo $$ >pid; mv pid started; sleep ${SLOW:-60}; fi
  > echo "$1" >live
  > SCRIPT
  $ chmod +x deploy
  $ sed -i 's/^    services:/    lock: {lease: 3s}\n    services:/' belay.yml
  $ quietly belay deploy -e production --version v1
  $ "$E2E_BELAY" deploy -e production --version v2 >killed.log 2>&1 & run=$!
  $ eventually test -e started
  $ kill -KILL $run; wait $run 2>/dev/null
  [137]
  $ kill $(cat started)
  $ belay status --json --jq '.environments[0].transaction | {version, phase}'
  {"phase":"begun","version":"v2"}
  $ : >go; sleep 3.5
  $ belay deploy -e production --version v3
  + production: v3 is live (was v1) in DURATION
  
    CLOCK  +  app  switched to v3 from v1
  
  ID, recorded on state.git belay-state at HASH
  ! + app: switched to v3 from v1 (DURATION)
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
  lock.acquired
  deployment.abandoned
  deployment.begun
  deployment.captured
  deployment.switched
  deployment.committed
  lock.released
  $ belay verify
  + 15 events of 1 environment add up
    state.git belay-state at HASH

SIGINT and SIGTERM: a command that runs is told to end, then the run undoes what it did, gives the lock back and ends with 130.

  $ rm -f go started
  $ SLOW=30 "$E2E_BELAY" deploy -e production --version v2 >interrupted.log 2>&1 & run=$!
  $ eventually test -e started
  $ kill -INT $run; wait $run
  [130]
  $ cat live
  v3
  $ belay status --json --jq '.environments[0] | {transaction, held: .lock.held}'
  {"held":false,"transaction":null}
  $ rm -f started
  $ SLOW=30 "$E2E_BELAY" deploy -e production --version v2 >terminated.log 2>&1 & run=$!
  $ eventually test -e started
  $ kill -TERM $run; wait $run
  [130]
  $ cat live
  v3
  $ belay verify
  + 25 events of 1 environment add up
    state.git belay-state at HASH
