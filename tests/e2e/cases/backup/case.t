Keys are made without a question: whether one is protected has to be said.

  $ export BACKUP_PASSPHRASE='correct horse' VERSION=v1
  $ belay backup keygen
  ! belay: shall the key be protected by a passphrase?
  !   hint: name the variable that holds one with --passphrase-env, or say --no-passphrase
  [2]
  $ belay backup keygen --no-passphrase --jq '.type, .key, .certificate, .encrypted'
  p256
  backup.key
  backup.crt
  false
  $ belay backup keygen --no-passphrase --key backup.key --certificate other.crt
  ! belay: cannot write 'backup.key': File exists
  !   hint: a key that is there is never overwritten: give another name, or move it away
  [1]
  $ belay backup keygen --no-passphrase --key backup.key --certificate other.crt --dry-run
  ! belay: cannot write 'backup.key': File exists
  !   hint: a key that is there is never overwritten: give another name, or move it away
  [1]
  $ BACKUP_PASSPHRASE=x belay backup keygen --passphrase-env BACKUP_PASSPHRASE --key other.key --certificate other.crt
  ! belay: the passphrase is shorter than 8 characters
  [2]
  $ belay backup keygen --no-passphrase --key sign.key --certificate sign.crt --purpose sign --type p384 --quiet
  + made a p384 key for 'backup'
    key  sign.key
    certificate  sign.crt
    SHA-256  SHA256
  $ BACKUP_PASSPHRASE=short-one-77 belay backup keygen --passphrase-env BACKUP_PASSPHRASE --key locked.key --certificate locked.crt --jq .encrypted
  true
  $ stat -c '%a %n' *.key; ls *.crt
  600 backup.key
  600 locked.key
  600 sign.key
  backup.crt
  locked.crt
  sign.crt

All backups of the configuration, each read again where it was stored.

  $ mkdir -p src/docs src/cache && seq 1 20000 >src/docs/numbers && ln -s docs/numbers src/link && echo no >src/cache/no && echo 'some words' >words.txt
  $ belay backup list --jq '.backups[] | .name, .outcome, .reason'
  site
  inconclusive
  there is none yet
  words
  inconclusive
  there is none yet
  $ "$E2E_BELAY" backup run --json >made.json 2>made.err; echo $?; valid result.backup made.json
  0
  valid
  $ jq -r '.backups[] | [.name, .outcome, .kind, .entries, .open_bytes, ([.stores[] | .name, .state, .how] | join(" "))] | map(tostring) | join(", ")' made.json
  site, made, tar, 4, 116224, near good sampled far good sampled
  words, made, stream, null, 11, directory good sampled
  $ tidy <made.err | sed 's/ as .*/ as SIZE/'
  + site: ID: SIZE as SIZE
  + words: ID: SIZE as SIZE
  $ site=$(jq -r '.backups[0].id' made.json) words=$(jq -r '.backups[1].id' made.json)
  $ ls near/site/*/ far | sed "s/$site/ID/"; grep -c 'openssl cms' "near/site/$site/RESTORE.txt"
  far:
  site
  
  near/site/ID/:
  RESTORE.txt
  data.zst.cms
  manifest.json
  manifest.sig
  3
  $ grep -rlF 'some words' near far
  [1]
  $ journal .belay/state.git | tail -n 7
  production: backing up site to near, far
  production: backed up site (SIZE to near, far)
  production: backup site ID is good in near (sampled)
  production: backup site ID is good in far (sampled)
  production: backing up words to directory
  production: backed up words (SIZE to directory)
  production: backup words ID is good in directory (sampled)
  $ belay backup list --jq '.backups[] | [.name, .outcome, .late, ([.copies[].stores[] | .store, .state] | join(" "))] | map(tostring) | join(", ")'
  site, pass, false, near good far good
  words, pass, false, directory good
  $ "$E2E_BELAY" backup list --json >list.json; valid result.backup-list list.json
  valid

What comes back is what went in, with belay and without it.

  $ quietly belay backup restore site --key backup.key --certificate backup.crt --to back; diff -r -x cache --no-dereference src back
  $ quietly belay backup restore words --passphrase-env BACKUP_PASSPHRASE --to-file back.txt; cmp words.txt back.txt
  $ belay backup restore words --to-command 'wc -l' --jq .outcome --quiet
  restored
  $ belay backup restore words --to-command 'exit 0' --jq '.outcome, .reason' --quiet
  failed
  the command ended well, but did not read all of the backup
  [1]
  $ mkdir unpacked && belay backup restore site --key backup.key --to-command 'tar -xf - -C unpacked' --jq .outcome --quiet && diff -r -x cache --no-dereference src unpacked
  restored
  $ belay backup restore words/$UNSET --to-file words.copy --passphrase-env BACKUP_PASSPHRASE
  ! belay: 'words/' does not say which copy: NAME/ID, or NAME for the newest
  [2]
  $ belay backup restore words --to-file - --passphrase-env BACKUP_PASSPHRASE
  ! belay: a backup is not restored to standard output, which has the result
  !   hint: --to-file FILE, or --to-command COMMAND that reads it
  [2]
  $ ln -s back.txt link.txt && belay backup restore words --to-file link.txt --overwrite --passphrase-env BACKUP_PASSPHRASE
  ! x words: 'link.txt' is a symbolic link: only a regular file can be replaced (DURATION)
  ! belay: 'link.txt' is a symbolic link: only a regular file can be replaced
  !   hint: name the file that it points to
  [2]
  $ belay backup run --to back
  ! belay: 'belay backup run' takes no --to
  !   hint: did you mean 'belay backup restore'?
  [2]
  $ belay backup restore site --key backup.key --certificate backup.crt --to back 2>&1 | sed "s/$site/ID/"
  x site/ID (made AGO) was not restored from near to back
    because 'back' is not empty: File exists
    hint: name a place that does not exist; --overwrite replaces what is there
    its digest is on the journal, signed by /CN=backup
  ! x site: 'back' is not empty: File exists (DURATION)
  [1]
  $ belay backup restore site --to elsewhere 2>&1 | sed "s/$site/ID/"
  ! belay: nothing is given that opens site/ID, which is sealed for P-256 /CN=backup, SHA-256 SHA256
  !   hint: --key PATH, or 'open' in the configuration
  [2]
  $ ls elsewhere
  ls: cannot access 'elsewhere': No such file or directory
  [2]
  $ mkdir hand && (cd hand && KEY=../backup.key CERT=../backup.crt FOLDER=../far/site/$site sh -c "$(jq -r .restore.command "../far/site/$site/manifest.json")") && diff -r --no-dereference back hand
  $ cp -r "far/site/$site" brought && mv belay.yml away.yml
  $ belay backup verify --folder brought --read-data --key backup.key --certificate backup.crt --jq '.backups[0].copies[0] | .outcome, .how, .trust'
  good
  opened
  none
  $ mv away.yml belay.yml

What is not what was written is found, named, and not restored; another store has it still.

  $ belay backup verify --key backup.key site --store near --jq '.backups[0].copies[0] | .outcome, .how'
  good
  opened
  $ belay backup verify --read-data --key backup.key --certificate backup.crt site --jq '[.backups[].copies[] | .store, .outcome, .how, .trust] | join(" ")'
  near good opened journal far good opened journal
  $ printf X | dd of="near/site/$site/data.zst.cms" bs=1 seek=1000 conv=notrunc status=none
  $ belay backup verify site | sed "s/$site/ID/g; s/, SIZE in.*//"
  x site  bad
    x  ID  near  bad  chunk 1 of 1 of 'site/ID/data.zst.cms' is not what was written
    +  ID  far  good  samples read again
  [1]
  $ belay backup list site --jq '[.backups[0].copies[0].stores[] | .store, .state] | join(" ")'
  near bad far good
  [1]
  $ quietly belay backup restore site --key backup.key --certificate backup.crt --to again; diff -r --no-dereference back again
  $ belay status --quiet
  production
    BACKUPS
    x site  just made, promised every 1d: copy ID is bad in near: chunk 1 of 1 of 'site/ID/data.zst.cms' is not what was written
    + words  just made

