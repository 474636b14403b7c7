Two hosts; one of them fails to switch: all go back.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ served web1 web2
  $ host web2 touch /srv/refuse
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  $ served web1 web2
  $ readlink "$WEB1_SRV/shop/current" | cmp - <(readlink "$WEB2_SRV/shop/current")
  $ events
  $ host web2 rm /srv/refuse
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ served web1 web2
