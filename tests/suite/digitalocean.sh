#!/usr/bin/env bash
# The driver `digitalocean`, the whole way: the real executable against a double of DigitalOcean with state, behind prism
# with DigitalOcean's OpenAPI description (tests/peers/digitalocean.sh). Every way in which a deployment or a rollback there
# can end is a row below, by name.
#
#   tests/suite/digitalocean.sh [--quick | NAME…]     only rows whose names contain one of the words
#
# Without node, npm or the description the double alone answers: a row more is counted as skipped. At the end the token is
# searched for in everything that belay wrote: output, tapes, journal. Environment: BELAY (default build/release/belay).
# The last line is "digitalocean: N passed, N failed, N skipped".
# shellcheck disable=SC2317 # rows are called by their names
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
belay=$(realpath "${BELAY:-$root/build/release/belay}")
passed=0 failed=0 skipped=0
words=("$@")
[ "${1:-}" != --quick ] || words=(_gates_fail _rolls_back replays restarts revert_fails rollback_is_lost pinned_report superseded_by scope_to_deploy)

finish() {
	printf 'digitalocean: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
	exit
}
skip() {
	echo "skipped: $1"
	skipped=$((skipped + 1))
}
[ "$(id -u)" -eq 0 ] || { skip 'needs root (the double runs in a namespace)' && finish; }
command -v curl jq git /usr/bin/python3 >/dev/null || { skip 'needs curl, jq, git and python3' && finish; }

tmp=$(mktemp -d /tmp/belay-digitalocean.XXXXXX)
trap '"$root/tests/peers/digitalocean.sh" stop "$tmp/do" || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# shellcheck source=tests/peers/lib.sh
. "$root/tests/peers/lib.sh"
"$root/tests/peers/ca.sh" start "$tmp/ca"
"$root/tests/peers/digitalocean.sh" start "$tmp/do" "$tmp/ca" "$(peer_address)"
# shellcheck source=/dev/null
. "$tmp/do/env"
[ -z "$DIGITALOCEAN_UNCHECKED" ] || skip "not held against the description: $DIGITALOCEAN_UNCHECKED"
script=$DIGITALOCEAN_SINKS/script.json
export DO_TOKEN=$DIGITALOCEAN_DOUBLE_TOKEN DO_APP=$DIGITALOCEAN_DOUBLE_APP HOME=$tmp LC_ALL=C.UTF-8
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
unset GITHUB_ACTIONS GITHUB_SHA CI
mkdir "$tmp/work" "$tmp/said"
cd "$tmp/work"

# --- what rows are made of ---

post() { curl -sf -X POST -H 'Content-Type: application/json' "$DIGITALOCEAN_BEHIND$1" -d "$2" >"$tmp/double.json"; }
state() { curl -sf "$DIGITALOCEAN_BEHIND/_state" | jq -r "$1"; }
good=$(printf 'a%.0s' {1..40}) better=$(printf 'b%.0s' {1..40}) bad=$(printf 'c%.0s' {1..40})

