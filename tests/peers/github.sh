#!/usr/bin/env bash
# GitHub's REST API for the repository acme/shop: vendors/github.py among the sinks, behind prism with GitHub's OpenAPI
# description.
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
	local dir=$1 ca=$2 address=$3 spec
	spec=$("$here/prism.sh" spec github)
	mkdir -p "$dir"
	complete "$spec" >"$dir/github.json"
	"$here/sinks.sh" start "$dir/sinks" "$ca" "$address"
	"$here/prism.sh" start "$dir/prism" "$address" 21090 "$dir/github.json" "http://$address:21080/github"
	cat >"$dir/env" <<-ENV
		GITHUB_API=http://$address:21090
		GITHUB_BEHIND=http://$address:21080/github
		GITHUB_SINKS=$dir/sinks
		GITHUB_DOUBLE_TOKEN=ghs_C0ckpitC0ckpitC0ckpitC0ckpit00
	ENV
}

case ${1:-} in
start) start "$(realpath -m "$2")" "$(realpath "$3")" "$4" ;;
stop) for part in prism sinks; do cell_stop "$2/$part"; done ;;
*) peer_usage 'start DIR CA_DIR ADDRESS | stop DIR' ;;
esac
