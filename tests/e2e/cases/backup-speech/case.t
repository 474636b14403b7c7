A store that cannot be asked: nobody knows, which is no pass.

  $ export WORDS_PASSPHRASE='words of the first kind'
  $ quietly belay backup keygen --no-passphrase
  $ quietly belay backup keygen --no-passphrase --key other.key --certificate other.crt
  $ mkdir src && seq 1 2000 >src/numbers && seq 1 30 >words.txt
  $ quietly belay backup run
  $ belay backup list --quiet
  + site  just made
  + words  just made
  $ mv far away && echo 'no directory' >far
  $ belay backup list site | sed -n '1p; $p'
  ? site  just made: far could not be asked
    ! far could not be asked: store 'far': cannot list 'far': Not a directory
  [5]
  $ "$E2E_BELAY" backup list --json >list.json; echo $?; valid result.backup-list list.json
  5
  valid
  $ jq -r '.backups[] | .name, .outcome, .reason' list.json
  site
  inconclusive
  far could not be asked
  words
  pass
  null
  $ belay backup forget site --jq '.backups[].stores[] | .store, .outcome' --quiet
  near
  passed
  far
  failed
  [1]
  $ rm far && mv away far

What is missing is said in a dry run, too.

  $ mv src gone
  $ belay backup run site --dry-run --quiet
  x site  would not be made
    because there is no directory 'src' to read
    hint: write the path as seen from the directory belay runs in
  [1]
  $ mv gone src && touch source && belay backup run site --dry-run --quiet
  - site  would be made

What a command says of a backup that it reads is shown; a folder of no copy is told with the way forward.

  $ "$E2E_BELAY" backup restore words --to-command 'head -n 3; cat >/dev/null' 2>/dev/null | tail -n 4
  the command's output
      1
      2
      3
  $ belay backup verify --folder kept/words/
  x kept/words/  bad
    x  kept/words  bad  'kept/words' is not the folder of a copy: no manifest.json
    hint: name the folder of one copy, NAME/ID in its store
  [1]
  $ belay backup restore --folder kept/words/ --to-file back.txt --passphrase-env WORDS_PASSPHRASE
  ! belay: 'kept/words' is not the folder of a copy: no manifest.json
  !   hint: name the folder of one copy, NAME/ID in its store
  [1]

What cannot be is refused with the reason.

  $ belay backup forget --dry-run --at 2030-01-01T00:00:00Z
  ! belay: 'backup forget' goes by the clock and takes no --at
  !   hint: leave it out; --dry-run shows what would go
  [2]
  $ belay backup keygen --no-passphrase --key one.pem --certificate one.pem
  ! belay: --key and --certificate both name 'one.pem'
  !   hint: the certificate goes to where backups are made, the key must not: give each a file of its own
  [2]
  $ belay backup restore site --to back --key other.key
  ! x site: key 'other.key': certificate 'backup.crt': the private key does not belong to the certificate (DURATION)
  ! belay: key 'other.key': certificate 'backup.crt': the private key does not belong to the certificate
  !   hint: name the one that was made with the key: 'certificate' beside the key, or --certificate
  [2]
  $ belay backup restore site --to back --key other.key --certificate backup.crt
  ! x site: key 'other.key': certificate 'backup.crt': the private key does not belong to the certificate (DURATION)
  ! belay: key 'other.key': certificate 'backup.crt': the private key does not belong to the certificate
  !   hint: name the one that was made with the key: 'certificate' beside the key, or --certificate
  [2]
  $ belay backup restore site --to back --key backup.key --certificate other.crt; ls one.pem back
  ! x site: key 'backup.key': certificate 'other.crt': the private key does not belong to the certificate (DURATION)
  ! belay: key 'backup.key': certificate 'other.crt': the private key does not belong to the certificate
  !   hint: name the one that was made with the key: 'certificate' beside the key, or --certificate
  ls: cannot access 'one.pem': No such file or directory
  ls: cannot access 'back': No such file or directory
  [2]

A workflow masks what makes and opens backups, also those that no service names.

  $ export SITE_KEY="$(cat backup.key)" SITE_KEY_PASSPHRASE='words of the second kind'
  $ INPUT_COMMAND=backup INPUT_ARGUMENTS=list GITHUB_ACTIONS=true "$E2E_BELAY" action >log; echo $?
  2
  $ masked() { grep -qxF "::add-mask::$1" log && echo masked; }
  $ masked 'words of the first kind'
  masked
  $ masked 'words of the second kind'
  masked
  $ masked "$(sed -n 2p backup.key)"
  masked
