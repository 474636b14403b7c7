A disk that is full is noticed before the switch; what is live stays live.

  $ release v1; release v2
  $ head -c 200000 /dev/urandom | base64 >"$E2E_DIR/release/v2/public/large"
  $ tar -C "$E2E_DIR/release/v2" -caf v2.tar.zst .
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ served web1
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  $ served web1
  $ host web1 sh -c 'ls /srv/shop/releases | wc -l'
  $ belay verify

A disk that fills up after the space was looked at.

  $ host web1 sh -c 'head -c 200000 /dev/zero >/srv/fill' 2>/dev/null
  $ release v3
  $ belay deploy -e production --version v3 --artifact v3.tar.zst
  $ served web1
  $ host web1 rm /srv/fill
  $ belay deploy -e production --version v3 --artifact v3.tar.zst --json --jq .end
  $ served web1
