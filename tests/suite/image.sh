#!/usr/bin/env bash
# The action's images, run as GitHub's runner runs them: inputs as variables, a workspace that belongs to somebody else,
# HOME=/github/home, files for outputs, state and summary; no shell, no /tmp and no C library in the action image.
#
#   tests/suite/image.sh [--quick]     skips with --quick
#
# The git remote (https) and the host (sshd, nginx) are real and on loopback. Environment: BELAY (the executable that goes
# into the images; default build/release/belay), BELAY_IMAGE_STORE (see scripts/image). The last line is
# "image: N passed, N failed, N skipped".
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
export BELAY
BELAY=$(realpath "${BELAY:-$root/build/release/belay}")
passed=0 failed=0 skipped=0

finish() {
	printf 'image: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
	exit
}
skip() {
	echo "skipped: $1"
	skipped=$((skipped + 1))
	finish
}
[ "${1:-}" != --quick ] || skip 'images are for the whole run'
[ "$(id -u)" -eq 0 ] || skip 'needs root (hosts are namespaces, and buildah has a store of its own)'
docker info >/dev/null 2>&1 || { command -v buildah && command -v podman && command -v runc; } >/dev/null ||
	skip 'needs a Docker engine, or buildah, podman and runc'

tmp=$(mktemp -d /tmp/belay-image.XXXXXX)
trap '"$root/tests/peers/world.sh" stop "$tmp/world" || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
"$root/scripts/image" || {
	echo 'FAILED scripts/image'
	failed=1
	finish
}
passed=1 # built, and smaller than its limit
"$root/tests/peers/world.sh" start "$tmp/world" git host:web1
# shellcheck source=/dev/null
. "$tmp/world/env"

action=localhost/belay:action toolbox=localhost/belay:toolbox
runner() { "$root/tests/peers/action-runner.sh" "$@"; }
runner start "$tmp/step"
workspace=$tmp/step/workspace commands=$tmp/step/file_commands log=$tmp/log
# Certificates and tokens as a workflow would bring them; the remote's server is the workflow's own.
common=(SSL_CERT_FILE=/github/home/ca.pem "GITHUB_SERVER_URL=https://$ADDRESS:20443" "INPUT_TOKEN=$GIT_TOKEN"
	"DEPLOY_KEY=$(cat "$KEYS/id_ed25519")" "KNOWN_HOSTS=$(cat "$KNOWN_HOSTS_FILE")")
cp "$CA_PEM" "$tmp/step/home/ca.pem"

checkout() {
	rm -rf "${workspace:?}"/{,.[!.]}*
	chown 0:0 "$workspace" # git refuses to work in a directory of somebody else
	git -C "$workspace" init --quiet
	git -C "$workspace" remote add origin "$GIT_HTTPS"
	cat >"$workspace/belay.yml"
	chown -R 1001:121 "$workspace"
}

release() { # VERSION [broken]
	local tree=$tmp/release
	rm -rf "$tree"
	mkdir -p "$tree/public"
	[ -z "${2:-}" ] || : >"$tree/broken"
	printf '{"version":"%s"}\n' "$1" >"$tree/public/version.json"
	printf '{"status":"UP"}\n' >"$tree/public/health.json"
	tar -C "$tree" -czf "$workspace/$1.tar.gz" .
	chown 1001:121 "$workspace/$1.tar.gz"
}

