A host that cannot be reached stops the deployment before anything is touched.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ before=$(find "$WEB1_SRV" | sort | sha256sum)
  $ "$E2E_ROOT/tests/peers/host.sh" stop "$E2E_DIR/world/web2"
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  $ [ "$(find "$WEB1_SRV" | sort | sha256sum)" = "$before" ]
  $ served web1
  $ belay verify
