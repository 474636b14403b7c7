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

Certificates of backups are read, stores are asked, directories are looked at, and a key in their place is noticed. Who deploys need not be who makes backups: their secrets
only warn.

  $ cat >>belay.yml <<'YAML'
  > backups:
  >   files:
  >     source: {directory: .}
  >     seal: {recipients: [good.crt, gone.crt, key.pem]}
  >     store: {s3: {bucket: acme-backups, access_key: A, secret_key: {env: SPACES_SECRET}}}
  >   notes:
  >     source: {directory: notes}
  >     seal: {recipients: [good.crt]}
  >     store: {directory: kept}
  > YAML
  $ openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -keyout key.pem -out good.crt 2>/dev/null
  $ touch kept; doctor | grep -A1 -e backup -e SPACES
  ! secret  variable SPACES_SECRET is missing or empty (backups.files.store.s3.s3.secret_key)
                         hand it to the step: env: {SPACES_SECRET: ${{ secrets.SPACES_SECRET }}}
  + secrets  3 present
  --
  x backup certificate  cannot read 'gone.crt': No such file or directory
                         write the path as seen from the directory belay runs in; 'belay backup keygen' makes a key and its certificate
  x backup certificate  'key.pem' holds no certificate (PEM)
                         this seems to be a private key: name the certificate that belongs to it, and take the key out of the repository
  + backup certificates  1 can be read
  ! backup store  backup 'files': store 's3': environment variable 'SPACES_SECRET' for the secret key is not set
                         in a workflow, pass it on: env: {SPACES_SECRET: ${{ secrets.SPACES_SECRET }}}
  x backup source  'notes' of backup 'notes' is not here
                         write the path as seen from the directory belay runs in
  x backup store  backup 'notes': store 'directory': cannot list 'kept': Not a directory
  
  [1]
  $ rm belay.yml key.pem; doctor
  + belay N on HERE
  x configuration  no configuration found
                     run 'belay init' to write .github/belay.yml, or name a file with --config; an app on App Platform needs none when APP_URL, DIGITALOCEAN_TOKEN and DIGITALOCEAN_APP_ID are set
  + certificates  E2E/world/ca/ca.pem
  + shell  /bin/sh
  + temporary files  TMP can be written
  
  1 of 5 need attention.
  [1]