case_name=
# step STATUS IMAGE VARIABLE…: one step of a workflow; its log is in $log.
step() {
	local want=$1 image=$2 status=0
	shift 2
	runner run "$tmp/step" "$image" "${common[@]}" "$@" >"$log" 2>&1 || status=$?
	verdict "exit status $want, not $status" [ "$status" -eq "$want" ]
	cat "$log" "$commands"/* >>"$tmp/everything"
}
post() { # STATUS IMAGE VARIABLE…
	local want=$1 image=$2 status=0
	shift 2
	runner post "$tmp/step" "$image" "${common[@]}" "$@" >"$log" 2>&1 || status=$?
	verdict "exit status $want, not $status" [ "$status" -eq "$want" ]
	cat "$log" "$commands"/* >>"$tmp/everything"
}
verdict() { # WHAT COMMAND…
	local what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	printf 'FAILED %s: %s\n' "$case_name" "$what"
	sed 's/^/    /' "$log" | tail -n 25
}
says() { verdict "no '$1' in the log" grep -qF -- "$1" "$log"; }
never_says() { verdict "'$1' in the log" not grep -qF -- "$1" "$log"; }
summarises() { verdict "no '$1' in the summary" grep -qF -- "$1" "$commands/summary"; }
not() { ! "$@"; }
output() { awk -v name="$1" 'index($0, name "<<") == 1 { getline; print; exit }' "$commands/output"; }
gives() { verdict "output $1 is '$(output "$1")', not '$2'" [ "$(output "$1")" = "$2" ]; }
served() { curl -sf "$WEB1_URL/version" | jq -r .version || echo nothing; }

ssh_config() {
	cat <<-YAML
		version: 1
		hosts:
		  web1: {address: "$WEB1_SSH", key: {env: DEPLOY_KEY}, known_hosts: {env: KNOWN_HOSTS}}
		defaults: {timeout: 10s, retry: {attempts: 1}}
		checks:
		  health: {http: "$WEB1_URL/health", expect: ['.status == 200']}
		  version: {http: "$WEB1_URL/version", expect: ['.body.version == \$version']}
		environments:
		  production:
		    services:
		      shop: {driver: ssh-release, hosts: [web1], path: /srv/shop, keep: 3}
		    gates: [health, version]
	YAML
}

case_name='a deployment over ssh'
ssh_config | checkout
release v1
release v2 broken
step 0 $action INPUT_VERSION=v1 INPUT_ARTIFACT=v1.tar.gz INPUT_RECORD=true INPUT_COMMAND=deploy INPUT_SERVICE= INPUT_DRY_RUN=
says 'production: v1 is live'
gives decision passed
gives version v1
gives rolled_back false
gives tape_path belay.tape
summarises '## ✅ production: v1 is live'
verdict "web1 serves '$(served)'" [ "$(served)" = v1 ]
verdict 'the tape belongs to root' [ "$(stat -c %u:%g "$workspace/belay.tape")" = 1001:121 ]
verdict 'something else is not masked first' [ "$(grep -vn '^::add-mask::' "$log" | head -n 1 | cut -d: -f1)" -gt 3 ]
verdict 'the token is not masked' grep -qxF "::add-mask::$GIT_TOKEN" "$log"
verdict 'the key is not masked' grep -qxF "::add-mask::$(sed -n 3p "$KEYS/id_ed25519")" "$log"

case_name='the same run at home'
mkdir -p "$tmp/home-run"
cp "$workspace/belay.tape" "$tmp/home-run/"
(cd "$tmp/home-run" && env -i unshare --net "$BELAY" replay belay.tape) >"$tmp/replayed" 2>&1 || true
awk 'shown && !/^::(error|warning|notice) / { print } /^::endgroup::/ { shown = 1 }' "$log" >"$tmp/shown"
verdict 'a replay says something else' diff "$tmp/shown" "$tmp/replayed"

case_name='a bad release'
step 3 $action INPUT_VERSION=v2 INPUT_ARTIFACT=v2.tar.gz
gives decision rolled-back
gives previous_version v1
gives rolled_back true
says '::error title=production%3A v2 rolled-back::'
says '::error title=check health%3A fail,file=belay.yml,line=6,col=3::'
summarises 'v2 failed and was taken back; v1 is live'
verdict "web1 serves '$(served)'" [ "$(served)" = v1 ]

case_name='checks'
step 0 $action INPUT_COMMAND=check INPUT_ARGUMENTS=health
gives decision passed
step 0 $action INPUT_COMMAND=check INPUT_ARGUMENTS=$'health\nversion'
says 'check passed: 2 passed'

case_name='a dry run has outputs, and changes nothing'
before=$(git -C "$GIT_PATH" rev-parse belay-state)
step 0 $action INPUT_VERSION=v3 INPUT_ARTIFACT=v1.tar.gz INPUT_DRY_RUN=true
gives decision passed
summarises 'What would be done'
verdict 'the journal moved' [ "$(git -C "$GIT_PATH" rev-parse belay-state)" = "$before" ]

case_name='status and rollback --list'
step 0 $action INPUT_COMMAND=status
summarises '| shop | v1 |'
step 0 $action INPUT_COMMAND=rollback INPUT_LIST=true INPUT_JSON=true
says '"version": "v1"'

case_name='inputs that do not fit'
step 2 $action INPUT_VERSION=v1 INPUT_DRYRUN=true
says "::error title=belay::unknown input 'dryrun'%0Adid you mean 'dry_run'?"
gives decision error
step 2 $action INPUT_COMMAND=check INPUT_ARTIFACT=x
says "command 'check' does not take the input 'artifact'"
step 2 $action INPUT_COMMAND=deploy
says "needs the input 'version'"

case_name='a mistake in the configuration'
sed -i 's/keep: 3/keeep: 3/' "$workspace/belay.yml"
step 2 $action INPUT_VERSION=v1
says '::error title=belay configuration,file=belay.yml,line=11,col='
ssh_config >"$workspace/belay.yml"

case_name='no token'
step 2 $action INPUT_COMMAND=status INPUT_TOKEN=
says 'permissions: {contents: write}'

case_name='a token that may not write'
git -C "$GIT_PATH" config http.receivepack false
step 2 $action INPUT_VERSION=v1 INPUT_ARTIFACT=v1.tar.gz INPUT_REASON=again INPUT_TAKE_LOCK=false
says 'permissions: {contents: write}'
git -C "$GIT_PATH" config --unset http.receivepack

case_name='outputs that cannot be written'
step 0 $action INPUT_COMMAND=check INPUT_ARGUMENTS=health GITHUB_OUTPUT=/github/nowhere/output
says '::warning title=GITHUB_OUTPUT could not be written::'
summarises 'belay check: pass'

case_name='no workspace'
step 2 $action INPUT_VERSION=v1 GITHUB_WORKSPACE=/github/nowhere
says "there is no workspace at '/github/nowhere'"

case_name='no checkout'
mv "$workspace/.git" "$tmp/kept.git"
step 2 $action INPUT_VERSION=v1 INPUT_ARTIFACT=v1.tar.gz
says 'the workspace is no repository with an origin'
says 'actions/checkout'
mkdir -p "$workspace/empty"
step 2 $action INPUT_VERSION=v1 INPUT_WORKING_DIRECTORY=empty
says 'no configuration found'
says 'is the repository checked out?'
step 2 $action INPUT_VERSION=v1 INPUT_WORKING_DIRECTORY=missing
says "cannot work in 'missing'"
mv "$tmp/kept.git" "$workspace/.git"

case_name='words instead of inputs'
status=0
"$root/scripts/image" --engine run --rm $action deploy >"$log" 2>&1 || status=$?
verdict "exit status 2, not $status" [ $status -eq 2 ]
says "'belay action' has no use for 'deploy'"

command_config() {
	cat <<-'YAML'
		version: 1
		state: {branch: commands}
		environments:
		  production:
		    services:
		      app:
		        driver: command
		        deploy: {run: './deploy'}
		        undo: {run: 'echo "$BELAY_VERSION" >>undone'}
		        version: {run: 'cat live'}
	YAML
}

case_name='commands in an image without a shell'
command_config | checkout
cat >"$workspace/deploy" <<'SCRIPT'
#!/bin/sh
echo "$BELAY_VERSION" >live
echo '::set-env name=LD_PRELOAD::evil'
echo '##[error]evil'
echo '::error::evil' >&2
[ "$BELAY_VERSION" != v2 ]
SCRIPT
chmod 755 "$workspace/deploy"
chown 1001:121 "$workspace/deploy"
step 2 $action INPUT_VERSION=v1
says 'there is no shell here'
says 'uses: belay-deploy/belay/toolbox'

case_name='commands in the toolbox'
step 0 $toolbox INPUT_VERSION=v1
gives decision passed
verdict 'nothing was deployed' [ "$(cat "$workspace/live")" = v1 ]

case_name='what a command prints is no workflow command'
step 3 $toolbox INPUT_VERSION=v2
# As the runner reads it: commands count outside of the stop word's reach.
awk '/^::stop-commands::/ { word = substr($0, 18); next } word != "" { if ($0 == "::" word "::") word = ""; next } { print }' "$log" >"$tmp/heard"
verdict 'one was heard' not grep -qE '^[[:space:]]*::(set-env|error::evil)|##\[' "$tmp/heard"

case_name='steps between begin and finish'
step 0 $toolbox INPUT_COMMAND=begin INPUT_VERSION=v4
id=$(output deployment_id)
echo v4 >"$workspace/live"
cp "$commands/state" "$tmp/state"
step 0 $toolbox INPUT_COMMAND=finish "INPUT_TRANSACTION=$id"
says 'v4 is live'
cp "$tmp/state" "$commands/state"
post 0 $toolbox INPUT_COMMAND=begin INPUT_VERSION=v4
says 'nothing is left open'

case_name='steps that never came to finish'
rm -f "$workspace/undone"
step 0 $toolbox INPUT_COMMAND=begin INPUT_VERSION=v5
post 3 $toolbox INPUT_COMMAND=begin INPUT_VERSION=v5
says 'v5 failed and was taken back; v4 is live'
verdict 'nothing was undone' [ -s "$workspace/undone" ]
post 0 $toolbox INPUT_COMMAND=begin INPUT_VERSION=v5

case_name='a job without anything open'
step 0 $action INPUT_COMMAND=status
post 0 $action INPUT_COMMAND=status
says 'nothing is left open'

case_name='a cancelled job'
# Cancelled while it waits for a gate that will never pass: `live` is written by then.
cat >>"$workspace/belay.yml" <<'YAML'
    gates: [never]
checks:
  never: {tcp: "127.0.0.1:9", retry: {attempts: 100, delay: 500ms, backoff: 1}}
YAML
name=belay-image-$$
runner run "$tmp/step" $toolbox "--name=$name" "${common[@]}" INPUT_VERSION=v6 >"$log" 2>&1 &
pid=$!
for ((i = 0; i < 500; i++)); do
	! grep -qx v6 "$workspace/live" || break
	sleep 0.02
done
start=$(date +%s%N)
"$root/scripts/image" --engine kill --signal INT "$name" >/dev/null || true
status=0
wait $pid || status=$?
took=$((($(date +%s%N) - start) / 1000000))
verdict "exit status 130, not $status" [ $status -eq 130 ]
verdict "it took $took ms, longer than the runner waits" [ $took -lt 7500 ]
gives decision cancelled
verdict 'nothing was undone' grep -qx v4 "$workspace/undone"
cat "$log" "$commands"/* >>"$tmp/everything"

case_name='secrets'
cat "$workspace"/*.tape >>"$tmp/everything" 2>/dev/null || true
git -C "$GIT_PATH" log -p --all >>"$tmp/everything"
grep -v '^::add-mask::' "$tmp/everything" >"$log"
never_says "$GIT_TOKEN"
never_says "$(sed -n 3p "$KEYS/id_ed25519")"

finish
