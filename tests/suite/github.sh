#!/usr/bin/env bash
# GitHub as the cockpit: what people see there of deployments that pass, are rolled back, get stuck, are cancelled or killed.
#
#   tests/suite/github.sh [--quick]     --quick leaves out nothing, so far
#
# belay runs as in a workflow, against a GitHub that keeps state (tests/peers/github.sh), its requests and answers checked
# against GitHub's OpenAPI description. First the client by itself (tests/peer/github.c), then scenarios. Everything printed,
# recorded or committed is searched for the tokens at the end. The last line is "N passed, N failed, N skipped".
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
belay=$(realpath "${BELAY:-$root/build/release/belay}")
[ "$(id -u)" -eq 0 ] || {
	echo 'github: needs root (the double runs in a namespace)'
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
}

tmp=$(mktemp -d /tmp/belay-github.XXXXXX)
trap '"$root/tests/peers/github.sh" stop "$tmp/github" >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# shellcheck source-path=SCRIPTDIR/../peers source=../peers/lib.sh
. "$root/tests/peers/lib.sh"
"$root/tests/peers/ca.sh" start "$tmp/ca"
"$root/tests/peers/github.sh" start "$tmp/github" "$tmp/ca" "$(peer_address)"
# shellcheck source=/dev/null
. "$tmp/github/env"
passed=0 failed=0 skipped=0
if [ -n "$GITHUB_UNCHECKED" ]; then
	echo "skipped: requests and answers are not checked: $GITHUB_UNCHECKED"
	skipped=1
fi

head=c0ffee0000000000000000000000000000000001
older=c0ffee0000000000000000000000000000000002
token=$GITHUB_DOUBLE_TOKEN

# --- the world of one scenario ---

double() { # PATH JSON: the double's own doors
	curl -sS -X POST -H 'Content-Type: application/json' --data "$2" "$GITHUB_BEHIND$1" >"$tmp/double.json"
}

script() { # JSON: answers that go first; each run of the suite and scenario counts anew
	sed "s/{\"path\"/{\"nonce\": \"$RANDOM$RANDOM\", &/g; s/, {\"path\"/, \"path\"/" <<<"$1" >"$GITHUB_SINKS/script.json"
}

# What the double knows, asked in Python: `s` is its state; states(N) the states of deployment N (0: newest), newest first.
ask() { # EXPRESSION
	double /_state '{}'
	/usr/bin/python3 -B - "$tmp/double.json" "$1" <<-'PYTHON'
		import json
		import sys
		s = json.load(open(sys.argv[1], encoding="utf-8"))
		def states(n):
		    rows = s["statuses"].get(str(s["deployments"][n]["id"]), []) if n < len(s["deployments"]) else []
		    return " ".join(row["state"] for row in rows)
		def newest(n):
		    return s["statuses"][str(s["deployments"][n]["id"])][0]
		print(eval(sys.argv[2]))
	PYTHON
}

