The remote refuses, is not there, or does not know us: one line, and no host is touched.

  $ release v1
  $ try() { belay deploy -e production --version v1 --artifact v1.tar.zst "$@"; }
  $ GIT_TOKEN=ghs_wrongwrongwrong try
  $ printf '#!/bin/sh\necho "no pushes on a Friday" >&2\nexit 1\n' >"$GIT_PATH/hooks/pre-receive"; chmod +x "$GIT_PATH/hooks/pre-receive"
  $ try
  $ rm "$GIT_PATH/hooks/pre-receive"
  $ sed 's#app.git#absent.git#' belay.yml >absent.yml; try -c absent.yml
  $ sed 's#/git/#/broken/#' belay.yml >broken.yml; try -c broken.yml
  $ sed 's#:20443#:20444#' belay.yml >closed.yml; try -c closed.yml
  $ SSL_CERT_FILE=$KEYS/../absent.pem try
  $ unset SSL_CERT_FILE CURL_CA_BUNDLE GIT_SSL_CAINFO; try
  $ ls -A "$WEB1_SRV"
  $ git -C "$GIT_PATH" for-each-ref
