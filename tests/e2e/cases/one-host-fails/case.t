Two hosts; one of them fails to switch: all go back.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ served web1 web2
  web1 v1
  web2 v1
  $ host web2 touch /srv/refuse
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  x production: v2 failed and was taken back; v1 is live (undo took DURATION)
    because web2: step 'activate' of shop failed with status 80: hook 'switched' failed with status 1
  
    CLOCK  +  shop  prepared v2
    CLOCK  x  switch  web2: step 'activate' of shop failed with status 80: hook 'switched' failed with status 1
    CLOCK  +  shop  took v2 back, v1 is live
    CLOCK  +  after-undo  after-undo passed: 2 checks
  
    SERVICE  HOST  FROM  TO  STATE  TOOK
    shop  web1  v1  v2  taken back  DURATION
    shop  web2  v1  v2  taken back  DURATION  web2: step 'activate' of shop failed with status 80: hook 'switched' failed with status 1
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  P1 [production rollback] v2 > v1, incident ID
  ! + shop: prepared v2 (DURATION)
  ! x switch: web2: step 'activate' of shop failed with status 80: hook 'switched' failed with status 1
  ! + shop: took v2 back, v1 is live (DURATION)
  ! + web1-health: pass: all predicates hold
  ! + web2-health: pass: all predicates hold
  ! + after-undo passed: 2 checks
  [3]
  $ served web1 web2
  web1 v1
  web2 v1
  $ readlink "$WEB1_SRV/shop/current" | cmp - <(readlink "$WEB2_SRV/shop/current")
  $ events
  lock.acquired
  deployment.begun
  deployment.captured
  deployment.prepared
  deployment.switched
  gate.judged
  deployment.committed
  lock.released
  lock.acquired
  deployment.begun
  deployment.captured
  deployment.prepared
  gate.judged
  deployment.rolled-back
  lock.released
  incident.opened
  $ host web2 rm /srv/refuse
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ served web1 web2
  web1 v2
  web2 v2
