A release that starts and does not work is taken back by itself: exit status 3, and the old version is served.

  $ release v1; release v2; release v3 broken; release v4 down
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ belay deploy -e production --version v3 --artifact v3.tar.zst
  $ served web1

A failing predicate shows the value that was seen beside the bound.

  $ belay deploy -e production --version v4 --artifact v4.tar.zst
  $ served web1
  $ belay status
  $ belay history
  $ belay verify
  $ journal

A release that was taken back has not become the one to go back to.

  $ belay rollback -e production --list --json --jq '.[] | [.version, .live]'

The next good one goes out as if nothing had happened.

  $ release v5
  $ quietly belay deploy -e production --version v5 --artifact v5.tar.zst
  $ served web1
