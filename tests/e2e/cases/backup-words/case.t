Values that are kept as secrets may be words of a backup: the name of its file, its own name. It is judged as it is, and
what is told of it has no secret in it. A tape has none either, and can be replayed.

  $ belay backup keygen --no-passphrase --quiet >/dev/null
  $ belay backup keygen --no-passphrase --key sign.key --certificate sign.crt --purpose sign --quiet >/dev/null
  $ export PGUSER=postgres PGDATABASE=shop
  $ belay backup run --jq '.backups[].stores[] | .state'
  good
  ! + shop: ID: SIZE as SIZE (DURATION)
  $ "$E2E_BELAY" backup run --record tape --quiet --json >made.json
  $ jq -r '.backups[].stores[] | [.state, .reason] | map(tostring) | join(" ")' made.json
  good null
  $ jq -c 'select(.kind == "object.read" or .kind == "object.list") | .answer' tape | grep -q . && echo some
  some
  $ jq -c 'select(.kind == "object.read" or .kind == "object.list") | .answer' tape | grep -E 'postgres|shop'
  [1]
  $ "$E2E_BELAY" replay tape | cmp - made.json && echo the same
  the same
  $ belay backup list --jq '.backups[].copies[].stores[].state'
  good
  good
  $ belay backup forget --jq '.backups[].stores[] | [.copies[].removed] | map(tostring) | join(" ")'
  false true
  ! + shop: directory: 1 removed, 1 kept
  $ belay backup restore shop --to out --quiet >/dev/null; cat out/postgres.dump
  dump of shop as postgres
