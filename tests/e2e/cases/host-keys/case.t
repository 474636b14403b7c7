A host that shows another key than the known one stops the run, with both fingerprints.

  $ release v1
  $ "$E2E_BELAY" deploy -e production --version v1 --artifact v1.tar.zst >out 2>err; echo $?
  2
  $ tidy <err
  belay: web1: host key changed: the host shows SHA256:FINGERPRINT (ssh-ed25519), the configured known_hosts expects SHA256:FINGERPRINT (ssh-ed25519), SHA256:FINGERPRINT (ecdsa-sha2-nistp256), SHA256:FINGERPRINT (ssh-rsa)
    hint: either the host was set up anew or somebody is between you and it; look at the host's own key (`ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub` there) before you replace the entry (`ssh-keyscan -p 20023 ADDRESS`)
  $ for key in other host; do grep -qF "$(ssh-keygen -lf "$KEYS/${key}_ed25519.pub" | cut -d' ' -f2)" err && echo "the $key key is shown"; done
  the other key is shown
  the host key is shown
  $ events 2>/dev/null || echo "no journal"; ls -A "$WEB1_SRV"; ls -A "$WEB2_SRV"
  no journal

A host that nobody has told us about.

  $ echo "elsewhere.example $(cut -d" " -f1,2 "$KEYS/host_ed25519.pub")" >nobody; sed -i "s#$KNOWN_HOSTS_FILE#nobody#; s#\[web1, web2\]#[web2]#" belay.yml
  $ belay deploy -e production --version v1 --artifact v1.tar.zst
  ! belay: web2: host key SHA256:FINGERPRINT (ssh-ed25519) is unknown: the configured known_hosts names no key for it
  !   hint: compare with `ssh-keygen -lf` of the host's own key (on the host: /etc/ssh/ssh_host_*_key.pub); when it is the right one, put the output of `ssh-keyscan -p 20024 ADDRESS` into known_hosts
  [2]
  $ ls "$WEB2_SRV"
