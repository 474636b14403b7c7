A deployment saves the data before it touches anything.

  $ belay backup keygen --no-passphrase --quiet --jq .type
  p256
  $ mkdir data && echo v0 >data/rows && echo 'exit 0' >restored.sh
  $ for v in v1 v2; do "$E2E_BELAY" deploy --version $v --quiet >/dev/null 2>&1; echo $?; sleep 1; done
  0
  0
  $ cat data/rows live
  v0
  v1
  v2
  v2

What it would be to go back with the data: as it was before v2, not as v2 left it. Then it is done, before the code.

  $ id=$("$E2E_BELAY" backup list --jq '.backups[0].copies[0].id' 2>/dev/null)
  $ "$E2E_BELAY" backup run --quiet >/dev/null 2>&1; echo $?
  0
  $ "$E2E_BELAY" rollback --list --json 2>/dev/null >list.json; valid result.rollback-list list.json
  valid
  $ jq -r '.[0].services[].backup.id' list.json | sed "s/$id/ID/"
  ID
  $ belay rollback --restore rows --dry-run --jq '.would[].summary' | grep rows | sed "s/$id/ID/g"
  restore rows/ID from directory
  record "production: restored rows ID to tar -x -C data && sh restored.sh" and 1 event around it
  run 'echo "$BELAY_VERSION" >live; echo "$BELAY_VERSION" >>data/rows' with BELAY_VERSION=v1
  $ "$E2E_BELAY" rollback --restore rows --json 2>/dev/null >back.json; echo $?; valid result.deploy back.json
  0
  valid
  $ jq -r '.restored.id, .restored.outcome, (.timeline[] | .step)' back.json | sed "s/$id/ID/"
  ID
  restored
  restore
  switch
  $ cat live; cat data/rows
  v1
  v0
  v1
  v1

What cannot be is refused before the lock is taken.

  $ belay rollback --restore rows/2020
  ! belay: the journal knows no copy '2020' of 'rows'
  !   hint: 'belay backup list -e production rows' shows what there is; the newest is ID
  [2]
  $ mv backup.key elsewhere; belay rollback --restore "rows/$id"; mv elsewhere backup.key
  ! belay: what opens backup 'rows' is not here
  !   hint: its 'open' names a variable or a file that this run does not have; in a workflow, pass the secret on with 'env:'
  $ "$E2E_BELAY" status --jq '.environments[0].lock.held' 2>/dev/null
  false

Data that is half restored is for a person to look at: the lock is kept.

  $ echo 'echo no such table >&2; exit 3' >restored.sh; "$E2E_BELAY" deploy --version v3 --quiet >/dev/null 2>&1
  $ "$E2E_BELAY" rollback --restore rows --json 2>/dev/null >stuck.json; echo $?; valid result.deploy stuck.json
  4
  valid
  $ jq -r '.end, .restored.outcome, .reason, .hint, .todo[0]' stuck.json | sed -E 's/[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}/ID/g'
  stuck
  failed
  restoring rows/ID: the command ended with status 3
  it said: no such table
  the data may be half restored: look at it, then 'belay backup restore rows/ID --in-place' again
  $ "$E2E_BELAY" status --jq '.environments[0].lock.held' 2>/dev/null
  true
  $ echo 'exit 0' >restored.sh; "$E2E_BELAY" rollback --restore rows --take-lock --jq '.end, .restored.outcome' 2>/dev/null
  passed
  restored
  $ "$E2E_BELAY" verify >/dev/null 2>&1; echo $?
  0
