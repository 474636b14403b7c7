A host that cannot be reached stops the deployment before anything is touched.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ before=$(find "$WEB1_SRV" | sort | sha256sum)
  $ "$E2E_ROOT/tests/peers/host.sh" stop "$E2E_DIR/world/web2"
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  x production: v2 was not deployed; nothing was switched, v1 is live
    because web2: cannot connect to ADDRESS port 20024: Connection refused
    hint: is the address right, does sshd listen there, and does a firewall let this machine in?
  
    CLOCK  x  capture  web2: cannot connect to ADDRESS port 20024: Connection refused
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! x capture: web2: cannot connect to ADDRESS port 20024: Connection refused
  [1]
  $ [ "$(find "$WEB1_SRV" | sort | sha256sum)" = "$before" ]
  $ served web1
  web1 v1
  $ belay verify
  + 13 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH
