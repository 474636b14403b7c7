#!/usr/bin/env bash
# Two deployments at once: exactly one proceeds, in every round.
#
#   tests/suite/race.sh [--quick]     10 rounds instead of 200
#
# Two processes deploy different versions to the same environment at the same moment, over a git remote on HTTPS. Right is:
# one ends with 0, the other with 10 (lock busy); only the winner's commands ran; the journal folds and holds exactly one
# deployment more than the round before. Ends with "N passed, N failed, N skipped", a round each.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
rounds=200
case ${1:-} in
--quick) rounds=10 ;;
'') ;;
*)
	echo "usage: ${0##*/} [--quick]" >&2
	exit 2
	;;
esac
belay=$(realpath "${BELAY:-$root/build/release/belay}")
[ "$(id -u)" -eq 0 ] || {
	echo 'race: needs root (the git remote runs in a namespace)'
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
}

tmp=$(mktemp -d /tmp/belay-race.XXXXXX)
trap '"$root/tests/peers/world.sh" stop "$tmp/world" || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
"$root/tests/peers/world.sh" start "$tmp/world" git
set -a
# shellcheck source=/dev/null
. "$tmp/world/env"
set +a
export SSL_CERT_FILE=$CA_PEM HOME=$tmp
unset GITHUB_ACTIONS CI
cd "$tmp"

cat >belay.yml <<YAML
version: 1
state: {remote: "$GIT_HTTPS", token: {env: GIT_TOKEN}}
environments:
  production:
    services:
      app: {driver: command, deploy: {run: './deploy'}}
YAML

# Whoever deploys goes on until the other one has given up, ten seconds at most.
cat >deploy <<'SCRIPT'
#!/bin/sh
echo "$BELAY_VERSION" >>ran
n=0
until [ -e over ] || [ $((n += 1)) -gt 500 ]; do sleep 0.02; done
SCRIPT
chmod +x deploy

# Both wait for the same moment, which is the round's own file.
contend() { # NAME
	until [ -e go ]; do :; done
	local status=0
	"$belay" deploy -e production --version "$1" >"$1.out" 2>"$1.err" || status=$?
	echo "$status" >"$1.status"
	: >over
}

deployments() { git -C "$GIT_PATH" log --format=%s belay-state 2>/dev/null | grep -c ': deployed ' || true; }

one_round() { # NUMBER; prints what is wrong
	local a=r$1a b=r$1b statuses winner
	rm -f go ran over
	contend "$a" &
	local first=$!
	contend "$b" &
	sleep 0.02
	: >go
	wait "$first" $!
	statuses="$(cat "$a.status") $(cat "$b.status")"
	case $statuses in
	'0 10') winner=$a ;;
	'10 0') winner=$b ;;
	*)
		echo "exit statuses $statuses: $(tail -qn 1 "$a.err" "$b.err" | tr '\n' ';')"
		return
		;;
	esac
	[ "$(cat ran)" = "$winner" ] || echo "$winner won, but these ran: $(tr '\n' ' ' <ran)"
	[ "$(deployments)" -eq "$1" ] || echo "$(deployments) deployments on the journal"
	[ "$("$belay" status --jq '.environments[0].services.app.live.version')" = "$winner" ] || echo "status does not say $winner"
	rm -f "$a".* "$b".*
}

passed=0 failed=0
for ((round = 1; round <= rounds; round++)); do
	fault=$(one_round "$round")
	if [ -z "$fault" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'round %d: %s\n' "$round" "$fault"
		rounds_done=$(deployments)
		[ "$rounds_done" -eq "$round" ] || break # the count of later rounds would be off
	fi
done
if "$belay" verify >verify.out 2>&1; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
	cat verify.out
fi
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
