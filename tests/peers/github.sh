#!/usr/bin/env bash
# GitHub's REST API for the repository acme/shop: vendors/github.py among the sinks, behind prism with GitHub's OpenAPI
# description; without node, npm or the description the double alone, and the environment says so.
#
#   github.sh start DIR CA_DIR ADDRESS    returns when it answers; DIR/env says where it is
#   github.sh stop DIR
#
# Requests and answers for DIR/sinks as in sinks.sh. The description lacks pull requests: they are let through unchecked.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

# Paths that the description does not have.
complete() { # SPEC
	/usr/bin/python3 -B - "$1" <<-'PYTHON'
		import json
		import sys
		spec = json.load(open(sys.argv[1], encoding="utf-8"))
		place = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in ("owner", "repo")]
		answer = {"content": {"application/json": {"schema": {}}}, "description": "anything"}
		spec["paths"]["/repos/{owner}/{repo}/pulls"] = {
		    "get": {"parameters": place, "responses": {"200": answer, "403": answer, "404": answer}},
		    "post": {
		        "parameters": place,
		        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["head", "base", "title"]}}}},
		        "responses": {"201": answer, "403": answer, "404": answer, "422": answer},
		    },
		}
		json.dump(spec, sys.stdout)
	PYTHON
}

start() {
	local dir=$1 ca=$2 address=$3 spec why='' behind=http://$3:21080/github
	local url=$behind
	mkdir -p "$dir"
	"$here/sinks.sh" start "$dir/sinks" "$ca" "$address"
	if spec=$("$here/prism.sh" spec github 2>"$dir/why") && "$here/prism.sh" install 2>"$dir/why"; then
		complete "$spec" >"$dir/github.json"
		"$here/prism.sh" start "$dir/prism" "$address" 21090 "$dir/github.json" "$behind"
		url=http://$address:21090
	else
		why=$(head -n 1 "$dir/why")
	fi
	{
		printf 'GITHUB_API=%s\n' "$url"
		printf 'GITHUB_BEHIND=%s\n' "$behind"
		printf 'GITHUB_SINKS=%s\n' "$dir/sinks"
		printf 'GITHUB_UNCHECKED=%q\n' "$why"
		printf 'GITHUB_DOUBLE_TOKEN=%s\n' "$(sed -n 's/^TOKEN = "\(.*\)"/\1/p' "$here/vendors/github.py")"
	} >"$dir/env"
}

case ${1:-} in
start) start "$(realpath -m "$2")" "$(realpath "$3")" "$4" ;;
stop) for part in prism sinks; do cell_stop "$2/$part"; done ;;
*) peer_usage 'start DIR CA_DIR ADDRESS | stop DIR' ;;
esac