config() { # [LINE…] lines below `github:`
	{
		cat <<-YAML
			version: 1
			state: {remote: "$work/journal.git"}
			checks:
			  good: {http: "${GITHUB_BEHIND%/github}/health", expect: ['\$version != "bad"'], retry: {attempts: 1}}
			environments:
			  production: &environment
			    url: https://shop.example
			    lock: {lease: 3s}
			    services:
			      app: {driver: command, deploy: {run: ./deploy}, undo: {run: ./undo}}
			    gates: [good]
			  staging: {<<: *environment}
		YAML
		[ $# -eq 0 ] || printf 'github:\n'
		[ $# -eq 0 ] || printf '  %s\n' "$@"
	} >"$work/belay.yml"
}

# As a step of a workflow; RUN, COMMIT, TOKEN and API may be set before. It becomes what it runs.
step() {
	exec env -i PATH="$PATH" HOME="$work" GITHUB_ACTIONS=true GITHUB_TOKEN="${TOKEN-$token}" GITHUB_REPOSITORY=acme/shop \
		GITHUB_API_URL="${API:-$GITHUB_API}" GITHUB_SERVER_URL=https://github.com GITHUB_RUN_ID="${RUN:-4711}" \
		GITHUB_RUN_ATTEMPT=1 GITHUB_SHA="${COMMIT-$head}" GITHUB_ACTOR=ada RUNNER_NAME=runner-3 "$belay" "$@"
}

# run STATUS WORD…: what it prints is kept in $work/out, its second half, what went on, in $work/err as well.
run() {
	local want=$1 status=0
	shift
	(step "$@") >"$work/out" 2>"$work/err" || status=$?
	cat "$work/err" >>"$work/out"
	cat "$work/out" >>"$work/everything.out"
	[ "$status" -eq "$want" ] || fault "'$*' ends with $status, not $want: $(cat "$work/out")"
}

deploy() { # VERSION STATUS [WORD…]
	run "$2" deploy -e "${ENVIRONMENT:-production}" --version "$1" "${@:3}"
}

begin_slow() { # VERSION: in the background, until the deployment is under way; sets $slow
	rm -f "$work/started"
	: >"$work/slow"
	step deploy -e production --version "$1" >"$work/out" 2>&1 &
	slow=$!
	wait_until 20 test -e "$work/started" || fault "it does not start: $(cat "$work/out")"
	rm -f "$work/slow"
}

kill_slow() { # VERSION: killed in the middle of its deployment
	begin_slow "$1"
	kill -KILL "$slow"
	wait "$slow" 2>/dev/null || true
	kill "$(cat "$work/started")" 2>/dev/null || true
}

fault() { printf '%s\n' "$*" >>"$work/faults"; }
is() { # WHAT GOT WANTED
	[ "$2" = "$3" ] || fault "$1: '$2', not '$3'"
}
says() { grep -qF -- "$1" "$work/out" || fault "does not say '$1': $(cat "$work/out")"; }
journal() { git -C "$work/journal.git" log --format=%s belay-state 2>/dev/null | grep -cF "$1" || true; }

# --- scenarios ---

passes() {
	deploy v1 0
	is 'states' "$(ask 'states(0)')" 'success in_progress'
	is 'payload' "$(ask 's["deployments"][0]["payload"]["version"]')" v1
	is 'commit' "$(ask 's["deployments"][0]["sha"]')" "$head"
	is 'production' "$(ask 's["deployments"][0]["production_environment"]')" True
	is 'log' "$(ask 'newest(0)["log_url"]')" https://github.com/acme/shop/actions/runs/4711
	is 'place' "$(ask 'newest(0)["environment_url"]')" https://shop.example
	is 'words' "$(ask 'newest(0)["description"]')" 'v1: live'
	is 'links' "$(journal 'shown on GitHub')" 1
}

what_was_live_becomes_inactive() {
	local environment
	for environment in production staging; do
		ENVIRONMENT=$environment deploy v1 0
		ENVIRONMENT=$environment deploy v2 0
		is "$environment, old" "$(ask 'states(1)')" 'inactive success in_progress'
		is "$environment, new" "$(ask 'states(0)')" 'success in_progress'
	done
	is 'staging is no production' "$(ask 's["deployments"][0]["production_environment"]')" False
}

is_rolled_back() {
	deploy v1 0
	deploy bad 3
	is 'new' "$(ask 'states(0)')" 'failure in_progress'
	is 'why' "$(ask '"good" in newest(0)["description"]')" True
	is 'old' "$(ask 'states(1)')" 'success success in_progress'
	is 'again' "$(ask 'newest(1)["description"]')" 'v1 is live again'
}

goes_back_by_hand() {
	COMMIT=$older deploy v1 0
	deploy v2 0
	run 0 rollback -e production
	is 'new' "$(ask 'states(0)')" 'success in_progress'
	is 'commit of the old version' "$(ask 's["deployments"][0]["sha"]')" "$older"
	is 'kind' "$(ask 's["deployments"][0]["payload"]["kind"]')" rollback
	is 'v2' "$(ask 'states(1)')" 'inactive success in_progress'
}

is_stuck() {
	deploy v1 0
	: >"$work/undo-fails"
	deploy bad 4
	is 'states' "$(ask 'states(0)')" 'error in_progress'
	is 'words' "$(ask '"CRITICAL" in newest(0)["description"]')" True
	is 'old' "$(ask 'states(1)')" 'success in_progress'
}

is_cancelled() {
	deploy v1 0
	begin_slow v2
	is 'meanwhile' "$(ask 'states(0)')" 'in_progress'
	kill -INT "$slow"
	wait "$slow" || true
	is 'states' "$(ask 'states(0)')" 'error in_progress'
	is 'old' "$(ask 'states(1)')" 'success success in_progress'
}

is_killed_and_the_next_run_ends_it() {
	RUN=4711 kill_slow v1
	is 'left behind' "$(ask 'states(0)')" 'in_progress'
	double /_settings '{"runs": {"4711": {"status": "completed"}}}'
	sleep 3.1
	RUN=4712 deploy v2 0
	is 'dead' "$(ask 'states(1)')" 'error in_progress'
	is 'words' "$(ask 'newest(1)["description"]')" 'its run ended without a word'
	is 'new' "$(ask 'states(0)')" 'success in_progress'
}

two_dead_runs_are_tidied_up_by_one() {
	local run_id
	double /_settings '{"runs": {"4711": {"status": "completed"}, "4712": {"status": "completed"}}}'
	for run_id in 4711 4712; do
		script "[{\"path\": \"/statuses$\", \"method\": \"POST\", \"status\": 403, \"times\": 99}]"
		RUN=$run_id kill_slow "v$run_id"
		script '[]'
		sleep 3.1
	done
	RUN=4713 deploy v3 0
	is 'first' "$(ask 'states(2)')" 'error'
	is 'second' "$(ask 'states(1)')" 'error'
	is 'third' "$(ask 'states(0)')" 'success in_progress'
}

a_holder_that_runs_keeps_its_lock() {
	RUN=4711 kill_slow v1
	double /_settings '{"runs": {"4711": {"status": "in_progress"}}}'
	sleep 3.1
	RUN=4712 deploy v2 10
	says 'its run is still going on: https://github.com/acme/shop/actions/runs/4711'
	says 'ada@runner-3'
	RUN=4712 deploy v2 0 --take-lock
}

a_holder_that_nobody_knows_is_waited_for() {
	RUN=4711 kill_slow v1
	sleep 3.1
	RUN=4712 deploy v2 0
	is 'new' "$(ask 'states(0)')" 'success in_progress'
}

begins_and_finishes() {
	run 0 begin -e production --version v1
	is 'open' "$(ask 'states(0)')" 'in_progress'
	run 0 finish -e production
	is 'states' "$(ask 'states(0)')" 'success in_progress'
	is 'one' "$(ask 'len(s["deployments"])')" 1
}

is_begun_never_finished_and_ended_by_another() {
	RUN=4711 run 0 begin -e production --version v1
	is 'on the journal' "$(journal 'shown on GitHub')" 1
	double /_settings '{"runs": {"4711": {"status": "completed"}}}'
	sleep 3.1
	RUN=4712 deploy v2 0
	is 'left' "$(ask 'states(1)')" 'error in_progress'
	is 'new' "$(ask 'states(0)')" 'success in_progress'
}

a_commit_has_its_status() {
	config 'status: commit-status' 'deployments: false'
	deploy v1 0
	deploy bad 3
	is 'statuses' "$(ask '" ".join(r["state"] for r in s["commit_statuses"])')" 'pending success pending failure'
	is 'context' "$(ask 's["commit_statuses"][0]["context"]')" belay/production
	is 'log' "$(ask 's["commit_statuses"][0]["target_url"]')" https://github.com/acme/shop/actions/runs/4711
	is 'no deployments' "$(ask 'len(s["deployments"])')" 0
}

a_commit_has_its_check_run() {
	config 'status: check-run'
	deploy v1 0
	deploy bad 3
	is 'check runs' "$(ask '" ".join(r["conclusion"] for r in s["check_runs"].values())')" 'success failure'
	is 'why' "$(ask '"good" in list(s["check_runs"].values())[1]["output"]["summary"]')" True
	is 'deployments' "$(ask 'states(0)')" 'failure in_progress'
}

a_missing_permission_is_one_line() {
	config 'status: commit-status'
	double /_settings '{"permissions": {"deployments": "read", "statuses": "none"}}'
	deploy v1 0
	says "'permissions: {deployments: write}'"
	says "'permissions: {statuses: write}'"
	is 'lines on the way' "$(grep -cF 'not shown on GitHub' "$work/err")" 2
	is 'nothing' "$(ask 'len(s["deployments"]) + len(s["commit_statuses"])')" 0
	double /_settings '{"permissions": {"deployments": "none"}, "private": true}'
	deploy v2 0
	says "'permissions: {deployments: write}'"
}

nobody_is_asked_without_a_reason() {
	local before
	before=$(ask 's["used"] + s["free"]')
	TOKEN='' deploy v1 0
	config 'deployments: false'
	deploy v2 0
	config
	env -i PATH="$PATH" HOME="$work" GITHUB_TOKEN="$token" GITHUB_REPOSITORY=acme/shop GITHUB_API_URL="$GITHUB_API" \
		"$belay" deploy -e production --version v3 >"$work/out" 2>&1 || fault "on a person's machine: $(cat "$work/out")"
	is 'requests' "$(ask 's["used"] + s["free"]')" "$before"
	config 'token: {env: GITHUB_TOKEN}'
	env -i PATH="$PATH" HOME="$work" GITHUB_TOKEN="$token" GITHUB_REPOSITORY=acme/shop GITHUB_API_URL="$GITHUB_API" \
		GITHUB_SHA=$head "$belay" deploy -e production --version v4 >"$work/out" 2>&1 || fault "with a token: $(cat "$work/out")"
	is 'with a token' "$(ask 'states(0)')" 'success in_progress'
}

trouble_on_github_is_no_trouble() {
	script '[{"path": "/repos/", "status": 503, "times": 99}]'
	deploy v1 0
	says 'not shown on GitHub'
	script '[]'
	API=http://127.0.0.1:9 deploy v2 0
	says 'not shown on GitHub'
	TOKEN=ghs_aTokenThatIsNotValidAtAll00 deploy v3 0
	says 'Bad credentials'
	is 'live' "$(cat "$work/live")" v3
}

a_lost_answer_is_found_again() {
	script '[{"path": "/deployments$", "method": "POST", "cut": "answer"}]'
	deploy v1 0
	is 'one' "$(ask 'len(s["deployments"])')" 1
	is 'states' "$(ask 'states(0)')" 'success in_progress'
}

people_see_an_end_that_the_journal_missed() {
	: >"$work/journal-breaks"
	deploy v1 1
	is 'states' "$(ask 'states(0)')" 'success in_progress'
}

a_dry_run_shows_nothing() {
	deploy v1 0 --dry-run
	says 'show a deployment of production on GitHub'
	is 'nothing' "$(ask 'len(s["deployments"])')" 0
}

a_run_can_be_replayed() {
	deploy bad 3 --record "$work/tape"
	API=http://127.0.0.1:9 run 3 replay "$work/tape"
	is 'requests again' "$(ask 'len(s["deployments"])')" 1
}

requests_are_counted() {
	deploy v0 0 --verbose
	says 'status 201, 99'
	says 'of 1000 requests left'
	deploy v1 0 --json
	is 'requests' "$(grep -cE '"requests": ?[1-9]' "$work/out")" 1
	is 'remaining' "$(grep -cE '"remaining": ?9[0-9][0-9]' "$work/out")" 1
}

# --- all of them ---

prepare() { # NAME
	work=$tmp/$1
	mkdir "$work"
	cd "$work"
	git init -q --bare journal.git
	cat >deploy <<-'SCRIPT'
		#!/bin/sh
		if [ -e slow ]; then echo $$ >pid; mv pid started; sleep 60; fi
		[ ! -e journal-breaks ] || { rm -rf journal.git/objects && : >journal.git/objects; }
		echo "$BELAY_VERSION" >live
	SCRIPT
	cat >undo <<-'SCRIPT'
		#!/bin/sh
		[ ! -e undo-fails ] || exit 1
		echo "$BELAY_VERSION" >live
	SCRIPT
	chmod +x deploy undo
	config
	double /_reset '{}'
	double /_settings "{\"base\": \"$GITHUB_API\"}"
	script '[]'
	: >"$work/faults"
}

scenario() { # NAME
	prepare "$1"
	"$1"
	if [ -s "$work/faults" ]; then
		failed=$((failed + 1))
		printf 'FAILED %s\n' "$1"
		sed 's/^/    /' "$work/faults"
	else
		passed=$((passed + 1))
		printf 'ok %s\n' "${1//_/ }"
	fi
}

program=$(dirname "$belay")/tests/peer_github
if [ -x "$program" ]; then
	export GITHUB_API GITHUB_BEHIND GITHUB_SINKS
	if GITHUB_TOKEN=$token timeout 600 "$program"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
else
	echo "skipped: the client by itself (no $program)"
	skipped=$((skipped + 1))
fi

if [ $# -eq 0 ] || [ "$1" = --quick ]; then
	mapfile -t names < <(sed -n '/^# --- scenarios/,/^# --- all of them/s/^\([a-z_]*\)() {$/\1/p' "$root/tests/suite/github.sh")
else
	names=("$@")
fi
for name in "${names[@]}"; do scenario "$name"; done

# Everything but what the double itself keeps.
if grep -rlF -e "$token" -e ghs_aTokenThatIsNotValidAtAll00 "$tmp" --exclude-dir=github >"$tmp.found"; then
	echo "FAILED a token is in: $(tr '\n' ' ' <"$tmp.found")"
	failed=$((failed + 1))
else
	passed=$((passed + 1))
fi
rm -f "$tmp.found"

# What prism did not let through, because it is not what the description says.
if [ -e "$tmp/github/prism/log" ] && grep -q 'prism/errors#' "$tmp/github/prism/log"; then
	failed=$((failed + 1))
	grep 'prism/errors#' "$tmp/github/prism/log" | sort | uniq -c | sed 's/^/FAILED /'
else
	passed=$((passed + 1))
fi
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
