#!/usr/bin/env bash
# One incident through all channels at once, as a workflow would see it: a version that fails its gate, a run that lacks a
# secret and meets a mail server that wants to be asked again, the run that makes up for it, the version that puts an end
# to it. Against Exim, Prometheus with its Pushgateway, and services that hold requests against the published shapes.
#
#   tests/suite/channels.sh [--quick]
#
# BELAY names the binary (default: build/release/belay). Ends with "channels: N passed, N failed, N skipped".
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
case ${1:-} in
'' | --quick) ;;
*)
	echo "usage: ${0##*/} [--quick]" >&2
	exit 2
	;;
esac

skip() {
	printf 'channels: %s\nchannels: 0 passed, 0 failed, 1 skipped\n' "$1"
	exit 0
}
[ "$(id -u)" -eq 0 ] || skip 'needs root (servers run in namespaces)'
for tool in exim4 prometheus prometheus-pushgateway jq; do
	command -v "$tool" >/dev/null || skip "needs $tool (scripts/bootstrap installs it)"
done

belay=$(realpath "${BELAY:-$root/build/release/belay}")
tmp=$(mktemp -d /tmp/belay-channels.XXXXXX)
trap '"$root/tests/peers/world.sh" stop "$tmp/world" || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
"$root/tests/peers/world.sh" start "$tmp/world" sinks exim metrics
# shellcheck source=/dev/null
. "$tmp/world/env"
export HOME=$tmp
unset GITHUB_ACTIONS CI SSL_CERT_FILE
mkdir "$tmp/work"
cd "$tmp/work"

export PAGERDUTY_KEY=0123456789abcdef0123456789abcdef JIRA_TOKEN=jira-Token-0123456789 GRAFANA_TOKEN=glsa_0123456789abcdef
export GITHUB_TOKEN=ghs_C0ckpitC0ckpitC0ckpitC0ckpit00 MAIL_PASSWORD
cat >belay.yml <<YAML
version: 1
github: {api_url: $SINKS_HTTP/github, repository: acme/shop, deployments: false}
checks:
  health: {http: "$SINKS_HTTP/health", expect: [".status == 200"], retry: {attempts: 1}}
notify:
  issue: {github-issue: {labels: [incident]}}
  pager: {pagerduty: {routing_key: {env: PAGERDUTY_KEY}, api_url: $SINKS_HTTP/pagerduty}}
  mail:
    email: {server: "$MAIL_HOST:21587", user: ci, password: {env: MAIL_PASSWORD}, from: belay@example.test, to: [grey@example.test],
            tls: {ca_file: $CA_PEM}}
  jira: {jira: {url: $SINKS_HTTP/jira/cloud, user: belay@example.test, token: {env: JIRA_TOKEN}, project: OPS, transitions: {resolved: Done}}}
  grafana: {grafana: {url: $SINKS_HTTP/grafana, token: {env: GRAFANA_TOKEN}}}
  metrics: {pushgateway: {url: $PUSHGATEWAY}}
environments:
  production:
    notify: [issue, pager, mail, jira, grafana, metrics]
    services:
      app: {driver: command, deploy: {run: 'true'}, undo: {run: 'true'}}
    gates: [health]
YAML

passed=0 failed=0
expect() { # NAME WANTED GOT
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '%s: wanted %s, got %s\n' "$1" "$2" "$3"
	fi
}

run() { # NAME STATUS ARGUMENT…
	local name=$1 want=$2 status=0
	shift 2
	"$belay" "$@" >>out 2>>err || status=$?
	expect "$name" "$want" "$status"
}

