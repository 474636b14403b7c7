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
  $ belay status --json --jq '.environments[0].lock | {held, generation}'

A run that is told to wait waits until the lock is free.

  $ sed 's/^    services:/    lock: {wait: 30s}\n    services:/' belay.yml >patient.yml
  $ "$E2E_BELAY" deploy -c patient.yml -e production --version v3 >third.log 2>&1 & third=$!
  $ sleep 0.5; : >go
  $ wait $first; wait $third
  $ cat live
  $ events state.git
  $ belay verify
