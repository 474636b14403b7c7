A host that shows another key than the known one stops the run, with both fingerprints.

  $ release v1
  $ "$E2E_BELAY" deploy -e production --version v1 --artifact v1.tar.zst >out 2>err; echo $?
  $ tidy <err
  $ for key in other host; do grep -qF "$(ssh-keygen -lf "$KEYS/${key}_ed25519.pub" | cut -d' ' -f2)" err && echo "the $key key is shown"; done
  $ events; ls -A "$WEB1_SRV"; ls -A "$WEB2_SRV"

A host that nobody has told us about.

  $ echo "elsewhere.example $(cut -d" " -f1,2 "$KEYS/host_ed25519.pub")" >nobody; sed -i "s#$KNOWN_HOSTS_FILE#nobody#; s#\[web1, web2\]#[web2]#" belay.yml
  $ belay deploy -e production --version v1 --artifact v1.tar.zst
  $ ls "$WEB2_SRV"