github() { curl -s "$SINKS_HTTP/github/_state" | jq -r "$1"; }
alerts() { curl -s "$SINKS_HTTP/pagerduty/alerts" | jq -r "$1"; }
tickets() { curl -s -H "Authorization: Bearer $JIRA_TOKEN" "$SINKS_HTTP/jira/cloud/rest/api/2/everything" | jq -r "$1"; }
annotations() { curl -s -H "Authorization: Bearer $GRAFANA_TOKEN" "$SINKS_HTTP/grafana/everything" | jq -r "$1"; }
metric() { curl -s "$PUSHGATEWAY/metrics" | sed -n "s/^$1{.*} //p"; }
mails() { # TOPIC COUNT: how many there are, once COUNT of them are
	local tries=0
	until [ "$(grep -lsx "X-Belay-Topic: $1" "$MAIL_DIR"/mail/*.eml | wc -l)" -ge "$2" ] || [ $((tries += 1)) -gt 100 ]; do sleep 0.05; done
	grep -lsx "X-Belay-Topic: $1" "$MAIL_DIR"/mail/*.eml | wc -l
}

run 'a test of every channel' 0 notify --test -e production
expect 'the test leaves no alert behind' 'resolved' "$(alerts '[.[].status] | unique | join(" ")')"
expect 'the test leaves no open issue behind' 'closed' "$(github '[.issues[].state] | unique | join(" ")')"
expect 'the test leaves no metrics behind' '' "$(metric belay_test_timestamp_seconds)"
expect 'the test mail' 1 "$(mails test 1)"

run 'the first version' 0 deploy -e production --version v1
expect 'its metric' 1 "$(metric belay_deployment_result)"

# The gate fails; the pager's key is not there and the mail server does not know us yet.
touch "$MAIL_DIR/grey"
echo '[{"path": "^/health", "status": 500}]' >"$SINKS/script.json"
begun=$(date +%s%N)
(unset PAGERDUTY_KEY && "$belay" deploy -e production --version v2 --record tape >>out 2>>err) && status=0 || status=$?
printf 'channels: a deployment that fails, with all channels told: %d ms\n' $((($(date +%s%N) - begun) / 1000000))
expect 'a failed gate is taken back, whatever channels do' 3 "$status"
expect 'one issue is open' 1 "$(github '[.issues[] | select(.state == "open")] | length')"
expect 'nobody was paged' 0 "$(alerts '[.[] | select(.status == "triggered")] | length')"
expect 'one ticket is open' 'Open' "$(tickets '[.[] | select(.fields.labels[0] != "belay-test") | .status] | join(" ")')"
expect 'the deployment is counted' 0 "$(metric belay_deployment_result)"
expect 'the incident is counted' 1 "$(metric belay_incident_open)"
expect 'no mail yet' 0 "$(mails incident-opened 0)"
run 'the tape is played again' 3 replay tape

# A later run makes up for it, once. Messages rest for half a minute after a failure.
rm "$MAIL_DIR/grey"
for ((tries = 0; tries < 40; tries++)); do
	run 'a later run' 0 notify -e production
	[ "$(alerts '[.[] | select(.status == "triggered")] | length')" = 0 ] || break
	sleep 2
done
expect 'somebody was paged' 1 "$(alerts '[.[] | select(.status == "triggered")] | length')"
expect 'the mail came' 1 "$(mails incident-opened 1)"
sent=$(wc -l <"$SINKS/requests.jsonl")
run 'one more run' 0 notify -e production
expect 'nothing is said twice' "$sent" "$(wc -l <"$SINKS/requests.jsonl")"

run 'the version that puts an end to it' 0 deploy -e production --version v3
expect 'the issue is closed' 0 "$(github '[.issues[] | select(.state == "open")] | length')"
expect 'it was commented on' 1 "$(github '.comments | length')"
expect 'the alert is resolved' 0 "$(alerts '[.[] | select(.status != "resolved")] | length')"
expect 'the ticket is closed' 'Closed' "$(tickets '[.[] | select(.fields.labels[0] != "belay-test") | .status] | join(" ")')"
expect 'the annotation has an end' 1 "$(annotations '[.[] | select(.timeEnd and (.tags | any(startswith("belay:incident"))))] | length')"
expect 'no incident is counted' '' "$(metric belay_incident_open)"
expect 'the deployment is counted' 1 "$(metric belay_deployment_result)"
expect 'a mail says so' 1 "$(mails incident-resolved 1)"
run 'the journal folds' 0 verify

# Secrets are in the requests, and nowhere else.
git -C .belay/state.git log -p --all >journal
for secret in "$PAGERDUTY_KEY" "$JIRA_TOKEN" "$GRAFANA_TOKEN" "$GITHUB_TOKEN" "$MAIL_PASSWORD"; do
	for form in "$secret" "$(printf %s "$secret" | base64)"; do
		expect "no secret in what is left behind ($secret)" '' "$(grep -lF -- "$form" out err tape journal || true)"
	done
done

[ "$failed" -eq 0 ] || tail -n 40 err
printf 'channels: %d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
