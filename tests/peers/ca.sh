#!/usr/bin/env bash
# A private certificate authority and leaf certificates.
#
#   ca.sh start DIR                            DIR/ca.pem, DIR/ca.key
#   ca.sh leaf DIR NAME SAN [FROM TO [KIND]]   DIR/NAME.pem (with chain), DIR/NAME.key
#
# SAN as OpenSSL writes it ("IP:127.0.0.1,DNS:localhost"); FROM and TO as date(1) understands them; KIND is ec (default)
# or rsa. Leaves: one an hour old that lasts 90 days, unless told otherwise.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib.sh"

start() {
	local dir=$1
	mkdir -p "$dir/issued"
	: >"$dir/index"
	openssl rand -hex 8 >"$dir/serial"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 365 -subj '/CN=belay test authority' \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
		-keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null
	cat >"$dir/ca.conf" <<-CONF
		[ca]
		default_ca = authority
		[authority]
		database = $dir/index
		serial = $dir/serial
		new_certs_dir = $dir/issued
		certificate = $dir/ca.pem
		private_key = $dir/ca.key
		default_md = sha256
		policy = names
		copy_extensions = copy
		unique_subject = no
		[names]
		commonName = supplied
	CONF
}

stamp() { date -u -d "$1" +%Y%m%d%H%M%SZ; }

leaf() {
	local dir=$1 name=$2 san=$3 from=${4:-1 hour ago} to=${5:-90 days} key=(ec -pkeyopt ec_paramgen_curve:P-256)
	[ "${6:-ec}" = ec ] || key=(rsa:2048)
	openssl req -newkey "${key[@]}" -noenc -subj "/CN=$name" -addext "subjectAltName=$san" \
		-keyout "$dir/$name.key" -out "$dir/$name.csr" 2>/dev/null
	openssl ca -batch -config "$dir/ca.conf" -notext -startdate "$(stamp "$from")" -enddate "$(stamp "$to")" \
		-in "$dir/$name.csr" -out "$dir/$name.pem" 2>/dev/null
	cat "$dir/ca.pem" >>"$dir/$name.pem"
}

case ${1:-} in
start) start "$(realpath -m "$2")" ;;
leaf)
	shift
	leaf "$(realpath "$1")" "${@:2}"
	;;
*) peer_usage 'start DIR | leaf DIR NAME SAN [FROM TO [KIND]]' ;;
esac
