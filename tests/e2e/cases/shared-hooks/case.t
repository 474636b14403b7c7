Shared files outlive releases; hooks run in the release's directory and are told what is going on.

  $ sed -i "s#keep: 3#shared: [.env, storage/uploads], hooks: {prepare: 'pwd >prepared; env | grep ^BELAY_ | sort >environment', switched: 'echo switched \$BELAY_VERSION >>/srv/log', undone: 'echo undone \$BELAY_VERSION >>/srv/log'}#" belay.yml
  $ mkdir -p "$WEB1_SRV/shop/shared/storage/uploads"; echo PORT=80 >"$WEB1_SRV/shop/shared/.env"; echo cat >"$WEB1_SRV/shop/shared/storage/uploads/cat.jpg"
  $ release v1; release v2; release v3 broken
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ quietly 3 belay deploy -e production --version v3 --artifact v3.tar.zst
  [3]
  $ host web1 cat /srv/shop/current/.env /srv/shop/current/storage/uploads/cat.jpg
  PORT=80
  cat
  $ host web1 cat /srv/shop/current/prepared | tidy
  /srv/shop/releases/ID
  $ host web1 cat /srv/shop/current/environment | tidy
  BELAY_DEPLOYMENT=ID
  BELAY_ENVIRONMENT=production
  BELAY_PREVIOUS=v1
  BELAY_RELEASE=ID
  BELAY_ROOT=/srv/shop
  BELAY_SERVICE=shop
  BELAY_VERSION=v2
  $ cat "$WEB1_SRV/log"
  switched v1
  switched v2
  switched v3
  undone v3

A hook that fails before the switch: nothing was live, nothing is undone.

  $ sed -i "s#prepare: 'pwd#prepare: 'echo no compiler here; false; pwd#; s#false;#exit 4;#" belay.yml
  $ release v4
  $ belay deploy -e production --version v4 --artifact v4.tar.zst
  x production: v4 was not deployed; nothing was switched, v2 is live
    because web1: step 'unpack' of shop failed with status 80: hook 'prepare' failed with status 4
  
    CLOCK  x  prepare  web1: step 'unpack' of shop failed with status 80: hook 'prepare' failed with status 4
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! x prepare: web1: step 'unpack' of shop failed with status 80: hook 'prepare' failed with status 4
  [1]
  $ served web1
  web1 v2
