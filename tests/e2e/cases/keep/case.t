`keep` releases stay on a host; the live one and the last good one are never pruned, whatever the number says.

  $ sed -i 's/keep: 3/keep: 1/' belay.yml
  $ for v in v1 v2 v3 v4; do release $v; quietly belay deploy -e production --version $v --artifact $v.tar.zst; done
  $ served web1
  web1 v4
  $ versions() { for r in "$WEB1_SRV"/shop/releases/*; do jq -r .version "$r/public/version.json"; done; }
  $ versions | sort
  v3
  v4
  $ release v5 broken; quietly 3 belay deploy -e production --version v5 --artifact v5.tar.zst
  [3]
  $ served web1
  web1 v4
  $ versions | grep -e v4
  v4
  $ belay rollback -e production --to v1 --quiet
  x production: v1 was not deployed; nothing was switched, v4 is live
    because web1: release ID of shop is not on the host any more
    hint: deploy version v1 again, or choose another one with 'belay rollback --list'
  [1]

What is not ours stays.

  $ mkdir "$WEB1_SRV/shop/releases/mine"
  $ release v6; quietly belay deploy -e production --version v6 --artifact v6.tar.zst
  $ ls -d "$WEB1_SRV/shop/releases/mine" | sed "s#$WEB1_SRV##"
  /shop/releases/mine
