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
  $ cat log; rm log
  $ belay deploy --version v2 --json --jq .end
  $ cat log; rm log
  $ belay deploy --version v3 --service api --json --jq .end
  $ cat log
  $ belay status --jq '.environments[0].services | map_values(.live.version)'
  $ belay deploy --version v3 --service apj
