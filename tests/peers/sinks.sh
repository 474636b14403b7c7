#!/usr/bin/env bash
# Web services that messages go to: everything that is sent is written down, and what is answered can be said beforehand.
#
#   sinks.sh start DIR CA_DIR ADDRESS    returns when it answers; DIR/env says where it is
#   sinks.sh stop DIR
#
# http on port 21080, https on 21443. What a service of that name answers is in vendors/NAME.py, below /NAME/; anything
# else is answered with 200 {}. DIR/requests.jsonl has one line for each request. DIR/script.json, when it is there, is a
# list of answers that go first: [{"path": REGEX, "method"?, "status"?, "headers"?, "body"?, "delay"?, "cut"?, "times"?}].
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

start() {
	local dir=$1 ca=$2 address=$3
	mkdir -p "$dir"
	"$here/ca.sh" leaf "$ca" sinks "IP:$address,DNS:localhost"
	printf 'exec /usr/bin/python3 -B %q %q %q %q\n' "$here/sinks.py" "$dir" "$ca" "$address" >"$dir/init"
	cell_start "$dir" "$dir/init"
	wait_until 10 port_open "$address" 21443 || peer_die "the sinks do not start: $(cat "$dir/log")"
	cat >"$dir/env" <<-ENV
		SINKS=$dir
		SINKS_HTTP=http://$address:21080
		SINKS_HTTPS=https://$address:21443
	ENV
}

case ${1:-} in
start) start "$(realpath -m "$2")" "$(realpath "$3")" "$4" ;;
stop) cell_stop "$2" ;;
*) peer_usage 'start DIR CA_DIR ADDRESS | stop DIR' ;;
esac
