The gate fails, and so does the undo: exit status 4, the lock stays, and belay says what a person has to do now.

  $ sed -i "s#keep: 3#hooks: {undone: 'echo the old program does not start any more; exit 7'}#" belay.yml
  $ release v1; release v2 broken; release v3
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  $ events | tail -4
  $ belay status
  $ belay verify

Nobody deploys over it by accident.

  $ belay deploy -e production --version v3 --artifact v3.tar.zst
