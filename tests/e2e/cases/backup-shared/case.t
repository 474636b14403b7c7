Two projects have a backup of the same name, and one store. Each has its own keys, its own data and its own journal.

  $ for p in one two; do mkdir $p && cp project.yml $p/belay.yml && echo "data of $p" >$p/data && : >$p/meanwhile && (cd $p && quietly belay backup keygen --no-passphrase); done
  $ night() { for p in one two; do sleep 1; (cd $p && quietly belay backup run && quietly belay backup verify && quietly belay backup forget); done; }
  $ held() { (cd $1 && belay backup list --jq '.backups[0] | .outcome, ([.copies[].stores[].state] | join(" "))'); }
  $ night && night && night

Of each the last two are there, and both get back what is theirs.

  $ held one; held two
  pass
  unknown good unknown good
  pass
  good unknown good unknown
  $ for p in one two; do (cd $p && quietly belay backup restore db --to-file back && cat back && belay backup verify --jq '.backups[0] | .outcome, ([.copies[].trust] | join(" ")), (.not_on_journal | length)'); done
  data of one
  good
  journal
  1
  data of two
  good
  journal
  0
  $ cd one && belay backup verify | sed 's|, SIZE/s||'
  + db  good
    +  ID  shared  good  samples read again, SIZE in DURATION
    ! not on the journal: ID in shared
      hint: 'belay backup verify -e production db/ID' looks at it and records it, when it is yours
  $ belay backup forget --jq '[.backups[0].stores[0].copies[] | .keep] | map(tostring) | join(" ")'
  true true true true
  ! + db: shared: 0 removed, 4 kept

The beginning of an id is not enough to name what another one made, and what is sealed for others cannot be opened with its name either.

  $ theirs=$(ls ../shared/db | sort | tail -n 1)
  $ belay backup verify "db/${theirs%?}"
  ! belay: the journal knows no copy 'ID' of 'db'
  !   hint: a store has ID; 'belay backup verify -e production db/ID' looks at it and records it, when it is yours
  [2]
  $ belay backup restore "db/$theirs" --to-file theirs 2>&1 | sed 's/chunk .*//'
  ! - db: the journal does not know ID: nothing but the store itself vouches for it
  ! x db: 
  ! belay: 
  !   hint: the manifest lists the recipients; give the key of one of them
  [2]
  $ cd ..

Somebody who has the certificate and the configuration puts a copy of his own into the store. It is named, nobody takes it.

  $ mkdir evil && cp one/belay.yml one/backup.crt evil/ && echo EVIL >evil/data && : >evil/meanwhile && sleep 1 && (cd evil && quietly belay backup run)
  $ cd one && belay backup verify --jq '.backups[0] | .outcome, (.not_on_journal[] | .store, .count)'
  good
  shared
  2
  $ belay backup restore db --to-file again --quiet | sed 's|, SIZE/s||'; cat again
  + db/ID (made AGO) restored from shared to again
    SIZE in DURATION
  data of one
  $ quietly belay backup forget; held .
  pass
  unknown unknown good unknown good

Whoever names it takes it: nothing but itself vouches for it.

  $ forged=$(ls ../shared/db | sort | tail -n 1)
  $ belay backup verify "db/$forged" | sed 's|, SIZE/s||'
  + db  good
    +  ID  shared  good  samples read again, SIZE in DURATION
    ! ID in shared: nothing vouches for it but itself
  $ cd ..

A run that dies when its copy is whole, before the journal hears of it: the next one says so in its place.

  $ cd two && sleep 1 && echo 'mv .belay/state.git ../away' >meanwhile && belay backup run
  ! + db: ID: SIZE as SIZE (DURATION)
  ! belay: 'db/ID' is made and complete, but it may be missing on the journal: event 1 of 'production' (backup.made) does not fit: no attempt is running, so not 'ID'
  !   hint: 'belay backup verify -e production db/ID' looks at it and records it
  [11]
  $ mv ../away .belay/state.git && : >meanwhile && sleep 1
  $ belay backup run --take-lock 2>&1 | sed 's|, SIZE/s||'
  + db  ID  SIZE > SIZE in DURATION
    +  shared  good  samples read again
  
  restore it: belay backup restore db --to-file FILE
  ! - db: ID is whole in 'shared': the run that made it died before it could say so
  ! + db: ID: SIZE as SIZE (DURATION)
  $ belay backup list --jq '[.backups[0].copies[0, 1].stores[].state] | join(" ")'
  good good
  $ journal .belay/state.git | tail -n 4
  production: backing up db to shared, ID was abandoned
  production: backup db ID is good in shared (sampled)
  production: backed up db (SIZE to shared)
  production: backup db ID is good in shared (sampled)
  $ belay verify
  + 20 events of 1 environment add up
    .belay/state.git belay-state at HASH
