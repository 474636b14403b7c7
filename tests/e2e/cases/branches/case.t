With {environment} in state.branch each environment has a branch of its own.

  $ git init -q --bare state.git
  $ printf '#!/bin/sh\necho "$1" >live\n' >deploy; chmod +x deploy
  $ sed -i 's#^state:.*#state: {remote: state.git, branch: "belay/{environment}"}#' belay.yml
  $ sed -n 's/^  production:/  staging:/; /^  staging:/,$p' belay.yml >part; sed -n '/^  production:/,$p' belay.yml | sed 's/production:/staging:/' >>belay.yml
  $ quietly belay deploy -e production --version v1
  $ quietly belay deploy -e staging --version v2
  $ git -C state.git for-each-ref --format='%(refname)'
  refs/heads/belay/production
  refs/heads/belay/staging
  $ belay status --jq '.environments[] | [.environment, .services.app.live.version]'
  ["production","v1"]
  ["staging","v2"]
  $ belay verify
  + 6 events of 1 environment add up
    state.git belay/production at HASH
  + 6 events of 1 environment add up
    state.git belay/staging at HASH
