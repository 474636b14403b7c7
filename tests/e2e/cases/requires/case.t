`requires`: the same version must have passed elsewhere first.

  $ git init -q --bare state.git
  $ printf '#!/bin/sh\necho "$1" >live\n' >deploy; chmod +x deploy
  $ sed -n '/^  production:/,$p' belay.yml | sed 's/production:/staging:/' >staging; sed -i 's/^  production:/  production:\n    requires: [staging]/' belay.yml; cat staging >>belay.yml
  $ belay deploy -e production --version v1
  ! belay: version v1 has not passed in 'staging', which 'production' requires
  !   hint: run 'belay deploy -e staging --version v1' first
  [1]
  $ git -C state.git for-each-ref
  $ quietly belay deploy -e staging --version v1
  $ belay deploy -e production --version v1 --json --jq .end
  passed
  ! + app: switched to v1 (DURATION)
  $ belay deploy -e production --version v2
  ! belay: version v2 has not passed in 'staging', which 'production' requires
  !   hint: run 'belay deploy -e staging --version v2' first
  [1]
