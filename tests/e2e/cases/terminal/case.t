Colour and a live line belong on a terminal, and only there.

  $ git init -q --bare state.git
  $ on_terminal() { script -qec "$*" /dev/null </dev/null; }
  $ escapes() { grep -c $'\e\[' || true; }
  $ printf '#!/bin/sh\nsleep 0.3; echo "$1" >live\n' >deploy; chmod +x deploy
  $ [ "$(on_terminal "$E2E_BELAY" deploy --version v1 | escapes)" -gt 2 ] && echo coloured
  $ [ "$(on_terminal "$E2E_BELAY" status | escapes)" -gt 0 ] && echo coloured
  $ on_terminal "$E2E_BELAY" status --no-color | escapes
  $ NO_COLOR=1 on_terminal "$E2E_BELAY" status | escapes
  $ TERM=dumb on_terminal "$E2E_BELAY" status | escapes
  $ "$E2E_BELAY" status | escapes
  $ "$E2E_BELAY" deploy --version v2 2>&1 | escapes

JSON stays JSON on a terminal.

  $ on_terminal "$E2E_BELAY" status --json | tr -d '\r' | jq -r '.environments[0].environment'

Lines fit the terminal.

  $ on_terminal "stty cols 100; $E2E_BELAY history" | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g' | awk 'length > 100' 

What a command on this machine prints cannot play with the terminal.

  $ printf '#!/bin/sh\nprintf "\\033[2J\\033]0;owned\\007gone\\r\\n"; exit 3\n' >deploy
  $ belay deploy --version v3

--quiet says nothing on standard error; a closed pipe is not a crash.

  $ printf '#!/bin/sh\necho "$1" >live\n' >deploy
  $ belay deploy --version v4 --quiet 2>&1 >/dev/null
  $ "$E2E_BELAY" help --markdown | head -n 1
