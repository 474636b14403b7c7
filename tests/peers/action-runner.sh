#!/usr/bin/env bash
# A step of a workflow: runs an image as GitHub's runner runs a Docker action.
#
#   action-runner.sh start DIR                            DIR/{workspace,home,workflow,file_commands}, owned by another user
#   action-runner.sh run DIR IMAGE [OPTION…] [KEY=VALUE…]   one step; its output is ours, its exit status too
#   action-runner.sh post DIR IMAGE [OPTION…] [KEY=VALUE…]  the end of the job: post-entrypoint, and the state that the step left
#
# KEY=VALUE is a variable of the step (INPUT_…: what the runner makes of `with:`). OPTION is one of the container engine
# (--name=…). As root, network and mounts as the runner has them, HOME=/github/home, files for outputs, state and
# summary: after a run DIR/file_commands/{output,state,summary} hold what it wrote.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
. "$here/lib.sh"
image=$here/../../scripts/image
user=1001:121 # the runner's own user and group on GitHub's machines

start() {
	mkdir -p "$1"/{workspace,home,workflow,file_commands}
	chown -R "$user" "$1"
}

step() { # DIR IMAGE [OPTION…] [KEY=VALUE…]
	local dir image_name options=() word
	dir=$(realpath "$1") image_name=$2
	shift 2
	for word in "$@"; do
		case $word in
		-*) options+=("$word") ;;
		*) options+=("--env=$word") ;;
		esac
	done
	: >"$dir/file_commands/output"
	: >"$dir/file_commands/summary"
	"$image" --engine run --rm --network=host --workdir /github/workspace \
		--env HOME=/github/home --env CI=true --env GITHUB_ACTIONS=true \
		--env GITHUB_WORKSPACE=/github/workspace --env GITHUB_OUTPUT=/github/file_commands/output \
		--env GITHUB_STATE=/github/file_commands/state --env GITHUB_STEP_SUMMARY=/github/file_commands/summary \
		--env GITHUB_ACTOR=ada --env GITHUB_RUN_ID=4711 --env GITHUB_RUN_ATTEMPT=1 \
		--volume "$dir/home:/github/home" --volume "$dir/workflow:/github/workflow" \
		--volume "$dir/file_commands:/github/file_commands" --volume "$dir/workspace:/github/workspace" \
		"${options[@]}" "$image_name"
}

# STATE_NAME=VALUE for each row "NAME<<WORD", "VALUE", "WORD" of the file.
states() { awk '/<</ { split($0, part, "<<"); getline value; print "STATE_" part[1] "=" value; getline }' "$1"; }

case ${1:-} in
start) start "$2" ;;
run)
	: >"$2/file_commands/state"
	step "${@:2}"
	;;
post)
	mapfile -t state < <(states "$2/file_commands/state")
	step "$2" "$3" --entrypoint=/belay-post "${state[@]}" "${@:4}"
	;;
*) peer_usage 'start DIR | run DIR IMAGE [OPTION…] [KEY=VALUE…] | post DIR IMAGE [OPTION…] [KEY=VALUE…]' ;;
esac
