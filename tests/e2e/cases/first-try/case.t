A first try needs no host, no remote and no git: `init` writes a starter, the driver `command` does the rest.

  $ belay init
  + wrote .github/belay.yml
  + wrote .github/workflows/belay.yml
  
  Next: belay validate, then belay deploy --version v1 --dry-run
  $ ls -A . .github
  .:
  .github
  
  .github:
  belay.yml
  workflows
  $ belay validate
  + .github/belay.yml is valid: 1 environment, 1 service, 0 checks, 0 hosts
  $ belay init
  ! belay: '.github/belay.yml' and '.github/workflows/belay.yml' exist already
  !   hint: --force writes over it
  [2]
  $ cat >belay.yml <<'YAML'
  > version: 1
  > environments:
  >   laptop:
  >     services:
  >       app:
  >         driver: command
  >         deploy: {run: 'echo "$BELAY_VERSION" >live'}
  >         version: {run: 'cat live 2>/dev/null || true'}
  > YAML
  $ belay deploy -c belay.yml -e laptop --version v1
  + laptop: v1 is live (was nothing) in DURATION
  
    CLOCK  +  app  switched to v1
  
  ID, recorded on .belay/state.git belay-state at HASH
  ! + app: switched to v1 (DURATION)
  $ belay deploy -c belay.yml --version v2
  + laptop: v2 is live (was v1) in DURATION
  
    CLOCK  +  app  switched to v2 from v1
  
  ID, recorded on .belay/state.git belay-state at HASH
  ! + app: switched to v2 from v1 (DURATION)
  $ cat live
  v2
  $ belay rollback -c belay.yml
  + laptop: back to v1 (was v2) in DURATION
  
    CLOCK  +  app  switched to v1 from v2
  
  ID, recorded on .belay/state.git belay-state at HASH
  P1 [laptop rollback] v2 > v1, incident ID
  ! + app: switched to v1 from v2 (DURATION)
  $ cat live
  v1
  $ belay status -c belay.yml
  laptop
    1 incident is open (P1): belay incident list
    SERVICE  LIVE  SINCE  LAST GOOD  DEPLOYMENT
    app  v1  AGO  v1  ID
  
    +  v1  AGO  root  went back in DURATION
    +  v2  AGO  root  deployed in DURATION
    +  v1  AGO  root  deployed in DURATION
  
  journal: .belay/state.git belay-state

A deploy command that fails is undone with the version before.

  $ sed -i "s#deploy: .*#deploy: {run: 'echo \"\$BELAY_VERSION\" >live; test \$BELAY_VERSION != v3'}#" belay.yml
  $ belay deploy -c belay.yml --version v3
  x laptop: v3 failed and was taken back; v1 is live (undo took DURATION)
    because app: deploy command failed with status 1
  
    CLOCK  x  switch  app: deploy command failed with status 1
    CLOCK  +  app  took v3 back, v1 is live
  
  ID, recorded on .belay/state.git belay-state at HASH
  P1 [laptop rollback] v2 > v1, incident ID
  ! x switch: app: deploy command failed with status 1
  ! + app: took v3 back, v1 is live (DURATION)
  [3]
  $ cat live
  v1
