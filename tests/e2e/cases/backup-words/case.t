Values that are kept as secrets may be words of a backup: the name of its file, its own name. It is judged as it is, and
what is told of it has no secret in it. A tape has none either, and can be replayed.

  $ belay backup keygen --no-passphrase --quiet >/dev/null
  $ belay backup keygen --no-passphrase --key sign.key --certificate sign.crt --purpose sign --quiet >/dev/null
  $ export PGUSER=postgres PGDATABASE=shop
  $ belay backup run shop --jq '.backups[].stores[] | .state'
  good
  ! + shop: ID: SIZE as SIZE (DURATION)
  $ "$E2E_BELAY" backup run shop --record tape --quiet --json >made.json
  $ jq -r '.backups[].stores[] | [.state, .reason] | map(tostring) | join(" ")' made.json
  good null
  $ jq -c 'select(.kind == "object.read" or .kind == "object.list") | .answer' tape | grep . >/dev/null && echo some
  some
  $ jq -c 'select(.kind == "object.read" or .kind == "object.list") | .answer' tape | grep -E 'postgres|shop'
  [1]
  $ "$E2E_BELAY" replay tape | cmp - made.json && echo the same
  the same
  $ belay backup list shop --jq '.backups[].copies[].stores[].state'
  good
  good
  $ belay backup forget shop --jq '.backups[].stores[] | [.copies[].removed] | map(tostring) | join(" ")'
  false true
  ! + shop: directory: 1 removed, 1 kept
  $ belay backup restore shop --to out --quiet >/dev/null; cat out/postgres.dump
  dump of shop as postgres

So is the journal, when somebody else has written to it meanwhile.

  $ export BETWEEN='env -u BETWEEN "$E2E_BELAY" backup run other --quiet >/dev/null 2>&1'
  $ belay backup run shop --quiet --jq '.backups[].outcome'
  made
  $ "$E2E_BELAY" verify >/dev/null && events .belay/state.git | tail -n 6
  backup.begun
  backup.begun
  backup.made
  backup.verified
  backup.made
  backup.verified
