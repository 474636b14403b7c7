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
  $ (cd files && seq 1 8000 | split -l 1 -a 4 -)
  $ belay backup run many --quiet --jq '.backups[].outcome'
  made
  $ unpacking() { until ls -d .back.belay-* >/dev/null 2>&1; do kill -0 $run || break; done; }
  $ hung_up backup restore many --to back; unpacking; kill -HUP $run; wait $run
  [130]
  $ ls -A | grep back
  backup.crt
  backup.key

What is killed outright (kill -9, no power) leaves what it had opened. The next restore to that place says so.

  $ hung_up backup restore many --to back; unpacking; kill -KILL $run; wait $run 2>/dev/null
  [137]
  $ belay backup restore many --to ./back/ --quiet --jq '.warnings[]' | sed 's/belay-[0-9a-f]*/belay-HEX/'
  './.back.belay-HEX' is of a restore that was killed, with opened data in it: remove it, unless one is at it now
  $ rm -rf .back.belay-* back; belay backup restore many --to back --quiet --jq '.warnings[]'
  $ : >.one.belay-aB3xY9; belay backup restore slow --to-file one --quiet --jq '.warnings[]'
  './.one.belay-aB3xY9' is of a restore that was killed, with opened data in it: remove it, unless one is at it now

Behind nohup it goes on, and so does what it runs.

  $ rm -f reading; SLOW=2 nohup "$E2E_BELAY" backup run slow --quiet >out.log 2>&1 & run=$!; eventually test -e reading; kill -HUP $run; wait $run
  $ belay backup list slow --jq '.backups[].copies | length'
  2
