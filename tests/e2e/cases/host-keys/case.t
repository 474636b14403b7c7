A host that shows another key than the known one stops the run, with both fingerprints.

  $ release v1
  $ "$E2E_BELAY" deploy -e production --version v1 --artifact v1.tar.zst >out 2>err; echo $?
  2
  $ tidy <err
  x capture: web1: host key changed: the host shows SHA256:FINGERPRINT (ssh-ed25519), the configured known_hosts expects SHA256:FINGERPRINT (ssh-ed25519), SHA256:FINGERPRINT (ecdsa-sha2-nistp256), SHA256:FINGERPRINT (ssh-rsa)
  $ for key in other host; do grep -qF "$(ssh-keygen -lf "$KEYS/${key}_ed25519.pub" | cut -d' ' -f2)" err && echo "the $key key is shown"; done
  the other key is shown
  the host key is shown
  $ events; ls -A "$WEB1_SRV"; ls -A "$WEB2_SRV"
  lock.acquired
  deployment.begun
  deployment.captured
  deployment.failed
  lock.released

A host that nobody has told us about.

  $ echo "elsewhere.example $(cut -d" " -f1,2 "$KEYS/host_ed25519.pub")" >nobody; sed -i "s#$KNOWN_HOSTS_FILE#nobody#; s#\[web1, web2\]#[web2]#" belay.yml
  $ belay deploy -e production --version v1 --artifact v1.tar.zst
  x production: v1 was not deployed; nothing was switched, nothing is live
    because web2: host key SHA256:FINGERPRINT (ssh-ed25519) is unknown: the configured known_hosts names no key for it
  
    CLOCK  x  capture  web2: host key SHA256:FINGERPRINT (ssh-ed25519) is unknown: the configured known_hosts names no key for it
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! x capture: web2: host key SHA256:FINGERPRINT (ssh-ed25519) is unknown: the configured known_hosts names no key for it
  [2]
  $ ls "$WEB2_SRV"
