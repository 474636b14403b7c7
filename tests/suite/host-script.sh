#!/usr/bin/env bash
# The script that `ssh-release` runs on hosts, tried step by step in a directory of this machine, once with each
# POSIX shell that is there. Closing line: "host-script: N passed, N failed, N skipped".
set -uo pipefail

script=$(dirname "$(realpath "$0")")/../../src/embedded/ssh-release.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

check() { # name, command...
	local name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED %s: %s\n' "$shell" "$name"
		sed 's/^/    /' "$work/out"
	fi
}

# Runs one step with the variables of the environment array `vars`.
step() { # name [stdin file]
	local name
	{
		for name in "${!vars[@]}"; do printf "belay_%s='%s'\n" "$name" "${vars[$name]}"; done
		cat "$script"
		printf 'step_%s\n' "$1"
	} >"$work/step"
	$shell "$work/step" <"${2:-/dev/null}" >"$work/out" 2>&1
}
ends_with() { # status, step, [stdin]
	local status=0
	step "$2" "${3:-/dev/null}" || status=$?
	[ "$status" -eq "$1" ]
}
says() { grep -qF -- "$1" "$work/out"; }
serves() { [ "$(cat "$root/current/index.html" 2>/dev/null)" = "$1" ]; }

artifact() { # name: a tarball whose index.html holds the name
	mkdir -p "$work/$1"
	printf '%s\n' "$1" >"$work/$1/index.html"
	tar -C "$work/$1" -czf "$work/$1.tar.gz" .
	vars[sha256]=$(sha256sum <"$work/$1.tar.gz" | cut -d ' ' -f 1)
	vars[release]=$1 vars[version]=$1 vars[deployment]=deployment-$1
}
deploy() {
	artifact "$1"
	check "receive $1" ends_with 0 receive "$work/$1.tar.gz"
	check "unpack $1" ends_with 0 unpack
	check "activate $1" ends_with 0 activate
}

whole_life() {
	root=$work/srv
	declare -gA vars=([root]=$root [environment]=test [service]=web [release]=none [version]=none [deployment]=none
		[sha256]='' [previous]='' [generation]=1 [at]=2026-11-21T09:52:03Z
		[shared]='' [keep]=2 [protect]='' [format]=tar.gz [need_kb]=1 [back_release]='' [back_link]=''
		[hook_prepare]='' [hook_switched]='' [hook_undone]='')

	check "capture of nothing" ends_with 0 capture
	deploy r1
	check "serves r1" serves r1
	check "capture names the release" ends_with 0 capture
	check "capture prints the version" says $'release\tr1\tr1'

	vars[back_release]=r1
	deploy r2
	check "serves r2" serves r2
	check "activate again changes nothing" ends_with 0 activate
	check "one line a switch" [ "$(wc -l <"$root/.belay/deployments")" -eq 2 ]
	check "undo" ends_with 0 undo
	check "serves r1 again" serves r1
	check "undo again" ends_with 0 undo
	check "undo again has nothing to do" says unchanged

	vars[release]=r1 vars[hook_switched]='pwd >>"$BELAY_ROOT/restarted"'
	check "restart" ends_with 0 restart
	check "restart runs the hook in what is live" [ "$(cat "$root/restarted")" = "$root/current" ]
	vars[release]=r2
	check "restart of what is not live here" ends_with 79 restart
	check "restart says what is live" says 'current is releases/r1 here, the journal says releases/r2'
	check "restart ran nothing then" [ "$(wc -l <"$root/restarted")" -eq 1 ]
	vars[hook_switched]=

	artifact r3
	vars[sha256]=0000
	check "a wrong checksum is refused" ends_with 65 receive "$work/r3.tar.gz"
	check "activation of what is not there" ends_with 79 activate
	check "still serves r1" serves r1
	artifact r3
	vars[need_kb]=999999999999
	check "no space is said before the upload" ends_with 74 receive "$work/r3.tar.gz"
	vars[need_kb]=1

	vars[generation]=5
	deploy r3
	vars[generation]=4
	check "an older generation is fenced" ends_with 76 undo
	check "fenced run changed nothing" serves r3
	vars[generation]=5

	deploy r4
	vars[protect]=r1
	check "prune" ends_with 0 prune
	check "prune keeps the protected" [ -d "$root/releases/r1" ]
	check "prune removes what is old" [ ! -e "$root/releases/r2" ]
	check "prune keeps the newest" [ -d "$root/releases/r3" ]

	vars[hook_switched]='false'
	artifact r5
	check "receive r5" ends_with 0 receive "$work/r5.tar.gz"
	check "unpack r5" ends_with 0 unpack
	check "a failing hook fails the step" ends_with 80 activate
	# shellcheck disable=SC2016 # the host expands it
	vars[hook_switched]='echo "$BELAY_VERSION" >'"$work/hooked"
	vars[back_release]=r4
	check "undo after a failing hook" ends_with 0 undo
	check "serves r4 again" serves r4
	check "undo ran the hook" [ -s "$work/hooked" ]

	vars[shared]=storage
	vars[hook_switched]=''
	artifact r6
	check "receive r6" ends_with 0 receive "$work/r6.tar.gz"
	check "a shared name that exists nowhere" ends_with 78 unpack
	mkdir "$root/shared/storage"
	check "receive r6 again" ends_with 0 receive "$work/r6.tar.gz"
	check "unpack r6 again" ends_with 0 unpack
	check "shared name is a link" [ -L "$root/releases/r6/storage" ]

	rm "$root/current" && mkdir "$root/current"
	check "a directory in place of current" ends_with 77 activate
	check "capture says so too" ends_with 77 capture
	rm -rf "$root" "$work"/r?
}

for shell in dash "busybox sh" "bash --posix"; do
	if command -v "${shell%% *}" >/dev/null; then
		whole_life
	else
		skipped=$((skipped + 1))
	fi
done
printf 'host-script: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
