#!/usr/bin/env bash
# The adapters against real servers: the programs of tests/peer, with sshd, git over HTTPS and over SSH, Exim, Prometheus
# with its Pushgateway, and web services that write down what they are sent. A program whose server is not installed skips
# itself and says so.
#
#   tests/suite/peers.sh [--quick]     20 rounds of every race instead of 200
#
# PEER_PROGRAMS names the directory of the programs (default: build/dev/tests). The last line is
# "peers: N passed, N failed, N skipped", a program each.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
programs=$(realpath -m "${PEER_PROGRAMS:-$root/build/dev/tests}")
rounds=200
case ${1:-} in --quick) rounds=20 ;; esac
[ "$(id -u)" -eq 0 ] || {
	echo 'peers: servers need root here'
	echo 'peers: 0 passed, 0 failed, 1 skipped'
	exit 0
}

wanted=(git host:web1 sinks)
! command -v exim4 >/dev/null || wanted+=(exim)
! command -v prometheus-pushgateway >/dev/null || wanted+=(metrics)

world=$(mktemp -d)
stop() {
	"$root/tests/peers/world.sh" stop "$world" >/dev/null 2>&1 || true
	rm -rf "$world"
}
trap stop EXIT
"$root/tests/peers/world.sh" start "$world" "${wanted[@]}"
set -a
# shellcheck source=/dev/null
. "$world/env"
set +a
export ROUNDS=$rounds CA_PEM GIT_REPOSITORY=$GIT_PATH
export GIT_HTTPS_URL=$GIT_HTTPS GIT_HTTP_URL=$GIT_HTTP GIT_HTTP_USER=$GIT_USER GIT_HTTP_PASS=$GIT_PASSWORD
export SSH_USER=${WEB1_SSH%@*} SSH_HOST=$ADDRESS SSH_PORT=${WEB1_SSH##*:}
export SSH_KEY=$KEYS/id_ed25519 SSH_KNOWN_HOSTS=$KNOWN_HOSTS_FILE

passed=0 failed=0 skipped=0
cd "$root"
for program in "$programs"/peer_*; do
	echo "== ${program##*/}"
	status=0
	timeout 600 "$program" || status=$?
	case $status in
	0) passed=$((passed + 1)) ;;
	77) skipped=$((skipped + 1)) ;; # ctest's "skipped"
	*) failed=$((failed + 1)) ;;
	esac
done
printf 'peers: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
