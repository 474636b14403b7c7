`doctor` says what is ready and what is not, and what to do about it.

  $ doctor() { belay doctor | sed '1s/belay .* on .*/belay N on HERE/'; }
  $ doctor
  + belay N on HERE
  + configuration  belay.yml: 1 environment, 1 host, 2 checks
  + certificates  E2E/world/ca/ca.pem
  + shell  /bin/sh
  + temporary files  TMP can be written
  + secrets  3 present
  + state branch  https://ADDRESS:20443/git/app.git belay-state (the first deployment will create it)
  + clock  agrees with the remote
  + host web1  root@ADDRESS:20023, host key known, key accepted, DURATION
  
  Nothing stands in the way.
  $ GIT_TOKEN='' doctor
  + belay N on HERE
  + configuration  belay.yml: 1 environment, 1 host, 2 checks
  + certificates  E2E/world/ca/ca.pem
  + shell  /bin/sh
  + temporary files  TMP can be written
  x secret  variable GIT_TOKEN is missing or empty (state.token)
                     hand it to the step: env: {GIT_TOKEN: ${{ secrets.GIT_TOKEN }}}
  + secrets  2 present
  x state branch  reading the journal at https://ADDRESS:20443/git/app.git belay-state: environment variable 'GIT_TOKEN' for git token is empty
                     in a workflow, pass it on: env: {GIT_TOKEN: ${{ secrets.GIT_TOKEN }}}
  + host web1  root@ADDRESS:20023, host key known, key accepted, DURATION
  
  2 of 9 need attention.
  [1]
  $ rm belay.yml; doctor
  + belay N on HERE
  x configuration  no configuration found
                     run 'belay init' to write .github/belay.yml, or name a file with --config; an app on App Platform needs none when APP_URL, DIGITALOCEAN_TOKEN and DIGITALOCEAN_APP_ID are set
  + certificates  E2E/world/ca/ca.pem
  + shell  /bin/sh
  + temporary files  TMP can be written
  
  1 of 5 need attention.
  [1]
