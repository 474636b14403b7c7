A line that drops (SIGHUP) ends a backup, a drill and a restore as SIGTERM does: nothing half done is left, nothing
opened, and the next run need not wait.

  $ belay backup keygen --no-passphrase --quiet >/dev/null
  $ export TMPDIR=$PWD/scratch; mkdir scratch files; seq 1 1000 >data
  $ hung_up() { rm -f reading; env --default-signal=HUP "$E2E_BELAY" "$@" >out.log 2>&1 & run=$!; }
  $ SLOW=60 hung_up backup run slow; eventually test -e reading; kill -HUP $run; wait $run
  [130]
  $ find store -type f; belay backup list slow --jq '.backups[].running'
  null
  [1]
  $ belay backup run slow --quiet --jq '.backups[].outcome'
  made
  $ checking() { ls scratch/*/checking; }
  $ hung_up backup drill slow; eventually checking; kill -HUP $run; wait $run
  [130]
  $ ls -A scratch
  $ (cd files && seq 1 20000 | split -l 1 -a 4 -)
  $ belay backup run many --quiet --jq '.backups[].outcome'
  made
  $ unpacking() { ls -d .back.belay-*; }
  $ hung_up backup restore many --to back; eventually unpacking; kill -HUP $run; wait $run
  [130]
  $ ls -A | grep back
  backup.crt
  backup.key

Behind nohup it goes on, and so does what it runs.

  $ rm -f reading; SLOW=2 nohup "$E2E_BELAY" backup run slow --quiet >out.log 2>&1 & run=$!; eventually test -e reading; kill -HUP $run; wait $run
  $ belay backup list slow --jq '.backups[].copies | length'
  2
