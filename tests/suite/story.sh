#!/usr/bin/env bash
# One trouble from its first minute to its post-mortem, as a workflow sees it: a version fails its gate and is taken back, a
# second one too, a third is good. Everybody who has to know hears of it once; nothing secret is told to anybody.
#
#   tests/suite/story.sh [NAME…]     only these stories; --quick leaves out nothing
#
# belay runs as a step of the action does (inputs, outputs, summary), against GitHub's API behind its OpenAPI description
# (tests/peers/github.sh), Slack, PagerDuty and a webhook that hold what they get against the published shapes, and Exim
# when it is installed. Environment: BELAY (default build/release/belay). The last line is
# "story: N passed, N failed, N skipped".
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
belay=$(realpath "${BELAY:-$root/build/release/belay}")
passed=0 failed=0 skipped=0
stories=()
for word in "$@"; do [ "$word" = --quick ] || stories+=("$word"); done
[ ${#stories[@]} -gt 0 ] || stories=(everybody_hears_of_it_once one_channel_is_down)

finish() {
	printf 'story: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
	exit
}
skip() {
	echo "skipped: $1"
	skipped=$((skipped + 1))
}
[ "$(id -u)" -eq 0 ] || { skip 'needs root (the doubles run in namespaces)' && finish; }
command -v curl jq git /usr/bin/python3 >/dev/null || { skip 'needs curl, jq, git and python3' && finish; }

tmp=$(mktemp -d /tmp/belay-story.XXXXXX)
trap '"$root/tests/peers/github.sh" stop "$tmp/github" || true; "$root/tests/peers/exim.sh" stop "$tmp/exim" || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# shellcheck source-path=SCRIPTDIR/../peers source=../peers/lib.sh
. "$root/tests/peers/lib.sh"
address=$(peer_address)
"$root/tests/peers/ca.sh" start "$tmp/ca"
"$root/tests/peers/github.sh" start "$tmp/github" "$tmp/ca" "$address"
# shellcheck source=/dev/null
. "$tmp/github/env"
[ -z "$GITHUB_UNCHECKED" ] || skip "requests to GitHub are not checked: $GITHUB_UNCHECKED"
mail=
if command -v exim4 >/dev/null; then
	mail=mail
	"$root/tests/peers/exim.sh" start "$tmp/exim" "$tmp/ca" "$address"
	# shellcheck source=/dev/null
	. "$tmp/exim/env"
else
	skip 'nobody is mailed: exim4 is not installed'
fi

# --- what may be nowhere but on its way to where it belongs ---

pagerduty_key=0123456789abcdef0123456789abcdef
slack_path=/slack/services/T0000/B0000/XXXXXXXXXXXXXXXXXXXXXXXX
hook_secret=hook-S3cret-Signature-11
api_token=api-S3cret-Of-The-App-22
probe_token=probe-S3cret-Echoed-33
secrets=("$GITHUB_DOUBLE_TOKEN" "$pagerduty_key" "${slack_path##*/}" "$hook_secret" "$api_token" "$probe_token" "${MAIL_PASSWORD:-s3cret-Mail}")

# --- the world of one story ---

sinks=${GITHUB_BEHIND%/github}
story=
verdict() { # WHAT GOT WANTED
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	printf "FAILED %s: %s: '%s', not '%s'\n" "${story//_/ }" "$1" "$2" "$3"
	tail -n 15 "$work/log" | sed 's/^/    /'
}

prepare() { # NAME
	story=$1
	work=$tmp/$1
	mkdir "$work"
	cd "$work"
	git init -q --bare journal.git
	curl -sS -X POST --data '{}' "$GITHUB_BEHIND/_reset" >/dev/null
	curl -sS -X POST -H 'Content-Type: application/json' --data "{\"base\": \"$GITHUB_API\"}" "$GITHUB_BEHIND/_settings" >/dev/null
	rm -f "$GITHUB_SINKS"/{requests.jsonl,script.json} "$tmp"/exim/mail/*
	# The answer of a probe says what it was asked with, a script that fails says what it knows.
	cat >deploy <<-'SCRIPT'
		#!/bin/sh
		echo "deploying with $API_TOKEN"
		echo "$BELAY_VERSION" >live
		case $BELAY_VERSION in
		bad*) printf '[{"path": "^/health", "status": 503, "body": {"status": "DOWN", "of": "%s", "asked_with": "%s"}}%s]' \
			"$PWD $BELAY_VERSION" "$PROBE_TOKEN" "$(cat also 2>/dev/null)" ;;
		*) printf '[]' ;;
		esac >"$SINKS/script.json"
	SCRIPT
	cat >undo <<-'SCRIPT'
		#!/bin/sh
		echo "$BELAY_VERSION" >live
	SCRIPT
	chmod +x deploy undo
	cat >belay.yml <<-YAML
		version: 1
		state: {remote: "$work/journal.git"}
		checks:
		  health:
		    http: "$sinks/health"
		    headers: {Authorization: {env: PROBE_TOKEN}}
		    expect: ['.status == 200']
		    retry: {attempts: 1}
		incidents: {post_mortem: {write: file, path: 'post-mortems/{{id}}.md'}}
		notify:
		  issue: {github-issue: {labels: [incident], assignees: [ada]}}
		  ops: {slack: {webhook: {env: SLACK_WEBHOOK_URL}}}
		  pager: {pagerduty: {routing_key: {env: PAGERDUTY_KEY}, api_url: "$sinks/pagerduty"}}
		  hook: {webhook: {url: "$sinks/hook", sign: {secret: {env: HOOK_SECRET}}}}
		$([ -z "$mail" ] || echo "  mail: {email: {server: '$MAIL_HOST:21587', user: ci, password: {env: MAIL_PASSWORD}, from: belay@example.test, to: [team@example.test], tls: {ca_file: $tmp/ca/ca.pem}}}")
		environments:
		  production:
		    url: https://shop.example
		    services:
		      app:
		        driver: command
		        deploy: {run: ./deploy}
		        undo: {run: ./undo}
		        env: {API_TOKEN: {env: API_TOKEN}, PROBE_TOKEN: {env: PROBE_TOKEN}, SINKS: $GITHUB_SINKS}
		    gates: [health]
		    notify: [issue, ops, pager, hook${mail:+, mail}]
	YAML
}

# step STATUS COMMAND [NAME=VALUE…]: a step of a workflow, with these inputs. Its log, outputs and summary are kept.
steps=0
step() {
	local want=$1 command=$2 inputs=() word status=0
	shift 2
	for word in "$@"; do inputs+=("INPUT_$word"); done
	steps=$((steps + 1))
	: >output
	: >summary
	env -i PATH="$PATH" HOME="$work" GITHUB_ACTIONS=true GITHUB_WORKSPACE="$work" GITHUB_REPOSITORY=acme/shop \
		GITHUB_API_URL="$GITHUB_API" GITHUB_SERVER_URL=https://github.com GITHUB_RUN_ID=$((4710 + steps)) GITHUB_RUN_ATTEMPT=1 \
		GITHUB_SHA=c0ffee0000000000000000000000000000000001 GITHUB_ACTOR=ada GITHUB_OUTPUT="$work/output" \
		GITHUB_STEP_SUMMARY="$work/summary" SLACK_WEBHOOK_URL="$sinks$slack_path" PAGERDUTY_KEY=$pagerduty_key \
		HOOK_SECRET=$hook_secret MAIL_PASSWORD="${MAIL_PASSWORD:-}" API_TOKEN=$api_token PROBE_TOKEN=$probe_token \
		INPUT_TOKEN="$GITHUB_DOUBLE_TOKEN" INPUT_COMMAND="$command" "${inputs[@]}" \
		"$belay" action >log 2>&1 || status=$?
	grep -v '^::add-mask::' log >>everything.out || true
	cat output summary >>everything.out
	verdict "exit status of '$command $*'" "$status" "$want"
}
output() { awk -v name="$1" 'index($0, name "<<") == 1 { getline; print; exit }' output; }
github() { curl -sS "$GITHUB_BEHIND/_state" | jq -r "$1"; }
alerts() { curl -sS "$sinks/pagerduty/alerts" | jq -r "$1"; }
heard() { # PATH: how many messages were taken there
	jq -r --arg path "$1" 'select(.method == "POST" and .path == $path and .status < 300) | .path' "$GITHUB_SINKS/requests.jsonl" | wc -l
}
mails() { # COUNT: how many there are, once there are as many
	[ -n "$mail" ] || { echo "$1" && return; }
	wait_until 5 enough_mails "$1" || true
	find "$tmp/exim/mail" -name '*.eml' | wc -l
}
enough_mails() { [ "$(find "$tmp/exim/mail" -name '*.eml' | wc -l)" -ge "$1" ]; }
waiting() { git -C journal.git show belay-state:environments/production/state.json | jq '.outbox | length'; }

# --- the stories ---

everybody_hears_of_it_once() {
	step 0 deploy VERSION=v1
	verdict 'nobody is called for what works' "$(heard $slack_path) $(alerts length) $(mails 0) $(github '.issues | length')" '0 0 0 0'
	verdict 'but the webhook counts it' "$(heard /hook)" 1

	step 3 deploy VERSION=bad1 RECORD=run.tape REPORT=true
	verdict 'decision' "$(output decision) $(output reason_code) $(output rolled_back)" 'rolled-back gates-failed true'
	verdict 'versions' "$(output version) $(output previous_version) $(cat live)" 'bad1 v1 v1'
	verdict 'lock' "$(output lock_id)" production/2
	verdict 'incident' "$(output incident_url)" https://github.com/acme/shop/issues/1
	verdict 'result' "$(jq -r '.deployment == $id' --arg id "$(output deployment_id)" <<<"$(output result)")" true
	verdict 'report' "$(output report_path) $(cmp summary belay-report.md && echo same)" 'belay-report.md same'
	verdict 'tape' "$(output tape_path)" run.tape
	verdict 'deployment on GitHub' "$(github '[.statuses[.deployments[0].id | tostring][].state] | join(" ")')" 'failure in_progress'
	verdict 'one issue' "$(github '[.issues[] | .title + " " + .state] | join("; ")')" '[production rollback] bad1 → v1 open'
	verdict 'its labels' "$(github '.issues[0] | (.labels + .assignees) | join(" ")')" 'incident ada'
	verdict 'its marker' "$(github '.issues[0].body | test("<!-- belay[^>]*incident")')" true
	verdict 'one message each' "$(heard $slack_path) $(heard /hook) $(mails 1)" '1 2 1'
	verdict 'one alert' "$(alerts '[.[] | .status + " " + (.events | tostring)] | join("; ")')" 'triggered 1'
	verdict 'signed' "$(jq -r 'select(.path == "/hook") | .headers["x-belay-signature-256"] | test("^sha256=[0-9a-f]{64}$")' "$GITHUB_SINKS/requests.jsonl" | sort -u)" true
	verdict 'nothing waits' "$(waiting)" 0

	step 3 deploy VERSION=bad2
	verdict 'the same issue' "$(github '[.issues[].state] | join(" ")') $(output incident_url)" 'open https://github.com/acme/shop/issues/1'
	verdict 'with a comment' "$(github '[.comments[].issue] | map(tostring) | join(" ")')" 1
	verdict 'the same alert' "$(alerts '[.[] | .status + " " + (.events | tostring)] | join("; ")')" 'triggered 2'
	verdict 'one more message each' "$(heard $slack_path) $(heard /hook)" '2 3'

	step 0 status REPORT=live/page.md # live is a file
	verdict 'a report that cannot be written is a warning' "$(output report_path) $(grep -c '^::warning .*could not be written' log)" ' 1'

	step 0 watch
	verdict 'a good round tells nobody' "$(heard $slack_path) $(heard /hook)" '2 3'

	step 0 deploy VERSION=v2
	verdict 'the issue is closed' "$(github '[.issues[].state] | join(" ")')" closed
	verdict 'the alert is resolved' "$(alerts '[.[].status] | join(" ")')" resolved
	verdict 'nothing waits at the end' "$(waiting)" 0

	step 0 'incident post-mortem'
	verdict 'the page' "$(grep -ciE '^## .*(impact|root cause|lessons)' post-mortems/*.md)" 3
	verdict 'and what happened' "$(grep -q bad2 post-mortems/*.md && grep -q health post-mortems/*.md && echo told)" told
	step 0 'incident list' JQ='.incidents | length'
	verdict 'one incident in all' "$(grep -cx 1 log)" 1
	step 0 verify
	step 3 replay ARGUMENTS=run.tape
}

# Slack is down: the deployment ends as it would have, and a later run makes up for it.
one_channel_is_down() {
	step 0 deploy VERSION=v1
	printf ', {"path": "^/slack/", "status": 503, "times": 99}' >also
	step 3 deploy VERSION=bad1
	verdict 'decision' "$(output decision) $(output reason_code)" 'rolled-back gates-failed'
	verdict 'nobody heard it on Slack' "$(heard $slack_path)" 0
	verdict 'the others did' "$(heard /hook) $(alerts '[.[] | select(.status == "triggered")] | length') $(mails 1) $(github '.issues | length')" '2 1 1 1'
	verdict 'one waits' "$(waiting)" 1
	rm "$GITHUB_SINKS/script.json"
	local tries=0 # a message that failed rests for half a minute
	step 0 notify
	until [ "$(waiting)" -eq 0 ] || [ $((tries += 1)) -gt 30 ]; do sleep 2 && step 0 notify; done
	verdict 'a later run tells it' "$(heard $slack_path) $(waiting)" '1 0'
	step 0 notify
	verdict 'once' "$(heard $slack_path) $(heard /hook) $(mails 1) $(github '.comments | length')" '1 2 1 0'
	step 0 verify
}

# --- all of them, then what must be nowhere ---

# What belongs into a request is taken out of it: PagerDuty's key.
told() { jq -c '[.path, .query, (.json | if type == "object" then del(.routing_key) else . end), (if .json then null else .body end)] | select(.[0] | startswith("/slack/") | not)' "$GITHUB_SINKS/requests.jsonl"; }

for name in "${stories[@]}"; do
	prepare "$name"
	"$name"
	told >told
	jq -c 'select(.path | startswith("/slack/")) | .body' "$GITHUB_SINKS/requests.jsonl" >>told
	[ -z "$mail" ] || cat "$tmp"/exim/mail/*.eml >>told 2>/dev/null || true
	git -C journal.git log -p --all >journal
	for secret in "${secrets[@]}"; do
		for form in "$secret" "$(printf %s "$secret" | base64)"; do
			verdict "no '${form::9}…' in anything told or kept" \
				"$(grep -lsF -- "$form" everything.out told journal run.tape belay-report.md post-mortems/* | tr '\n' ' ' || true)" ''
		done
	done
	echo "told: ${name//_/ }"
done

if [ -e "$tmp/github/prism/log" ]; then
	verdict 'all requests are as GitHub describes them' "$(grep -c 'prism/errors#' "$tmp/github/prism/log" || true)" 0
fi
finish
