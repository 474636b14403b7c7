The remote refuses, is not there, or does not know us: one line, and no host is touched.

  $ release v1
  $ try() { belay deploy -e production --version v1 --artifact v1.tar.zst "$@"; }
  $ GIT_TOKEN=ghs_wrongwrongwrong try
  ! belay: reading the journal at https://ADDRESS:20443/git/app.git belay-state: the git remote does not accept the credentials (HTTP 401)
  !   hint: the token may have expired or belong to another host
  [2]
  $ printf '#!/bin/sh\necho "no pushes on a Friday" >&2\nexit 1\n' >"$GIT_PATH/hooks/pre-receive"; chmod +x "$GIT_PATH/hooks/pre-receive"
  $ try
  ! belay: writing the journal at https://ADDRESS:20443/git/app.git belay-state: the git remote refuses the update of 'belay-state': pre-receive hook declined: no pushes on a Friday
  !   hint: the token needs the permission 'contents: write', and no rule or hook may protect the branch from it
  [2]
  $ rm "$GIT_PATH/hooks/pre-receive"
  $ sed 's#app.git#absent.git#' belay.yml >absent.yml; try -c absent.yml
  ! belay: reading the journal at https://ADDRESS:20443/git/absent.git belay-state: repository not found or no access (HTTP 404)
  !   hint: check the URL, and that the token may see the repository
  [2]
  $ sed 's#/git/#/broken/#' belay.yml >broken.yml; try -c broken.yml
  ! belay: reading the journal at https://ADDRESS:20443/broken/app.git belay-state: the git remote answers HTTP 503
  [1]
  $ sed 's#:20443#:20444#' belay.yml >closed.yml; try -c closed.yml
  ! belay: reading the journal at https://ADDRESS:20444/git/app.git belay-state: the git remote does not answer: Failed to connect to ADDRESS port 20444 after DURATION: Could not connect to server
  [1]
  $ SSL_CERT_FILE=$KEYS/../absent.pem try
  ! belay: reading the journal at https://ADDRESS:20443/git/app.git belay-state: cannot read CA bundle 'KEYS/../absent.pem': No such file or directory
  !   hint: name a readable PEM file with CA certificates
  [2]
  $ unset SSL_CERT_FILE CURL_CA_BUNDLE GIT_SSL_CAINFO; try
  ! belay: reading the journal at https://ADDRESS:20443/git/app.git belay-state: the git remote does not answer: SSL certificate problem: self-signed certificate in certificate chain
  !   hint: name the remote's certificate authority (ca_file, or SSL_CERT_FILE for everything)
  [1]
  $ ls -A "$WEB1_SRV"
  $ git -C "$GIT_PATH" for-each-ref
