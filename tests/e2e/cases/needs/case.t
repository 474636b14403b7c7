Services go out in the order of `needs` and come back in the reverse one; --service picks one.

  $ git init -q --bare state.git
  $ cat >belay.yml <<'YAML'
  > version: 1
  > state: {remote: state.git}
  > environments:
  >   production:
  >     services:
  >       web: {driver: command, needs: [api], deploy: {run: 'echo "web $BELAY_VERSION" >>log; test $BELAY_VERSION != v2'}, undo: {run: 'echo "undo web" >>log'}}
  >       api: {driver: command, needs: [db], deploy: {run: 'echo "api $BELAY_VERSION" >>log'}, undo: {run: 'echo "undo api to $BELAY_PREVIOUS" >>log'}}
  >       db: {driver: command, deploy: {run: 'echo "db $BELAY_VERSION" >>log'}, undo: {run: 'echo "undo db" >>log'}}
  > YAML
  $ belay deploy --version v1 --json --jq .end
  passed
  ! + db: switched to v1 (DURATION)
  ! + api: switched to v1 (DURATION)
  ! + web: switched to v1 (DURATION)
  $ cat log; rm log
  db v1
  api v1
  web v1
  $ belay deploy --version v2 --json --jq .end
  rolled-back
  ! + db: switched to v2 from v1 (DURATION)
  ! + api: switched to v2 from v1 (DURATION)
  ! x switch: web: deploy command failed with status 1
  ! + web: took v2 back, v1 is live (DURATION)
  ! + api: took v2 back, v1 is live (DURATION)
  ! + db: took v2 back, v1 is live (DURATION)
  [3]
  $ cat log; rm log
  db v2
  api v2
  web v2
  undo web
  undo api to v2
  undo db
  $ belay deploy --version v3 --service api --json --jq .end
  passed
  ! + api: switched to v3 from v1 (DURATION)
  $ cat log
  api v3
  $ belay status --jq '.environments[0].services | map_values(.live.version)'
  {"api":"v3","db":"v1","web":"v1"}
  $ belay deploy --version v3 --service apj
  ! belay: environment 'production' has no service 'apj'
  !   hint: did you mean 'api'?
  [2]
