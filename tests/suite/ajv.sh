#!/usr/bin/env bash
# The corpus of configurations, judged by ajv and by belay: both must say the same.
#
#   tests/suite/ajv.sh
#
# ajv (a JSON Schema validator of another make) reads schemas/config.schema.json as an editor would. Files in good/ both
# accept, files in bad/ both refuse; files in cross/ are what a schema cannot see (references, cycles, jq): ajv accepts and
# belay refuses them. ajv and a YAML parser come from npm, into a cache outside the checkout; without node, npm or network
# the test is skipped. Environment: BELAY (the executable). Ends with "N passed, N failed, N skipped".
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
belay=$(realpath "${BELAY:-$root/build/release/belay}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/belay/npm
packages=(ajv@8.20.0 yaml@2.9.1)

skip() {
	echo "ajv: $1"
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
}

command -v node >/dev/null && command -v npm >/dev/null || skip 'needs node and npm'
wanted=${packages[*]}
if [ "$(cat "$cache/installed" 2>/dev/null)" != "$wanted" ]; then
	mkdir -p "$cache"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$cache" "${packages[@]}" >"$cache/install.log" 2>&1 ||
		skip "could not install ${packages[*]} (see $cache/install.log)"
	echo "$wanted" >"$cache/installed"
fi
exec node "$root/tests/suite/ajv.mjs" "$cache" "$root" "$belay"
