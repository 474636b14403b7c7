#!/usr/bin/env bash
# prism in front of a service of ours: requests and answers are checked against the official OpenAPI description.
#
#   prism.sh install                              prism from npm, into a cache outside the checkout; fails without npm or network
#   prism.sh spec NAME                            prints where the description is (github, digitalocean); fails without it
#   prism.sh start DIR ADDRESS PORT SPEC UPSTREAM    returns when it answers at http://ADDRESS:PORT
#   prism.sh stop DIR
#
# What does not fit the description is answered with a 4xx or 5xx that says so ("application/problem+json"), and written to
# DIR/log. Descriptions are not part of the project: BELAY_SPECS, or ../shared/specs beside the checkout.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/belay/npm-prism
package=@stoplight/prism-cli@5.16.0

install() {
	if ! { command -v node && command -v npm; } >/dev/null; then peer_die 'prism needs node and npm'; fi
	[ "$(cat "$cache/installed" 2>/dev/null)" != "$package" ] || return 0
	mkdir -p "$cache"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$cache" "$package" >"$cache/install.log" 2>&1 ||
		peer_die "could not install $package (see $cache/install.log)"
	echo "$package" >"$cache/installed"
}

spec() { # NAME
	local file=${BELAY_SPECS:-$here/../../../shared/specs}/$1-subset.json
	[ -e "$file" ] || peer_die "no description of $1's API (BELAY_SPECS names the directory)"
	realpath "$file"
}

# Listens, or has failed with a stack trace.
said_something() { grep -qE 'Prism is listening|^ +at ' "$1"; }

start() { # DIR ADDRESS PORT SPEC UPSTREAM
	local dir=$1
	install
	mkdir -p "$dir"
	printf 'exec %q %q proxy --errors --multiprocess=false -h %q -p %q %q %q\n' "$(command -v node)" \
		"$cache/node_modules/@stoplight/prism-cli/dist/index.js" "${@:2}" >"$dir/init"
	cell_start "$dir" "$dir/init"
	wait_until 60 said_something "$dir/log" || true
	grep -q 'Prism is listening' "$dir/log" || peer_die "prism does not start: $(tail -n 3 "$dir/log")"
}

case ${1:-} in
install) install ;;
spec) spec "$2" ;;
start) start "$(realpath -m "$2")" "${@:3}" ;;
stop) cell_stop "$2" ;;
*) peer_usage 'install | spec NAME | start DIR ADDRESS PORT SPEC UPSTREAM | stop DIR' ;;
esac
