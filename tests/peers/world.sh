#!/usr/bin/env bash
# A whole world in one directory: certificates, keys, and the peers that are asked for, on an address of its own.
#
#   world.sh start DIR [PEER…]    returns when all answer; DIR/env holds what a test needs to know
#   world.sh stop DIR             stops them all; the directory is the caller's
#
# PEER is `git` (git-https.sh), `sinks`, `exim`, `metrics`, `databases` (scripts of these names) or `host:NAME`
# (host.sh), the latter with options: `host:web2,srv=64k,key=other_ed25519,ca`.
# WORLD_KEYS names a directory of keys.sh to use again instead of making new keys.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

fact() { printf '%s=%q\n' "$1" "$2" >>"$dir/env"; }

# start_host NAME,OPTION… NUMBER
start_host() {
	local options name=${1%%,*} option upper
	local -x HOST_KEY='' HOST_CA='' SRV_SIZE=''
	IFS=, read -r -a options <<<"$1"
	for option in "${options[@]:1}"; do
		case $option in
		srv=*) SRV_SIZE=${option#*=} ;;
		key=*) HOST_KEY=${option#*=} ;;
		ca) HOST_CA=1 ;;
		*) peer_die "unknown option '$option' of host '$name'" ;;
		esac
	done
	"$here/host.sh" start "$dir/$name" "$name" "$keys" "$address" $((20022 + $2)) $((20100 + $2))
	upper=${name^^}
	fact "${upper}_SSH" "root@$address:$((20022 + $2))"
	fact "${upper}_URL" "http://$address:$((20100 + $2))"
	fact "${upper}_SRV" "$dir/$name/srv"
	known_host "$address" $((20022 + $2))
}

# Every host is known by the keys that keys.sh made, also one that presents another: that is the point of it.
known_host() {
	local kind
	for kind in ed25519 ecdsa rsa; do
		printf '[%s]:%s %s\n' "$1" "$2" "$(cut -d' ' -f1,2 "$keys/host_$kind.pub")" >>"$dir/known_hosts"
	done
}

start() {
	local peer number=0
	address=$(peer_address)
	mkdir -p "$dir"
	: >"$dir/env"
	: >"$dir/known_hosts"
	keys=${WORLD_KEYS:-$dir/keys}
	[ -e "$keys/id_ed25519" ] || "$here/keys.sh" start "$keys"
	keys=$(realpath "$keys")
	"$here/ca.sh" start "$dir/ca"
	fact ADDRESS "$address"
	fact CA_PEM "$dir/ca/ca.pem"
	fact KEYS "$keys"
	fact KNOWN_HOSTS_FILE "$dir/known_hosts"
	for peer in "$@"; do
		case $peer in
		git)
			"$here/git-https.sh" start "$dir/git" "$dir/ca" "$address"
			cat "$dir/git/env" >>"$dir/env"
			;;
		sinks | exim | metrics | databases)
			"$here/$peer.sh" start "$dir/$peer" "$dir/ca" "$address"
			cat "$dir/$peer/env" >>"$dir/env"
			;;
		host:*)
			start_host "${peer#host:}" $((number += 1))
			;;
		*) peer_die "unknown peer '$peer'" ;;
		esac
	done
}

stop() {
	local pid
	for pid in "$dir"/*/pid; do
		[ ! -e "$pid" ] || cell_stop "$(dirname "$pid")"
	done
}

[ $# -ge 2 ] || peer_usage 'start DIR [PEER…] | stop DIR'
dir=$(realpath -m "$2")
case $1 in
start)
	shift 2
	trap '[ $? -eq 0 ] || stop' EXIT
	start "$@"
	;;
stop) stop ;;
*) peer_usage 'start DIR [PEER…] | stop DIR' ;;
esac
