A run that is killed leaves a state that the next run recognises, once the lease is over.

  $ git init -q --bare state.git
  $ cat >deploy <<'SCRIPT'
  > #!/bin/sh
  > if [ "$1" = v2 ] && [ ! -e go ]; then echo $$ >pid; mv pid started; exec sleep 60; fi
  > echo "$1" >live
  > SCRIPT
  $ chmod +x deploy
  $ sed -i 's/^    services:/    lock: {lease: 3s}\n    services:/' belay.yml
  $ quietly belay deploy -e production --version v1
  $ "$E2E_BELAY" deploy -e production --version v2 >killed.log 2>&1 & run=$!
  $ eventually test -e started
  $ kill -KILL $run; wait $run 2>/dev/null
  $ kill $(cat started)
  $ belay status --json --jq '.environments[0].transaction | {version, step}'
  $ : >go; sleep 3.5
  $ belay deploy -e production --version v3
  $ cat live
  $ events state.git
  $ belay verify

SIGINT and SIGTERM: the run undoes what it did, gives the lock back and ends with 130.

  $ rm -f go started
  $ "$E2E_BELAY" deploy -e production --version v2 >interrupted.log 2>&1 & run=$!
  $ eventually test -e started
  $ kill -INT $run; wait $run
  $ cat live
  $ belay status --json --jq '.environments[0] | {transaction, held: .lock.held}'
  $ rm -f started
  $ "$E2E_BELAY" deploy -e production --version v2 >terminated.log 2>&1 & run=$!
  $ eventually test -e started
  $ kill -TERM $run; wait $run
  $ cat live
  $ belay verify
