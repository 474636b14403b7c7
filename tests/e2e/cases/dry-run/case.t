A dry run reads, and prints what it would write. It changes nothing: not the host, not the remote, not this disk.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ before=$(fingerprint)
  $ belay deploy -e production --version v2 --artifact v2.tar.zst --dry-run
  - production: v2 would go live (now: v1)
  
  Would do (nothing was changed):
     1  https://ADDRESS:20443/git/app.git belay-state  record "production: deploying shop v2" and 1 event around it
     2  web1  upload v2.tar.zst to web1 and check its SHA-256
     3  web1  unpack it into /srv/shop/releases/ID
     4  web1  point /srv/shop/current at releases/ID
     5  web1  keep the newest 3 releases
     6  https://ADDRESS:20443/git/app.git belay-state  record "production: deployed shop v2" and 5 events around it
  $ belay rollback -e production --dry-run
  ! belay: there is no earlier deployment to go back to
  !   hint: see 'belay rollback --list'
  [2]
  $ belay plan -e production --version v2 --artifact v2.tar.zst
  Plan for production: v2
  shop v1 > v2
  
     1  lock  production  take the lock, put the plan on the journal
     2  capture  production  read what is live now
     3  prepare  shop  web1  upload v2.tar.zst, check its SHA-256, unpack into /srv/shop/releases/NEW
     4  switch  shop  web1  point /srv/shop/current at releases/NEW
     5  gates  health  has to pass
     6  gates  version  has to pass
     7  commit  production  record the new last-good, release the lock
  
  Judged by health, version
  
  Nothing was changed.
  $ belay check -e production --dry-run
  + check passed: 2 passed
    + health  DURATION
    + version  DURATION
  $ [ "$(fingerprint)" = "$before" ] && echo nothing changed
  nothing changed

On a remote that has no branch yet, and a host that has no release yet, too.

  $ git -C "$GIT_PATH" update-ref -d refs/heads/belay-state
  $ rm -r "$WEB1_SRV/shop"
  $ before=$(fingerprint)
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst --dry-run
  $ [ "$(fingerprint)" = "$before" ] && echo nothing changed
  nothing changed

With neither remote nor git, the embedded repository is not created either.

  $ mkdir empty && cd empty && sed '/^state:/d' ../belay.yml >belay.yml
  $ quietly belay deploy -e production --version v2 --artifact ../v2.tar.zst --dry-run
  $ find . -type f | sort
  ./belay.yml
