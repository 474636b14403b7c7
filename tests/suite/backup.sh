#!/usr/bin/env bash
# Backups from end to end: made into three kinds of stores at once, restored with and without belay, killed, cut off, damaged.
#
#   tests/suite/backup.sh [--quick] [STORY…]     only these stories (functions of backup.d/*.sh); --quick takes smaller samples
#
# Real parts: PostgreSQL, MariaDB, OpenSSH, Ceph's RADOS Gateway, and openssl, zstd and tar for whoever has no belay. What is not
# installed and cannot be is skipped, visibly. Environment: BELAY (default build/release/belay). The last line is
# "backup: N passed, N failed, N skipped".
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
belay=$(realpath "${BELAY:-$root/build/release/belay}")
here=$root/tests/suite/backup.d
# shellcheck disable=SC2034 # the stories look at it
quick=no
passed=0 failed=0 skipped=0
all=(every_place_has_it by_hand dumps_of_databases sources_that_fail one_at_a_time damaged_or_foreign
	nothing_outside_the_target no_room_left cut_off_from_the_bucket killed_while_uploading killed_while_forgetting
	what_is_kept around_a_deployment however_large a_tree_of_a_host the_shipped_example every_set
	another_storage_class)
stories=()
for word in "$@"; do
	case $word in
	--quick) quick=yes ;;
	*)
		[[ " ${all[*]} databases " = *" $word "* ]] || { echo "backup: there is no story '$word'; there are: ${all[*]}" >&2 && exit 2; }
		stories+=("$word")
		;;
	esac