A service is backed up before anything of it is touched, or not deployed at all.

  $ belay plan --version v1 --jq '[.steps[].step] | join(" ")'
  lock capture backup switch commit
  $ belay deploy --version v1 --jq '.end, (.timeline[] | select(.step == "backup") | .text)' 2>/dev/null | tidy; cat live
  passed
  backed up as site/ID
  v1
  $ mv src gone
  $ belay deploy --version v2 --jq '.end, .reason' 2>/dev/null; cat live
  failed
  the backup 'site' failed: cannot read 'src': No such file or directory
  v1
  $ mv gone src
  $ belay backup list site --jq '.backups[0] | .outcome, .failed.count' 
  fail
  1
  [1]

Nothing is made twice at the same time, and a dry run makes nothing.

  $ belay backup run site --dry-run --jq '.backups[0].outcome, (.would[] | .summary)' 
  made
  record "production: backing up site to near, far"
  back up site to near, far
  $ belay backup run site --quiet | sed 's|, SIZE/s||'
  + site  ID  SIZE > SIZE (24%) in DURATION
  $ belay backup forget site --dry-run --jq '[.backups[0].stores[] | .copies[] | .keep] | map(tostring) | join(" ")'
  true true false true true false
  $ belay backup forget site --dry-run --jq '.backups[0].stores[0].copies[1].reasons[]'
  made before the deployment that is live
  $ find near/site far/site -name manifest.json | wc -l
  6
  $ quietly belay backup forget site; find near/site far/site -name manifest.json | wc -l
  4
  $ belay backup list site --jq '[.backups[0].copies[].stores[] | .store, .state] | join(" ")'
  near good far good near good far good
  $ belay history --type backup --limit 0 --jq '[.events[].event.type] | group_by(.) | map("\(.[0]) \(length)") | .[]'
  backup.begun 5
  backup.failed 1
  backup.forgotten 2
  backup.made 4
  backup.restored 6
  backup.verified 12
  $ belay verify | sed 's/[0-9]* events/N events/'
  + N events of 1 environment add up
    .belay/state.git belay-state at HASH

A run plays back from its tape.

  $ quietly belay backup run words --record words.tape
  $ belay replay words.tape --jq '.command, .status'
  backup
  0

Words that mean nothing.

  $ belay backup
  ! belay: 'belay backup' needs <run|list|verify|restore|forget|drill|keygen> [NAME[/ID]...]
  !   hint: run 'belay backup --help'
  [2]
  $ belay backup runn
  ! belay: 'backup' knows no 'runn'
  !   hint: did you mean 'belay backup run'?
  [2]
  $ belay backup run moon
  ! belay: there is no backup 'moon' in belay.yml
  !   hint: there are site, words
  [2]
  $ belay backup run words/2020
  ! belay: 'backup run' takes no id of a copy
  !   hint: belay backup run words
  [2]
  $ belay backup run --store moon words
  ! belay: the backup 'words' has no store 'moon'
  !   hint: it has: directory
  [2]
  $ belay backup restore --folder brought site
  ! belay: --folder names the backup already
  !   hint: leave out 'site'
  [2]
