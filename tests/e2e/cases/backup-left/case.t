A store that a run did not get into keeps nothing of it. Here the last step fails, when all of the data is there: a file stands
where its directory should be.

  $ quietly belay backup keygen --no-passphrase; seq 1 100000 >data; : >meanwhile; mkdir two; : >two/db
  $ belay backup run --quiet --jq '.backups[0] | .outcome, ([.stores[].state] | join(" "))'
  partial
  good failed
  [1]
  $ find two -type f
  two/db

A store that goes away meanwhile cannot be tidied up. The next run does that when it is there again, however young it all is.

  $ rm two/db; echo 'mv two away' >meanwhile
  $ belay backup run --quiet --jq '.backups[].outcome'
  partial
  [1]
  $ rm -rf two; mv away two; find two -type f | sed 's/.*\.//' | sort
  data
  note
  $ : >meanwhile; belay backup run --quiet --jq '.backups[].outcome'
  made
  $ find two -type f | sed 's/.*\///' | sort
  RESTORE.txt
  data.zst.cms
  manifest.json
