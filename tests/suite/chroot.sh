#!/usr/bin/env bash
# The release binary in an empty root directory: nothing but itself, a CA file and resolv.conf.
#
#   tests/suite/chroot.sh
#
# As in an image FROM scratch: no C library, no /etc/passwd, no /tmp, no shell. `version`, `validate`, `doctor`, a status over
# https and a check over https, with the git remote and the application on loopback. Ends with "N passed, N failed, N skipped".
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
belay=$(realpath "${BELAY:-$root/build/release/belay}")
[ "$(id -u)" -eq 0 ] || {
	echo 'chroot: needs root'
	echo '0 passed, 0 failed, 1 skipped'
	exit 0
}

tmp=$(mktemp -d /tmp/belay-chroot.XXXXXX)
trap '"$root/tests/peers/world.sh" stop "$tmp/world" || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
"$root/tests/peers/world.sh" start "$tmp/world" git
# shellcheck source=/dev/null
. "$tmp/world/env"

empty=$tmp/empty
mkdir -p "$empty/etc/ssl/certs" "$empty/work"
install -m 755 "$belay" "$empty/belay"
cp "$CA_PEM" "$empty/etc/ssl/certs/ca-certificates.crt"
cp /etc/resolv.conf "$empty/etc/resolv.conf" 2>/dev/null || : >"$empty/etc/resolv.conf"
cat >"$empty/belay.yml" <<YAML
version: 1
state: {remote: "$GIT_HTTPS", token: {env: GIT_TOKEN}}
checks:
  git: {http: "$GIT_HTTPS/HEAD", expect: ['.status == 401']}
  certificate: {tls: "$ADDRESS:20443", expect: ['.days_left > 7', .chain_valid, .name_match]}
environments:
  production: {gates: [git, certificate]}
YAML

chroot=$(command -v chroot)
passed=0 failed=0
# expect STATUS TEXT ARGUMENT…: what `belay ARGUMENT…` must end with and say.
expect() {
	local want=$1 text=$2 status=0 out
	shift 2
	out=$(env -i "GIT_TOKEN=$GIT_TOKEN" "$chroot" "$empty" /belay "$@" 2>&1 </dev/null) || status=$?
	if [ "$status" -eq "$want" ] && grep -qF -- "$text" <<<"$out"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'belay %s: status %d instead of %d, or no "%s" in:\n%s\n' "$*" "$status" "$want" "$text" "$out"
	fi
}

expect 0 belay version
expect 0 belay.yml validate
expect 0 production status
expect 0 certificate check -e production
expect 2 deplyo deplyo
expect 2 'no services' deploy -e production --version v1
expect 0 'No such event' history
expect 0 '' verify

left=$(find "$empty" -newer "$empty/belay.yml" -type f)
if [ -z "$left" ]; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
	printf 'left behind: %s\n' "$left"
fi
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
