A first try needs no host, no remote and no git: `init` writes a starter, the driver `command` does the rest.

  $ belay init
  $ ls -A . .github
  $ belay validate
  $ belay init
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
  $ belay deploy -c belay.yml --version v2
  $ cat live
  $ belay rollback -c belay.yml
  $ cat live
  $ belay status -c belay.yml

A deploy command that fails is undone with the version before.

  $ sed -i "s#deploy: .*#deploy: {run: 'echo \"\$BELAY_VERSION\" >live; test \$BELAY_VERSION != v3'}#" belay.yml
  $ belay deploy -c belay.yml --version v3
  $ cat live
