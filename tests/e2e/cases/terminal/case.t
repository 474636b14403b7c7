Colour and a live line belong on a terminal, and only there.

  $ git init -q --bare state.git
  $ on_terminal() { script -qec "$*" /dev/null </dev/null; }
  $ escapes() { grep -c $'\e\[' || true; }
  $ printf '#!/bin/sh\nsleep 0.3; echo "$1" >live\n' >deploy; chmod +x deploy
  $ [ "$(on_terminal "$E2E_BELAY" deploy --version v1 | escapes)" -gt 2 ] && echo coloured
  coloured
  $ [ "$(on_terminal "$E2E_BELAY" status | escapes)" -gt 0 ] && echo coloured
  coloured
  $ on_terminal "$E2E_BELAY" status --no-color | escapes
  0
  $ NO_COLOR=1 on_terminal "$E2E_BELAY" status | escapes
  0
  $ TERM=dumb on_terminal "$E2E_BELAY" status | escapes
  0
  $ "$E2E_BELAY" status | escapes
  0
  $ "$E2E_BELAY" deploy --version v2 2>&1 | escapes
  0

JSON stays JSON on a terminal.

  $ on_terminal "$E2E_BELAY" status --json | tr -d '\r' | jq -r '.environments[0].environment'
  production

Lines fit the terminal.

  $ on_terminal "stty cols 100; $E2E_BELAY history" | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g' | sed 's/…/./g' | awk 'length > 100'

What a command on this machine prints cannot play with the terminal.

  $ printf '#!/bin/sh\nprintf "\\033[2J\\033]0;owned\\007gone\\r\\n"; exit 3\n' >deploy
  $ belay deploy --version v3
  x production: v3 could not be taken back; a person has to act now
    because app: deploy command failed with status 3: \xe2\x90\x9b[2J\xe2\x90\x9b]0;owned\xe2\x90\x87gone (esc)
  
  == DO THIS NOW ==
    1. app: bring v2 back by hand (app: deploy command failed with status 3: \xe2\x90\x9b[2J\xe2\x90\x9b]0;owned\xe2\x90\x87gone) (esc)
    2. when it is as it should be, run 'belay deploy' or 'belay rollback' with --take-lock
  
    CLOCK  x  switch  app: deploy command failed with status 3: \xe2\x90\x9b[2J\xe2\x90\x9b]0;owned\xe2\x90\x87gone (esc)
    CLOCK  x  app  could not take v3 back: app: deploy command failed with status 3: \xe2\x90\x9b[2J\xe2\x90\x9b]0;owned\xe2\x90\x87gone (esc)
  
  ID, recorded on state.git belay-state at HASH
  P0 [production CRITICAL] v3 could not be taken back, incident ID
  ! x switch: app: deploy command failed with status 3: \xe2\x90\x9b[2J\xe2\x90\x9b]0;owned\xe2\x90\x87gone (esc)
  ! x app: could not take v3 back: app: deploy command failed with status 3: \xe2\x90\x9b[2J\xe2\x90\x9b]0;owned\xe2\x90\x87gone (DURATION) (esc)
  [4]

--quiet says nothing on standard error; a closed pipe is not a crash.

  $ printf '#!/bin/sh\necho "$1" >live\n' >deploy
  $ belay deploy --version v4 --quiet 2>&1 >/dev/null
  ! belay: the lock is kept by root@RUNNER (run RUN), taken AGO, undo failed AGO: app: deploy command failed with status 3: \xe2\x90\x9b[2J\xe2\x90\x9b]0;owned\xe2\x90\x87gone (esc)
  !   hint: make sure the hosts are as they should be, then run again with --take-lock
  [10]
  $ "$E2E_BELAY" help --markdown | head -n 1
  # Commands
