#!/usr/bin/env bash
# The completion scripts in the shells that they are for: what they offer after a TAB.
#
#   tests/suite/shells.sh
#
# bash, zsh (interactive, in a terminal of its own, with compinit) and fish; a shell that is not installed is skipped.
# Environment: BELAY (the executable). Ends with "N passed, N failed, N skipped", a row of each shell each.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
exec /usr/bin/python3 -B "$root/tests/suite/shells.py" "$(realpath "${BELAY:-$root/build/release/belay}")"
