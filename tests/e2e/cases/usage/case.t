Wrong words get the nearest right ones; nothing is tried.

  $ belay deplyo
  $ belay deploy --enviroment production
  $ belay deploy -e production
  $ belay deploy -e production --version
  $ belay status extra
  $ belay completion tcsh
  $ belay rollback --too v1

Help of everything exists, fits in a line and goes to standard output.

  $ belay | head -n 1
  $ belay --help | grep -c '^  [a-z]*:'
  $ for verb in $(belay --help | sed -n 's/^  \([a-z]*\):.*/\1/p'); do
  >   belay "$verb" --help >help.txt || echo "$verb: no help"
  >   grep -q '^USAGE' help.txt || echo "$verb: no usage"
  > done
  $ belay version | head -n 1 | sed 's/[0-9].*/N/'
  $ belay --version | sed 's/[0-9].*/N/'
  $ for shell in bash zsh fish; do belay completion $shell >completion.$shell && [ -s completion.$shell ] && echo $shell; done
  $ bash -n completion.bash

Words of the configuration.

  $ belay docs | head -n 3
  $ belay docs checks.http | head -n 3
  $ belay docs environments.production.lock.lese
  $ belay schema | jq -r .title
  $ belay schema nonsense

No configuration where one is needed.

  $ belay validate
  $ belay deploy -e production --version v1
  $ belay -c absent.yml status
  $ ls -A
