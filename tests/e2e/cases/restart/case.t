`belay restart`: the same version once more, under the lock, then the gates.

  $ sed -i "s#keep: 3#keep: 3, hooks: {switched: 'echo \$BELAY_VERSION >>../../restarted'}#" belay.yml
  $ release v1
  $ belay restart -e production
  x production: the restart of shop failed
    because web1: step 'restart' of shop failed with status 79: nothing is live below /srv/shop
  ! x shop: was not restarted: web1: step 'restart' of shop failed with status 79: nothing is live below /srv/shop (DURATION)
  [1]
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ belay restart -e production --reason 'it hangs'
  + production: restarted shop (v1) in DURATION
  
  + check passed: 2 passed
    + health  DURATION
    + version  DURATION
  ! + shop: restarted v1 (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  $ host web1 cat /srv/shop/restarted
  v1
  v1
  $ belay restart -e production --json >restart.json
  ! + shop: restarted v1 (DURATION)
  ! + health: pass: all predicates hold
  ! + version: pass: all predicates hold
  $ valid result.restart restart.json
  valid
  $ events | tail -6
  lock.acquired
  service.restarted
  lock.released
  lock.acquired
  service.restarted
  lock.released
  $ belay history -e production | head -4
  TIME (UTC)  EVENT  VERSION  ACTOR  COMMIT  WHAT
  TIME  lock.released  root  HASH  lock released
  TIME  service.restarted  root  HASH  restarted shop
  TIME  lock.acquired  root  HASH  lock taken by root (generation 4)

It changes nothing in a dry run, and cannot restart parts of what has none.

  $ belay restart -e production --dry-run
  - production: would restart shop (v1)
  
  + check passed: 2 passed
    + health  not asked: a dry run cannot see the changed world
    + version  not asked: a dry run cannot see the changed world
  
  Would do (nothing was changed):
     1  https://ADDRESS:20443/git/app.git belay-state  record "production: lock taken by root (generation 5)"
     2  web1  run the hook 'switched' of shop again
     3  https://ADDRESS:20443/git/app.git belay-state  record "production: restarted shop" and 1 event around it
  $ belay restart -e production --component web
  x production: the restart of shop failed
    because shop: the driver 'ssh-release' knows no components
  ! x shop: was not restarted: shop: the driver 'ssh-release' knows no components (DURATION)
  [1]

Gates that fail afterwards are the result; nothing is taken back.

  $ host web1 touch /srv/shop/current/broken
  $ belay restart -e production
  x production: restarted shop (v1) in DURATION
  
  x check failed: 1 passed, 1 failed
    x health  DURATION, 2 attempts
        x .status == 200  actual 503  bound 200
        x .body.status == "UP"  actual "DOWN"  bound "UP"
    + version  DURATION
  ! + shop: restarted v1 (DURATION)
  ! + version: pass: all predicates hold
  ! x health: fail: expected .status == 200, got 503 (and 1 more)
  [1]
  $ served web1
  web1 v1
  $ belay verify
  + 21 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH

Without a hook there is nothing that would restart it.

  $ sed -i 's/, hooks: {[^}]*}//' belay.yml
  $ belay restart -e production
  x production: the restart of shop failed
    because shop: there is no hook that would restart it
    hint: add 'hooks: {switched: ...}' to service 'shop'
  ! x shop: was not restarted: shop: there is no hook that would restart it (DURATION)
  [1]

A command of the service's own; and its logs, when a deployment fails.

  $ belay restart -c command.yml
  x production: the restart of app failed
    because app: restart command failed with status 1: cat: live: No such file or directory
  ! x app: was not restarted: app: restart command failed with status 1: cat: live: No such file or directory (DURATION)
  [1]
  $ quietly belay deploy -c command.yml --version v1
  $ belay restart -c command.yml
  + production: restarted app (v1) in DURATION
  ! + app: restarted v1 (DURATION)
  $ belay deploy -c command.yml --version bad
  x production: bad failed and was taken back; v1 is live (undo took DURATION)
    because app: deploy command failed with status 1
  
    CLOCK  x  switch  app: deploy command failed with status 1
    CLOCK  +  app  took bad back, v1 is live
  
  app: logs (last 8 of 13 lines; --verbose shows all)
      line 6
      line 7
      line 8
      line 9
      line 10
      line 11
      line 12
      fatal: bad does not start
  
  ID, recorded on E2E/world/git/repos/app.git belay-command at HASH
  P1 [production rollback] bad > v1, incident ID
  ! x switch: app: deploy command failed with status 1
  ! + app: took bad back, v1 is live (DURATION)
  [3]
  $ belay deploy -c command.yml --version bad --json --jq .logs 2>/dev/null
  [{"service":"app","text":"line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\nline 9\nline 10\nline 11\nline 12\nfatal: bad does not start\n","title":"logs"}]
  [3]
