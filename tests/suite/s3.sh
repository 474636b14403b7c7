#!/usr/bin/env bash
# Depots in a bucket, and the effects on such stores, against two real servers: Ceph's RADOS Gateway and OpenStack Swift, with
# a proxy in front that spoils requests, one that speaks TLS, and a double of STS (tests/peers/store-proxy.py).
#
#   tests/suite/s3.sh [--quick]     only the first of them with --quick
#
# PEER_PROGRAMS names the directory of the programs (default: build/dev/tests). The last line is
# "s3: N passed, N failed, N skipped", a server each.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
programs=$(realpath -m "${PEER_PROGRAMS:-$root/build/dev/tests}")
quick=no
case ${1:-} in
'') ;;
--quick) quick=yes ;;
*)
	echo "usage: ${0##*/} [--quick]" >&2
	exit 2
	;;
esac

passed=0 failed=0 skipped=0 place=''
tmp=$(mktemp -d /tmp/belay-s3.XXXXXX)
chmod 755 "$tmp"
front=
stop() {
	[ -z "$front" ] || kill "$front" 2>/dev/null || true
	front=
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

# What stands in front of the server that DIR/env tells of.
start_front() { # DIR
	local dir=$1 address backend
	: >"$dir/front.log"
	backend=$(sed -n 's|^S3_ENDPOINT=http://||p' "$dir/env")
	address=${backend%:*}
	"$root/tests/peers/ca.sh" start "$dir/ca"
	"$root/tests/peers/ca.sh" leaf "$dir/ca" front "IP:$address"
	cat >>"$dir/env" <<-ENV
		S3_FRONT=http://$address:21490
		S3_FRONT_TLS=https://$address:21491
		S3_CONTROL=http://$address:21492
		S3_CA=$dir/ca/ca.pem
		S3_WEB_TOKEN=eyJhbGciOiJSUzI1NiJ9.belay+tests.$(openssl rand -hex 16)
	ENV
	(
		set -a
		# shellcheck source=/dev/null
		. "$dir/env"
		exec /usr/bin/python3 -B "$root/tests/peers/store-proxy.py" "$address" "$backend" \
			"$dir/ca/front.pem" "$dir/ca/front.key"
	) >>"$dir/front.log" 2>&1 &
	front=$!
	for _ in {1..200}; do
		! grep -qx ready "$dir/front.log" || return 0
		sleep 0.05
	done
	echo "s3: the proxy does not start: $(tail -n 3 "$dir/front.log")"
	return 1
}

run_programs() { # DIR
	local name status=0
	for name in s3 store; do
		(
			set -a
			# shellcheck source=/dev/null
			. "$1/env"
			cd "$root"
			exec timeout 600 "$programs/peer_$name"
		) || status=$?
	done
	return $status
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
	if "$root/tests/peers/s3-$recipe.sh" start "$tmp/$recipe" && start_front "$tmp/$recipe"; then
		run_programs "$tmp/$recipe" || status=$?
	else
		status=1
	fi
	stop
	if [ $status -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	printf 's3: %s: status %d after %d s\n' "$recipe" $status $((SECONDS - begun))
}

try rgw radosgw ceph-mon ceph-osd ceph-common
if [ $quick = yes ]; then
	echo 's3: swift skipped: it is for the whole run'
	skipped=$((skipped + 1))
else
	try swift swift-proxy swift-account swift-container swift-object
fi
printf 's3: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
