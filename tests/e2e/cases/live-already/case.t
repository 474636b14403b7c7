What is live is live: deploying it again, or going back to it, changes nothing and says so.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ before=$(fingerprint)
  $ belay deploy -e production --version v2 --artifact v2.tar.zst --quiet
  + production: v2 is live already: nothing to do
  $ belay deploy -e production --version v2 --artifact v2.tar.zst --json --jq .noop
  true
  $ belay rollback -e production --to v2 --json --jq .noop
  true
  $ [ "$(fingerprint)" = "$before" ] && echo nothing changed
  nothing changed
