#!/usr/bin/env bash
# A depot in a bucket, against two real servers: Ceph's RADOS Gateway and OpenStack Swift.
#
#   tests/suite/s3.sh [--quick]
#
# PEER_PROGRAMS names the directory of the programs (default: build/dev/tests). The last line is
# "s3: N passed, N failed, N skipped", a server each.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
program=$(realpath -m "${PEER_PROGRAMS:-$root/build/dev/tests}")/peer_s3
case ${1:-} in
'' | --quick) ;;
*)
	echo "usage: ${0##*/} [--quick]" >&2
	exit 2
	;;
esac

passed=0 failed=0 skipped=0 place=''
tmp=$(mktemp -d /tmp/belay-s3.XXXXXX)
chmod 755 "$tmp"
stop() {
	[ -z "$place" ] || "$root/tests/peers/s3-$place.sh" stop "$tmp/$place" >/dev/null 2>&1 || true
	place=''
}
trap 'stop; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# installed PACKAGE…: installs what is missing, when that is possible.
installed() {
	dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null | grep -c '^install ok installed$' | grep -qx $# && return
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$tmp/apt" 2>&1
}

try() { # RECIPE PACKAGE…
	local recipe=$1 begun=$SECONDS status=0
	shift
	if [ "$(id -u)" -ne 0 ]; then
		echo "s3: $recipe skipped: servers need root here"
		skipped=$((skipped + 1))
		return
	fi
	if ! installed "$@"; then
		echo "s3: $recipe skipped: $* cannot be installed ($(tail -n 1 "$tmp/apt"))"
		skipped=$((skipped + 1))
		return
	fi
	place=$recipe
	if "$root/tests/peers/s3-$recipe.sh" start "$tmp/$recipe"; then
		(
			set -a
			# shellcheck source=/dev/null
			. "$tmp/$recipe/env"
			cd "$root"
			exec timeout 120 "$program"
		) || status=$?
	else
		status=1
	fi
	stop
	if [ $status -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	printf 's3: %s: status %d after %d s\n' "$recipe" $status $((SECONDS - begun))
}

try rgw radosgw ceph-mon ceph-osd ceph-common
try swift swift-proxy swift-account swift-container swift-object
printf 's3: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