# world SETTINGS [LINE…]: an app and a journal without a past, and a configuration whose service has these lines too.
world() {
	rm -rf "$tmp/journal" "$script" ./*
	git init --quiet --bare "$tmp/journal"
	post /_reset "$(jq -n --arg base "$DIGITALOCEAN_BEHIND" --arg commit "$good" --arg bad "$bad" "{base: \$base, commit: \$commit, bad: [\$bad]} + $1")"
	shift
	cat >belay.yml <<-YAML
		version: 1
		state: {remote: $tmp/journal}
		checks:
		  up: {http: "$DIGITALOCEAN_BEHIND/_app/health", expect: [.status == 200], retry: {attempts: 1}}
		  app:
		    digitalocean: {app: {env: DO_APP}, token: {env: DO_TOKEN}, api_url: $DIGITALOCEAN_API}
		    expect: ['.phase == "ACTIVE"', '.components[0].state == "HEALTHY"', '.pinned == false', '.components[0].cpu_percent < 50']
		    retry: {attempts: 1}
		  droplet:
		    digitalocean: {droplet: 3164444, token: {env: DO_TOKEN}, api_url: $DIGITALOCEAN_API}
		    expect: ['.status == "active"', '.snapshots[0].name == "nightly"']
		  backups:
		    digitalocean: {database: 9cc10173-e9ea-4176-9dbc-a4cee4c4ff30, token: {env: DO_TOKEN}, api_url: $DIGITALOCEAN_API}
		    expect: ['.backups | length == 1', '.newest_backup_age != null']
		environments:
		  production:
		    gates: [up]
		    lock: {lease: 10s}
		    services:
		      shop:
		        driver: digitalocean
		        app: {env: DO_APP}
		        token: {env: DO_TOKEN}
		        api_url: $DIGITALOCEAN_API
		        poll: 100ms
		        $(printf '%s\n' "${timeout:-timeout: 30s}" "$@" | sed '2,$s/^/        /')
	YAML
}
set_app() { post /_set "$(jq -n "$1")"; }
# The double's answers that go first; see tests/peers/sinks.sh.
answers() { jq -n --arg row "$row" "$1 | map(. + {row: \$row})" >"$script"; }

row_failed=
complain() {
	row_failed=1
	printf '    %s\n' "$*"
}
# belay STATUS ARGUMENT…: runs it; what it said is in $said (both streams), with a tape beside it.
runs=0
belay() {
	local want=$1 status=0
	shift
	runs=$((runs + 1))
	said=$tmp/said/$runs
	case $1 in
	deploy | rollback | restart) set -- "$@" --record "$said.tape" ;;
	esac
	timeout 120 "$belay" "$@" >"$said" 2>&1 </dev/null || status=$?
	[ "$status" -eq "$want" ] || complain "belay $*: exit status $status, not $want: $(tail -n 12 "$said")"
}
says() { for text in "$@"; do grep -qF -- "$text" "$said" || complain "it does not say '$text': $(cat "$said")"; done; }
says_not() { ! grep -qF -- "$1" "$said" || complain "it says '$1'"; }
is() { # JQ EXPECTED: of the double
	local got
	got=$(state "$1")
	[ "$got" = "$2" ] || complain "$1 is '$got', not '$2'"
}
journal() { git -C "$tmp/journal" log --format=%B belay-state; }
knows() { # JQ EXPECTED: of the journal's state
	local got
	got=$(git -C "$tmp/journal" show belay-state:environments/production/state.json | jq -r "$1" 2>/dev/null) || got='no state'
	[ "$got" = "$2" ] || complain "the journal's $1 is '$got', not '$2'"
}
live() { is '[.live, .pinned] | map(tostring) | join(" ")' "$1 ${2:-null}"; }
acts() { is '.acts | map(ltrimstr("POST /")) | join(" ")' "$1"; }
# Two deployments that are good.
past() {
	belay 0 deploy --version v1
	set_app "{commit: \"$better\"}"
	belay 0 deploy --version v2
}
broken() { set_app "{commit: \"$bad\"}"; }

# --- deployments ---

row_deploys() {
	world '{}'
	belay 0 deploy --version v1
	live "$good"
	knows '.services.shop.live.release' 00000002-0000-4000-8000-000000000000
	says 'build: done'
	belay 0 verify
}
row_deploys_an_image() {
	world '{image: true, bad: ["v3"]}' 'mode: image' 'components: [web]'
	belay 0 deploy --version v2
	live v2
	belay 3 deploy --version v3
	live v2
	belay 0 deploy --version "sha256:$(printf 'e%.0s' {1..64})"
	is '.live[0:12]' sha256:eeeee
	belay 0 rollback --to v2
	live v2
}
row_same_image_again() {
	world '{image: true}' 'mode: image'
	belay 0 deploy --version v2
	belay 0 deploy --version v2
	acts 'PUT  PUT  deployments' # the same spec leads to no deployment
	live v2
}
row_version_is_the_commit() {
	world '{}'
	belay 0 deploy --version "$good"
	belay 3 deploy --version "$better"
	says "was built from commit $good, not from $better"
	live "$good"
}
row_build_fails() {
	world '{}'
	belay 0 deploy --version v1
	set_app '{outcomes: ["ERROR"]}'
	belay 3 deploy --version v2
	says 'web: build failed: the build exited with status 1' 'shop: web: build log' 'web: the end of the build log' 'v1 is live'
	live "$good"
	acts 'deployments deployments' # nothing to take back
}
row_cancelled_by_somebody() {
	world '{outcomes: ["CANCELED"]}'
	belay 3 deploy --version v1
	says 'was cancelled by somebody'
}
row_takes_too_long() {
	timeout='timeout: 1s' world '{phases: ["PENDING_BUILD", "BUILDING", "BUILDING"]}'
	set_app "{phases: $(jq -nc '[range(1000) | "BUILDING"]')}"
	belay 3 deploy --version v1
	says 'has not ended after 1s'
	is '.deployments[-1].phase' CANCELED
}
row_gates_fail() {
	world '{}'
	belay 0 deploy --version v1
	broken
	belay 3 deploy --version v2
	says 'v2 failed and was taken back; v1 is live' 'web: run log' 'after-undo passed'
	live "$good"
	acts 'deployments deployments rollback rollback/commit'
	knows '.services.shop.live.version' v1
	belay 0 verify
}
row_first_deployment_fails_its_gates() {
	world "{commit: \"$bad\", live: []}"
	belay 4 deploy --version v1
	says 'nothing to go back to'
}
row_app_that_belay_never_deployed() {
	world "{commit: \"$bad\"}"
	set_app "{bad: [\"$bad\"]}"
	belay 3 deploy --version v1
	is .live "$(printf '0%.0s' {1..40})"
}

row_another_driver_before() {
	world '{}'
	printf '%s\n' 'version: 1' "state: {remote: $tmp/journal}" "environments: {production: {services: {shop: {driver: command, deploy: {run: 'true'}}}}}" >before.yml
	belay 0 deploy --version v1 -c before.yml
	broken
	belay 3 deploy --version v2 # back to what the app ran, for want of a deployment that the journal knows
	is .live "$(printf '0%.0s' {1..40})"
}
row_deployment_shows_up_late() {
	world '{}'
	answers '[{method: "GET", path: "/deployments/0+2-", status: 404, body: {id: "not_found", message: "not yet"}, times: 2}]'
	belay 0 deploy --version v1
	live "$good"
}

# --- somebody else ---

row_superseded_by_somebody() {
	world '{}'
	belay 0 deploy --version v1
	set_app '{rival: {after: 1}}'
	belay 3 deploy --version v2
	says 'was replaced by' 'commit bbbbbbb pushed' 'which is not ours'
	live "$good"
	is '.deployments[-1] | .cause[0:6] + " " + (.phase == "CANCELED" | tostring)' 'commit false' # theirs goes on
	acts 'deployments deployments'
}
row_superseded_by_somebody_live() {
	world '{}'
	belay 0 deploy --version v1
	set_app '{rival: {after: 1, live: true}}'
	belay 4 deploy --version v2
	says 'is live now; belay leaves it alone'
	live "$better"
	acts 'deployments deployments'
}

# --- rollbacks ---

row_rolls_back() {
	world '{}'
	past
	belay 0 rollback
	says 'back to v1 (was v2)'
	live "$good"
	acts 'deployments deployments rollback rollback/commit'
	knows '.services.shop.live.release' 00000002-0000-4000-8000-000000000000
	belay 2 rollback # there is nothing below it: not forward to v2
	says 'no earlier deployment'
}
row_rolls_back_twice() {
	world '{}'
	past
	set_app '{commit: "dddddddddddddddddddddddddddddddddddddddd"}'
	belay 0 deploy --version v3
	belay 0 rollback
	live "$better"
	belay 0 rollback
	live "$good"
}
row_skip_pin() {
	world '{}' 'skip_pin: true'
	past
	belay 0 rollback
	acts 'deployments deployments rollback'
	live "$good"
	broken
	belay 3 deploy --version v3
	live "$good"
}
row_validate_refuses() {
	local code
	world '{}'
	past
	for code in incompatible_phase incompatible_result exceeded_revision_limit app_pinned database_config_conflict \
		region_conflict static_site_requires_rebuild image_source_missing_digest; do
		set_app "{refuse: \"$code\"}"
		belay 1 rollback
		says 'cannot be rolled back' "[$code]" '(web)'
		says_not "condition $code"
		live "$better"
		acts 'deployments deployments'
	done
}
row_validate_warns() {
	world '{}'
	past
	set_app '{warnings: ["static_site_requires_rebuild", "image_source_missing_digest"]}'
	belay 0 rollback
	says 'warning about the rollback: a static site has to be built again' 'the tag may point to another image'
	live "$good"
}
row_validate_refuses_the_undo() {
	world '{}'
	belay 0 deploy --version v1
	broken
	set_app '{refuse: "exceeded_revision_limit"}'
	belay 4 deploy --version v2
	says 'more revisions back than the app keeps' 'a person has to act now'
	live "$bad"
}
row_rollback_is_refused() {
	world '{}'
	past
	answers '[{path: "/rollback$", status: 400, body: {id: "bad_request", message: "not now"}}]'
	belay 3 rollback
	says 'not now' 'v2 is live'
	live "$better"
}
row_rollback_errors() {
	world '{}'
	past
	set_app '{clones_fail: true}'
	belay 3 rollback
	says 'failed: web: build failed' 'v2 is live'
	live "$better" # and not pinned
	acts 'deployments deployments rollback rollback/revert'
}
row_gates_fail_after_rollback() {
	world '{}'
	past
	set_app "{bad: [\"$good\"]}"
	belay 3 rollback
	says 'v1 failed and was taken back; v2 is live'
	live "$better"
	acts 'deployments deployments rollback rollback/revert'
}
row_gates_fail_after_rollback_without_pin() {
	world '{}' 'skip_pin: true'
	past
	set_app "{bad: [\"$good\"]}"
	belay 3 rollback
	live "$better"
	acts 'deployments deployments rollback rollback'
}
row_revert_fails() {
	world '{}'
	past
	set_app "{bad: [\"$good\"]}"
	answers '[{path: "/rollback/revert$", status: 400, body: {id: "bad_request", message: "cannot revert"}}]'
	belay 4 rollback
	says 'cannot revert' 'revert the rollback in the control panel'
	is '.pinned != null' true
}
row_both_fail_and_stay() {
	world '{}'
	belay 0 deploy --version v1
	set_app "{commit: \"$bad\", bad: [\"$good\", \"$bad\"]}"
	belay 4 deploy --version v2
	says 'does not pass its gates either' 'the app stays pinned'
	is .live "$good"
	is '.pinned != null' true
	# A person looks, and lets the next deployment through: it ends the pin that we left.
	set_app "{commit: \"$better\"}"
	belay 0 deploy --version v3 --take-lock
	live "$better"
}
row_both_fail_and_revert() {
	world '{}' 'when_both_fail: revert'
	belay 0 deploy --version v1
	set_app "{commit: \"$bad\", bad: [\"$good\", \"$bad\"]}"
	belay 4 deploy --version v2
	says 'the rollback was reverted: v2 is live'
	live "$bad"
}
row_commit_fails() {
	world '{}'
	past
	answers '[{path: "/rollback/commit$", status: 400, body: {id: "bad_request", message: "cannot commit"}}]'
	belay 1 rollback
	says 'cannot commit' 'passed its gates, but is not final'
	is '[.live, (.pinned != null)] | map(tostring) | join(" ")' "$good true"
	knows '.services.shop.live.version' v1
	knows '.services.shop.last_good.version' v2
}
row_commit_fails_after_an_undo() {
	world '{}'
	belay 0 deploy --version v1
	broken
	answers '[{path: "/rollback/commit$", status: 400, body: {id: "bad_request", message: "cannot commit"}}]'
	belay 3 deploy --version v2
	says 'is not final yet' 'commit or revert the rollback in the control panel'
	is .live "$good"
}

# --- an app that is found pinned ---

pinned_world() {
	world '{}' "pinned: $1"
	past
	post /_act '{"do": "rollback", "deployment_id": "00000002-0000-4000-8000-000000000000"}'
	set_app '{commit: "dddddddddddddddddddddddddddddddddddddddd"}'
}
row_pinned_report() {
	pinned_world report
	belay 1 deploy --version v3
	says 'neither committed nor reverted' "set 'pinned: finish'"
	is '.pinned != null' true
	belay 1 rollback
}
row_pinned_finish() {
	pinned_world finish
	belay 0 deploy --version v3
	acts 'deployments deployments rollback/commit deployments'
	live dddddddddddddddddddddddddddddddddddddddd
}
row_pinned_revert() {
	pinned_world revert
	belay 0 deploy --version v3
	acts 'deployments deployments rollback/revert deployments'
	live dddddddddddddddddddddddddddddddddddddddd
}
row_pinned_leave() {
	pinned_world leave
	belay 3 deploy --version v3
	says 'the app is pinned to a rollback: commit or revert it'
	is '.pinned != null' true
}

# --- who may do what, and how often ---

row_token_is_wrong() {
	world '{}'
	DO_TOKEN=dop_v1_wr0ngwr0ngwr0ngwr0ngwr0ngwr0ng belay 2 deploy --version v1
	says 'answers' 'with 401' 'the token is not valid'
}
row_token_without_scope_to_read() {
	world '{scopes: ["app:update"]}'
	belay 2 deploy --version v1
	says "lacks the scope 'app:read'"
}
row_token_without_scope_to_deploy() {
	world '{scopes: ["app:read"]}'
	belay 3 deploy --version v1
	says "lacks the scope 'app:update'"
}
row_token_without_scope_to_roll_back() {
	world '{}'
	past
	set_app '{scopes: ["app:read"]}'
	belay 1 rollback
	says "lacks the scope 'app:update'"
}
row_too_many_requests() {
	world '{}'
	answers '[{path: "/v2/apps", status: 429, headers: {"Retry-After": "1"}, body: {id: "too_many_requests", message: "slow down"}, times: 2},
		{method: "POST", path: "/deployments$", status: 429, headers: {"Retry-After": "1"}, body: {id: "too_many_requests", message: "slow down"}}]'
	belay 0 deploy --version v1
	acts deployments
}
row_too_many_requests_for_long() {
	world '{}'
	answers '[{path: "/v2/apps", status: 429, headers: {"Retry-After": "600"}, body: {id: "too_many_requests", message: "slow down"}, times: 9}]'
	belay 1 deploy --version v1
	says 'slow down' 'DigitalOcean asks to wait 10m'
}
row_server_errors() {
	world '{}'
	answers '[{method: "GET", path: "/v2/apps", status: 500, body: {id: "server_error", message: "oops"}, times: 3}]'
	belay 0 deploy --version v1
	acts deployments
}
row_slow_answers() {
	world '{}'
	answers '[{path: "/rollback", delay: 1, cut: "answer", times: 0}, {method: "GET", path: "/v2/apps/[^/]*$", delay: 2, cut: "answer"}]'
	belay 0 deploy --version v1
}

# --- answers that get lost ---

row_answer_of_the_deployment_is_lost() {
	world '{}'
	answers '[{method: "POST", path: "/deployments$", cut: "answer"}]'
	belay 0 deploy --version v1
	says 'looking whether it was taken'
	acts deployments # once
	live "$good"
}
row_request_of_the_deployment_is_lost() {
	world '{}'
	answers '[{method: "POST", path: "/deployments$", cut: "request"}]'
	belay 0 deploy --version v1
	acts deployments
	live "$good"
}
row_answer_of_the_image_is_lost() {
	world '{image: true}' 'mode: image'
	answers '[{method: "PUT", path: "/apps/[^/]*$", cut: "answer"}]'
	belay 0 deploy --version v2
	acts 'PUT '
	live v2
}
row_answer_of_the_rollback_is_lost() {
	world '{}'
	past
	answers '[{method: "POST", path: "/rollback$", cut: "answer"}]'
	belay 0 rollback
	acts 'deployments deployments rollback rollback/commit'
	live "$good"
}
row_answer_of_the_commit_is_lost() {
	world '{}'
	past
	answers '[{method: "POST", path: "/rollback/commit$", cut: "answer"}]'
	belay 0 rollback
	acts 'deployments deployments rollback rollback/commit'
	live "$good"
}
row_answer_of_the_revert_is_lost() {
	world '{}'
	past
	set_app "{bad: [\"$good\"]}"
	answers '[{method: "POST", path: "/rollback/revert$", cut: "answer"}]'
	belay 3 rollback
	acts 'deployments deployments rollback rollback/revert'
	live "$better"
}
row_lost_among_others() {
	world '{}'
	answers '[{method: "POST", path: "/deployments$", cut: "answer", delay: 1}]'
	(sleep 0.9 && post /_act '{"do": "live", "cause": "manual"}') &
	belay 4 deploy --version v1 # the other one may still go live: a person has to look
	wait
	says 'could be ours'
}

# --- interrupted ---

# in_background SIGNAL WHEN ARGUMENT…: runs it and sends the signal once WHEN (jq, of the double) is true.
in_background() {
	local signal=$1 when=$2 pid status=0 tries=0
	shift 2
	runs=$((runs + 1))
	said=$tmp/said/$runs
	"$belay" "$@" >"$said" 2>&1 </dev/null &
	pid=$!
	until [ "$(state "$when")" = true ]; do
		tries=$((tries + 1))
		[ $tries -lt 400 ] || { complain "never: $when: $(cat "$said")" && break; }
		sleep 0.05
	done
	kill "-$signal" "$pid" 2>/dev/null || true
	wait "$pid" || status=$?
	ended=$status
}
slowly='{phases: ["PENDING_BUILD", "BUILDING", "BUILDING", "BUILDING", "BUILDING", "BUILDING", "BUILDING", "BUILDING", "BUILDING", "BUILDING"]}'
row_cancelled_while_building() {
	world "$slowly"
	belay 0 deploy --version v1
	in_background INT '.deployments[-1].phase == "BUILDING" and (.acts | length) == 2' deploy --version v2
	[ "$ended" -eq 130 ] || complain "exit status $ended, not 130: $(cat "$said")"
	live "$good"
	is '.deployments[-1].phase' CANCELED
	acts 'deployments deployments deployments/cancel'
}
row_killed_while_building() {
	world "$slowly"
	belay 0 deploy --version v1
	in_background KILL '.deployments[-1].phase == "BUILDING" and (.acts | length) == 2' deploy --version v2
	set_app "{commit: \"$better\"}"
	belay 0 deploy --version v3 --take-lock
	live "$better"
	acts 'deployments deployments deployments/cancel deployments'
	belay 0 verify
}
row_killed_when_live() {
	world '{}'
	sed -i 's/^    gates: .*/    gates: [up]\n    settle: 30s/' belay.yml
	sed -i 's/settle: 30s/settle: 100ms/' belay.yml
	belay 0 deploy --version v1
	broken
	sed -i 's/settle: 100ms/settle: 30s/' belay.yml
	in_background KILL ".live == \"$bad\"" deploy --version v2
	sed -i 's/settle: 30s/settle: 100ms/' belay.yml
	set_app '{outcomes: ["ERROR"]}'
	belay 3 deploy --version v3 --take-lock # its own fails too: back to what was good, not to v2
	live "$good"
	knows '.services.shop.live.version' v1
}
row_killed_while_pinned_and_preflight_fails() {
	world '{}'
	sed -i 's/^    gates: .*/    gates: [up]\n    settle: 100ms/' belay.yml
	past
	sed -i 's/settle: 100ms/settle: 30s/' belay.yml
	in_background KILL ".live == \"$good\" and .pinned != null" rollback
	sed -i 's/settle: 30s/settle: 100ms\n    preflight: [never]/; s/^checks:/checks:\n  never: {tcp: "127.0.0.1:1", expect: [.connected], retry: {attempts: 1}}/' belay.yml
	belay 3 deploy --version v3 --take-lock # the dead run's rollback is taken back: what was good is v2
	live "$better"
}
row_killed_while_pinned() {
	world '{}'
	sed -i 's/^    gates: .*/    gates: [up]\n    settle: 100ms/' belay.yml
	past
	sed -i 's/settle: 100ms/settle: 30s/' belay.yml
	in_background KILL ".live == \"$good\" and .pinned != null" rollback
	sed -i 's/settle: 30s/settle: 100ms/' belay.yml
	set_app '{commit: "dddddddddddddddddddddddddddddddddddddddd"}'
	belay 0 deploy --version v3 --take-lock # its pin is ours: no setting is needed
	live dddddddddddddddddddddddddddddddddddddddd
}
row_waits_longer_than_the_lease() {
	world '{phases: ["PENDING_BUILD"]}'
	set_app "{phases: $(jq -nc '[range(45) | "BUILDING"]')}"
	sed -i 's/lease: 10s/lease: 6s/' belay.yml
	belay 0 deploy --version v1
	journal | grep 'lock renewed' >/dev/null || complain 'the lock was not renewed while waiting'
}

