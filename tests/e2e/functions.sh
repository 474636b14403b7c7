# shellcheck shell=bash
# What transcripts may say besides ordinary commands. Sourced by every case's shell.

# release VERSION [broken|down]: writes VERSION.tar.zst, a site that says who it is. `broken` answers 503 on /health; `down`
# says DOWN with status 200.
release() {
	local tree=$E2E_DIR/release/$1 status=UP
	rm -rf "$tree"
	mkdir -p "$tree/public"
	[ "${2:-}" != down ] || status=DOWN
	[ "${2:-}" != broken ] || : >"$tree/broken"
	printf '{"version":"%s"}\n' "$1" >"$tree/public/version.json"
	printf '{"status":"%s","version":"%s"}\n' "$status" "$1" >"$tree/public/health.json"
	tar --sort=name --owner=0 --group=0 --mtime=@0 -C "$tree" -caf "$1.tar.zst" .
}

# served HOST…: the version each host serves right now.
served() {
	local host url
	for host in "$@"; do
		url=${host^^}_URL
		printf '%s %s\n' "$host" "$(curl -sf "${!url}/version" | jq -r .version || echo nothing)"
	done
}

# host NAME COMMAND…: a command on a host, behind belay's back.
host() { "$E2E_ROOT/tests/peers/host.sh" run "$E2E_DIR/world/$1" "${@:2}"; }

# journal [REPOSITORY [BRANCH]]: the subjects on the journal, oldest first.
journal() {
	git -C "${1:-$GIT_PATH}" log --reverse --format=%s "${2:-belay-state}" | tidy
}

# events [REPOSITORY [BRANCH]]: the types of the events on the journal, oldest first.
events() {
	git -C "${1:-$GIT_PATH}" log --reverse --format=%b "${2:-belay-state}" | jq -r 'select(.type) | .type'
}

# The rules that make output comparable, for other commands than belay.
tidy() { /usr/bin/python3 -c '
import importlib.machinery, importlib.util, os, sys
loader = importlib.machinery.SourceFileLoader("wrapper", os.environ["E2E_ROOT"] + "/tests/e2e/bin/belay")
sys.dont_write_bytecode = True
wrapper = importlib.util.module_from_spec(importlib.util.spec_from_loader("wrapper", loader))
loader.exec_module(wrapper)
sys.stdout.write(wrapper.tidy(sys.stdin.read()))'; }

# fingerprint: one line for everything a run could change: the hosts' trees, the remote's refs, this directory, HOME.
fingerprint() {
	{
		find "$E2E_DIR"/world/*/srv "$E2E_DIR"/world/*/home "$WORK" "$HOME" -printf '%P %y %m %s %l %T@\n' 2>/dev/null | sort
		find "$E2E_DIR"/world/*/srv "$WORK" "$HOME" -type f -exec sha256sum {} + 2>/dev/null | sort
		[ -z "${GIT_PATH:-}" ] || git -C "$GIT_PATH" for-each-ref
	} | sha256sum | cut -c1-16
}

# valid SCHEMA FILE: is FILE what `belay schema SCHEMA` promises? Judged by another implementation than ours.
valid() {
	"$E2E_BELAY" schema "$1" >"$E2E_DIR/schema.json" &&
		/usr/bin/python3 - "$E2E_DIR/schema.json" "$2" <<-'PYTHON'
			import json, sys
			import jsonschema
			schema, instance = (json.load(open(name)) for name in sys.argv[1:])
			jsonschema.Draft202012Validator.check_schema(schema)
			faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in jsonschema.Draft202012Validator(schema).iter_errors(instance)]
			print("\n".join(faults) or "valid")
			sys.exit(bool(faults))
		PYTHON
}

# quietly COMMAND…: only its exit status counts; what it printed shows when that is not the one expected.
quietly() {
	local expected=0 status=0
	[[ $1 =~ ^[0-9]+$ ]] && expected=$1 && shift
	"$@" >"$E2E_DIR/quiet" 2>&1 || status=$?
	[ "$status" -eq "$expected" ] || cat "$E2E_DIR/quiet"
	return "$status"
}

# eventually COMMAND…: waits until COMMAND succeeds, ten seconds at most.
eventually() {
	local tries=200
	until "$@" >/dev/null 2>&1; do
		[ $((tries -= 1)) -gt 0 ] || { echo "never: $*" && return 1; }
		sleep 0.05
	done
}
