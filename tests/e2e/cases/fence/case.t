A host that has seen a newer lock generation refuses an older run: a runner that wakes from the dead changes nothing.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ cat "$WEB1_SRV/shop/.belay/generation"
  $ echo 7000 >"$WEB1_SRV/shop/.belay/generation"
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  $ served web1
  $ cat "$WEB1_SRV/shop/.belay/generation"
  $ belay verify
