Wrong words get the nearest right ones; nothing is tried.

  $ belay deplyo
  ! belay: unknown command 'deplyo'
  !   hint: did you mean 'belay deploy'?
  [2]
  $ belay deploy --enviroment production
  ! belay: unknown option '--enviroment' for 'belay deploy'
  !   hint: did you mean '--environment'?
  [2]
  $ belay deploy -e production
  ! belay: 'belay deploy' needs --version VERSION
  !   hint: what is deployed: a tag, a commit id, any name for it; see 'belay deploy --help'
  [2]
  $ belay deploy -e production --version
  ! belay: option '--version' needs a value
  !   hint: write --version VERSION
  [2]
  $ belay status extra
  ! belay: 'belay status' has no use for 'extra'
  !   hint: run 'belay status --help'
  [2]
  $ belay completion tcsh
  ! belay: no completion for shell 'tcsh'
  !   hint: it is there for bash, zsh and fish
  [2]
  $ belay rollback --too v1
  ! belay: unknown option '--too' for 'belay rollback'
  !   hint: did you mean '--to'?
  [2]

Help of everything exists, fits in a line and goes to standard output.

  $ belay | head -n 1
  Deploy with a safety line: health gates, automatic undo, a record in git.
  $ [ "$(belay --help | grep -c '^  [a-z]*:')" -ge 15 ]
  $ for verb in $(belay --help | sed -n 's/^  \([a-z]*\):.*/\1/p'); do
  >   belay "$verb" --help >help.txt || echo "$verb: no help"
  >   grep -q '^USAGE' help.txt || echo "$verb: no usage"
  > done
  $ belay version | head -n 1 | sed 's/[0-9].*/N/'
  belay N
  $ belay --version | sed 's/[0-9].*/N/'
  belay N
  $ for shell in bash zsh fish; do belay completion $shell >completion.$shell && [ -s completion.$shell ] && echo $shell; done
  bash
  zsh
  fish
  $ bash -n completion.bash

Words of the configuration.

  $ belay docs | head -n 3
  The configuration
    The file .github/belay.yml: where the journal lives, which hosts and checks there are,
    what an environment consists of, and who hears of what happens there.
  $ belay docs checks.http | head -n 3
  checks.http
    A probe and the predicates that its observation has to meet.
  
  $ belay docs environments.production.lock.lese
  ! belay: unknown key 'environments.production.lock.lese'
  !   hint: did you mean 'environments.*.lock.lease'?
  [2]
  $ belay schema | jq -r .title
  belay configuration
  $ belay schema nonsense
  ! belay: unknown schema 'nonsense'
  !   hint: 'belay schema --list' shows all names
  [2]

No configuration where one is needed.

  $ belay validate
  ! belay: no configuration found
  !   hint: run 'belay init' to write .github/belay.yml, or name a file with --config; an app on App Platform needs none when APP_URL, DIGITALOCEAN_TOKEN and DIGITALOCEAN_APP_ID are set
  [2]
  $ belay deploy -e production --version v1
  ! belay: no configuration found
  !   hint: run 'belay init' to write .github/belay.yml, or name a file with --config; an app on App Platform needs none when APP_URL, DIGITALOCEAN_TOKEN and DIGITALOCEAN_APP_ID are set
  [2]
  $ belay -c absent.yml status
  ! belay: cannot read 'absent.yml': No such file or directory
  [2]
  $ ls -A
  completion.bash
  completion.fish
  completion.zsh
  help.txt