# --- restart, dry run, replay, checks ---

row_restarts() {
	world '{}'
	belay 0 deploy --version v1
	belay 0 restart --component web --reason 'stuck queue'
	says 'restarted shop (v1)'
	acts 'deployments restart'
	journal | grep '"type":"service.restarted"' >/dev/null || complain 'the journal does not know'
	set_app "{bad: [\"$good\"]}"
	belay 1 restart
	belay 0 verify
	belay 0 status
}
row_restart_is_undone_by_no_one() {
	world '{}'
	belay 0 deploy --version v1
	belay 0 restart
	broken
	belay 3 deploy --version v2 # after a restart the app still knows what to go back to
	live "$good"
}
row_dry_run() {
	world '{}'
	past
	belay 0 deploy --version v3 --dry-run
	says 'deploy the app'
	acts 'deployments deployments'
	belay 0 rollback --dry-run
	says 'roll the app'
	acts 'deployments deployments'
	belay 0 restart --dry-run
	acts 'deployments deployments'
}
row_plan() {
	world '{}'
	past
	belay 0 plan --version v3
	says "build and deploy the app's sources as v3"
}
row_replays() {
	local tape
	world '{}'
	belay 0 deploy --version v1
	broken
	belay 3 deploy --version v2
	tape=$said.tape
	belay 3 replay "$tape"
	says 'v2 failed and was taken back'
}
row_checks() {
	world '{}'
	belay 0 deploy --version v1
	belay 0 check app droplet backups
	set_app "{bad: [\"$good\"]}"
	belay 1 check app
	says 'UNHEALTHY'
	DO_TOKEN=dop_v1_wr0ngwr0ngwr0ngwr0ngwr0ngwr0ng belay 5 check app
}
row_logs_in_a_workflow() {
	world '{outcomes: ["ERROR"]}'
	: >"$tmp/outputs"
	GITHUB_ACTIONS=true GITHUB_OUTPUT=$tmp/outputs GITHUB_WORKSPACE=$PWD INPUT_COMMAND=deploy INPUT_VERSION=v1 belay 3 action
	says '::group::shop: web: build log' 'web: the end of the build log'
	# What the app printed is no command to the runner.
	! grep -q '^::error::the token' "$said" || complain 'a line of the log is taken for a command'
	cp "$tmp/outputs" "$said.outputs"
	sed -i '/^::add-mask::/d' "$said" # the one place where it has to be
}

