#!/usr/bin/env bash
# The adapters against real servers: the programs of tests/peer, each with sshd and git over HTTPS and over SSH at hand.
#
#   tests/suite/peers.sh [--quick]     20 rounds of every race instead of 200
#
# PEER_PROGRAMS names the directory of the programs (default: build/dev/tests). The last line is
# "peers: N passed, N failed, N skipped", a program each.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
programs=${PEER_PROGRAMS:-$root/build/dev/tests}
rounds=200
case ${1:-} in --quick) rounds=20 ;; esac
[ "$(id -u)" -eq 0 ] || {
	echo 'peers: servers need root here'
	echo 'peers: 0 passed, 0 failed, 1 skipped'
	exit 0
}

world=$(mktemp -d)
stop() {
	"$root/tests/peers/world.sh" stop "$world" >/dev/null 2>&1 || true
	rm -rf "$world"
}
trap stop EXIT
"$root/tests/peers/world.sh" start "$world" git host:web1
# shellcheck source=/dev/null
. "$world/env"

export ROUNDS=$rounds CA_PEM GIT_REPOSITORY=$GIT_PATH
export GIT_HTTPS_URL=$GIT_HTTPS GIT_HTTP_URL=$GIT_HTTP GIT_HTTP_USER=$GIT_USER GIT_HTTP_PASS=$GIT_PASSWORD
export SSH_USER=${WEB1_SSH%@*} SSH_HOST=$ADDRESS SSH_PORT=${WEB1_SSH##*:}
export SSH_KEY=$KEYS/id_ed25519 SSH_KNOWN_HOSTS=$KNOWN_HOSTS_FILE

passed=0 failed=0
for program in "$programs"/peer_*; do
	echo "== ${program##*/}"
	if timeout 600 "$program"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
printf 'peers: %d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
