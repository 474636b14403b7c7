One directory is one store, however its path is written: two policies in it would remove each other's copies. Nothing is made,
and nothing removed.

  $ quietly belay backup keygen --no-passphrase; echo x >data; cp belay.yml plan.yml; mkdir here; ln -s "$PWD/st" here/link
  $ with() { sed "s#OTHER#$1#" plan.yml >belay.yml; }
  $ with ./st/; belay validate --jq '.problems[].message'
  store 'other' is the same place as 'directory' ('./st/' is 'st')
  [2]
  $ with "$PWD//st"; quietly belay validate
  $ belay backup run
  ! belay: store 'other' is the same place as 'directory' ('WORK//st' is 'st')
  !   hint: take one of the two out of the configuration
  [2]
  $ for verb in list verify forget; do belay backup $verb 2>&1 | sed -n 1p; done
  ! belay: store 'other' is the same place as 'directory' ('WORK//st' is 'st')
  ! belay: store 'other' is the same place as 'directory' ('WORK//st' is 'st')
  ! belay: store 'other' is the same place as 'directory' ('WORK//st' is 'st')
  [2]

Where links lead is seen when it is written to.

  $ mkdir st; with here/link; belay backup run --quiet --jq '.backups[].reason'
  store 'other' is the same place as 'directory' ('here/link' is 'st')
  [1]
  $ ls -A st
  $ with "$PWD/st2"; belay backup run --quiet --jq '.backups[].outcome'
  made