done
[ ${#stories[@]} -gt 0 ] || stories=("${all[@]}")

finish() {
	printf 'backup: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
	exit
}
skip() {
	echo "skipped: $1"
	skipped=$((skipped + 1))
}
[ "$(id -u)" -eq 0 ] || { skip 'needs root (servers run in namespaces)' && finish; }
command -v openssl zstd tar jq git cc /usr/bin/python3 >/dev/null || { skip 'needs openssl, zstd, tar, jq, git, cc and python3' && finish; }

tmp=$(mktemp -d /tmp/belay-backup.XXXXXX)
chmod 755 "$tmp"
stop() {
	"$root/tests/peers/s3-rgw.sh" stop "$tmp/s3" >/dev/null 2>&1 || true
	"$root/tests/peers/world.sh" stop "$tmp/world" >/dev/null 2>&1 || true
	rm -rf "$tmp"
}
trap stop EXIT
trap 'exit 130' INT TERM
# shellcheck source-path=SCRIPTDIR/../peers source=../peers/lib.sh
. "$root/tests/peers/lib.sh"

# installed PACKAGE…: installs what is missing, when that is possible.
installed() {
	dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null | grep -c '^install ok installed$' | grep -qx $# && return
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "$@" >"$tmp/apt" 2>&1
}

# --- the world ---

peers=(host:web1 host:tiny,srv=12m)
databases=
if installed postgresql postgresql-client mariadb-server mariadb-client; then
	databases=databases
	peers+=(databases)
else
	skip "databases cannot be installed ($(tail -n 1 "$tmp/apt"))"
fi
bucket=
S3_ENDPOINT='' S3_SECRET_KEY=no-such-s3-secret S3_ACCESS_KEY=''
if installed radosgw ceph-mon ceph-osd ceph-common; then
	bucket=box
	"$root/tests/peers/s3-rgw.sh" start "$tmp/s3" >"$tmp/s3.log" 2>&1 &
	gateway=$!
else
	skip "no S3 server can be installed ($(tail -n 1 "$tmp/apt"))"
fi
"$root/tests/peers/world.sh" start "$tmp/world" "${peers[@]}"
set -a
# shellcheck source=/dev/null
. "$tmp/world/env"
if [ -n "$bucket" ]; then
	wait "$gateway" || peer_die "no S3 server: $(cat "$tmp/s3.log")"
	# shellcheck source=/dev/null
	. "$tmp/s3/env"
	"$here/bucket.py" make $bucket
fi
set +a
cc -O2 -o "$tmp/strike" "$root/tests/torture/strike.c"
cc -O2 -static -o "$tmp/timer" "$root/scripts/bench.d/timer.c"

# --- what may be nowhere but where it belongs ---

passphrase='correct Horse battery-staple 77'
key_passphrase='locked-Away-31 with blanks'
secrets=("$passphrase" "$key_passphrase" "$S3_SECRET_KEY" "${PG_PASSWORD:-no-Pg}" "${MY_PASSWORD:-no-My}")

# --- one story ---

story='' work=''
# verdict WHAT GOT WANTED
verdict() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	printf "FAILED %s: %s: '%s', not '%s'\n" "${story//_/ }" "$1" "$2" "$3"
	tail -n 12 "$work/err" 2>/dev/null | sed 's/^/    /'
}
# holds WHAT COMMAND…: the command succeeds.
holds() {
	local what=$1 status=0 out
	shift
	out=$("$@" 2>&1) || status=$?
	verdict "$what${out:+ (${out:0:300})}" $status 0
}

prepare() { # NAME
	story=$1
	work=$tmp/$1
	variables=()
	mkdir "$work"
	cd "$work"
	git init -q --bare journal.git
	: >err
}

# configure [ENVIRONMENT_YAML] <BACKUPS_YAML: belay.yml of this story, with one environment.
configure() {
	cat >belay.yml <<-YAML
		version: 1
		state: {remote: "$work/journal.git"}
		defaults: {retry: {attempts: 3, delay: 100ms}}
		hosts:
		  web1: &host {address: "$WEB1_SSH", key: {file: "$KEYS/id_ed25519"}, known_hosts: {file: "$KNOWN_HOSTS_FILE"}}
		  tiny: {<<: *host, address: "$TINY_SSH"}
		environments:
		  production: ${1:-{\}}
		backups:
	YAML
	sed 's/^/  /' >>belay.yml
}

# A store in the bucket below PREFIX, in YAML.
s3_store() { # PREFIX [ENDPOINT]
	printf '{name: s3, s3: {endpoint: "%s", bucket: %s, prefix: "%s", region: default, access_key: {env: S3_ACCESS_KEY}, secret_key: {env: S3_SECRET_KEY}}}' \
		"${2:-$S3_ENDPOINT}" "$bucket" "$1"
}

# What belay may know of this shell, and what a story adds to it (NAME=VALUE).
variables=()
clean() {
	env -i PATH="$PATH" HOME="$work" S3_ACCESS_KEY="$S3_ACCESS_KEY" S3_SECRET_KEY="$S3_SECRET_KEY" PASSPHRASE="$passphrase" \
		KEY_PASSPHRASE="$key_passphrase" PG_PASSWORD="${PG_PASSWORD:-}" MY_PASSWORD="${MY_PASSWORD:-}" "${variables[@]}" "$@"
}
# run STATUS WORD…: belay; its output is in out and err, and kept for the search for secrets.
run() {
	local want=$1 status=0
	shift
	clean "$belay" "$@" >out 2>err </dev/null || status=$?
	cat out err >>everything.out
	verdict "exit status of '$*'" "$status" "$want"
}
said() { jq -r "$1" out 2>/dev/null || echo 'no JSON'; }
newest() { clean "$belay" backup list --json 2>/dev/null </dev/null | jq -r '.backups[0].newest.id'; }
events() { git -C journal.git log --reverse --format=%b belay-state | jq -r 'select(.type) | .type' | tr '\n' ' '; }
event() { git -C journal.git log --format=%b belay-state | jq -c "select(.type == \"$1\") | .data" | sed -n 1p | jq -r "$2"; }
keygen() { # FILE TYPE [VARIABLE]: FILE.key and FILE.crt; the variable holds the key's passphrase
	local protection=(--no-passphrase)
	[ $# -lt 3 ] || protection=(--passphrase-env "$3")
	run 0 backup keygen --key "$1.key" --certificate "$1.crt" --type "$2" "${protection[@]}"
}
tree() { "$here/tree.py" "$@"; }
# same WHAT DIR DIR: are the trees the same, to the last attribute?
same() {
	verdict "$1" "$(diff <(tree show "$2") <(tree show "$3") | head -c 600)" ''
}
in_bucket() { "$here/bucket.py" "$1" "$bucket" "${@:2}"; }

# Files in all places of the story that are not part of a whole backup that the journal knows; and uploads that nobody ends.
# garbage PLACE…: directories, or s3:PREFIX
garbage() {
	local place known
	known=$(git -C journal.git show belay-state:environments/production/state.json |
		jq -r '(.backups // {}) | to_entries[] | .key as $name | .value.copies[] | "\($name)/\(.id)/"')
	for place in "$@"; do
		case $place in
		s3:*)
			in_bucket keys "${place#s3:}/" | sed "s|^[0-9]* ${place#s3:}/||"
			in_bucket uploads | sed -n "s|^${place#s3:}/|upload of |p"
			;;
		*) [ ! -d "$place" ] || find "$place" -mindepth 1 ! -type d -printf '%P\n' ;;
		esac
	done | grep -vxE "($(tr '\n' '|' <<<"${known:-none/}")none/)(data\.zst\.cms|manifest\.json|manifest\.sig|RESTORE\.txt)" | tr '\n' ' ' || true
}

for file in "$here"/*.sh; do
	# shellcheck source=/dev/null
	. "$file"
done
set +e # a story goes on after what went wrong in it
for name in "${stories[@]}"; do
	prepare "$name"
	begun=$SECONDS
	"$name"
	if [ -e journal.git/refs/heads/belay-state ]; then
		git -C journal.git log -p --all >journal
		run 0 verify
	fi
	for secret in "${secrets[@]}"; do
		for form in "$secret" "$(printf %s "$secret" | base64 -w 0)"; do
			verdict "no '${form::9}…' in anything told or kept" \
				"$(grep -rlsaF --exclude=belay.yml --exclude='*.key' --exclude-dir=journal.git --exclude-dir=source -- "$form" . | tr '\n' ' ' || true)" ''
		done
	done
	cd "$tmp"
	printf 'told: %s (%d s)\n' "${name//_/ }" $((SECONDS - begun))
	rm -rf "$work"
done
finish
