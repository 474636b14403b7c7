The very first release is bad: there is nothing to go back to, so the host ends as it was, without a `current`.

  $ release v1 broken
  $ belay deploy -e production --version v1 --artifact v1.tar.zst
  $ served web1
  $ test -e "$WEB1_SRV/shop/current"
  $ events
  $ belay verify

  $ release v2
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ served web1