# --- all of them ---

is_wanted() {
	[ ${#words[@]} -gt 0 ] || return 0
	local word
	for word in "${words[@]}"; do case _$1 in *"$word"*) return 0 ;; esac done
	return 1
}

for row in $(declare -F | sed -n 's/^declare -f row_//p'); do
	is_wanted "$row" || continue
	row_failed=
	start=$SECONDS
	"row_$row"
	if [ -z "$row_failed" ]; then
		passed=$((passed + 1))
		printf 'ok      %3d s  %s\n' $((SECONDS - start)) "$row"
	else
		failed=$((failed + 1))
		printf 'FAILED  %3d s  %s\n' $((SECONDS - start)) "$row"
	fi
	[ ! -e "$tmp/journal" ] || journal >>"$tmp/said/journals" 2>/dev/null || true
done

if grep -rqF "$DIGITALOCEAN_DOUBLE_TOKEN" "$tmp/said"; then
	echo "FAILED         the token is in $(grep -rlF "$DIGITALOCEAN_DOUBLE_TOKEN" "$tmp/said" | head -n 3 | xargs -n 1 basename | tr '\n' ' ')"
	failed=$((failed + 1))
else
	passed=$((passed + 1))
	echo "ok             no secret in the output, tapes and journals of $runs runs"
fi
finish
