Going back, to the release before or to one that is named.

  $ sed -i 's/keep: 3/keep: 9/; s/ && .*//' belay.yml
  $ for v in v1 v2 v3; do release $v; quietly belay deploy -e production --version $v --artifact $v.tar.zst; done
  $ belay rollback -e production --list
  $ belay rollback -e production
  $ served web1
  $ belay rollback -e production --to v1 --reason 'back to the roots'
  $ served web1
  $ belay rollback -e production --to v3
  $ served web1
  $ belay rollback -e production --to v7
  $ belay rollback -e production --to v3
  $ belay history
  $ belay verify
  $ journal

Where there is nothing to go back to.

  $ git -C "$GIT_PATH" update-ref -d refs/heads/belay-state
  $ belay rollback -e production
