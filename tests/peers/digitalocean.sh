#!/usr/bin/env bash
# DigitalOcean's API for one app: vendors/digitalocean.py among the sinks, behind prism with DigitalOcean's OpenAPI
# description; without node, npm or the description the double alone, and the environment says so.
#
#   digitalocean.sh start DIR CA_DIR ADDRESS    returns when it answers; DIR/env says where it is
#   digitalocean.sh stop DIR
#
# Requests and answers for DIR/sinks as in sinks.sh.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

start() {
	local dir=$1 ca=$2 address=$3 spec why='' behind="http://$3:21080/digitalocean"
	local url=$behind
	mkdir -p "$dir"
	"$here/sinks.sh" start "$dir/sinks" "$ca" "$address"
	if spec=$("$here/prism.sh" spec digitalocean 2>"$dir/why") && "$here/prism.sh" install 2>"$dir/why"; then
		"$here/prism.sh" start "$dir/prism" "$address" 21091 "$spec" "$behind"
		url=http://$address:21091
	else
		why=$(head -n 1 "$dir/why")
	fi
	{
		printf 'DIGITALOCEAN_API=%s\n' "$url"
		printf 'DIGITALOCEAN_BEHIND=%s\n' "$behind"
		printf 'DIGITALOCEAN_SINKS=%s\n' "$dir/sinks"
		printf 'DIGITALOCEAN_UNCHECKED=%q\n' "$why"
		printf 'DIGITALOCEAN_DOUBLE_TOKEN=%s\n' "$(sed -n 's/^TOKEN = "\(.*\)"/\1/p' "$here/vendors/digitalocean.py")"
		printf 'DIGITALOCEAN_DOUBLE_APP=%s\n' "$(sed -n 's/^APP = "\(.*\)"/\1/p' "$here/vendors/digitalocean.py")"
	} >"$dir/env"
}

case ${1:-} in
start) start "$(realpath -m "$2")" "$(realpath "$3")" "$4" ;;
stop) for part in prism sinks; do cell_stop "$2/$part"; done ;;
*) peer_usage 'start DIR CA_DIR ADDRESS | stop DIR' ;;
esac
