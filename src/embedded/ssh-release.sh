# What the driver `ssh-release` runs on a host: one step for each call, POSIX sh, GNU or busybox tools.
#
# belay puts the variables belay_* in front of this text and the name of one step behind it.
# Layout below belay_root:
#   current -> releases/ID      what is served; moved only by rename(2)
#   releases/ID/                one unpacked artifact each
#   shared/                     what outlives releases
#   .belay/generation           newest lock generation this host has seen (fencing)
#   .belay/releases/ID          written when ID is complete; holds its version
#   .belay/unfinished/ID        exists from the first byte of ID until it is complete
#   .belay/switching            exists from just before the link moves until its hook has succeeded
#   .belay/deployments          one line a switch: time, deployment, release, version
# Every step can be run again. Exit status: 65 checksum, 73 cannot create, 74 disk space, 75 busy,
# 76 fenced, 77 `current` is not a link, 78 damaged, 79 incomplete release, 80 hook failed.
set -eu

state=$belay_root/.belay
release_dir=$belay_root/releases/$belay_release
complete=$state/releases/$belay_release
unfinished=$state/unfinished/$belay_release
incoming=$state/incoming/$belay_release

stop() {
	printf 'belay: %s\n' "$2" >&2
	exit "$1"
}

# Steps of one service never overlap on a host, where the host has flock(1).
begin() {
	mkdir -p "$state/releases" "$state/unfinished" "$state/incoming" \
		"$belay_root/releases" "$belay_root/shared" || stop 73 "cannot write below $belay_root"
	if command -v flock >/dev/null 2>&1; then
		exec 9>"$state/lock"
		flock -w 60 9 || stop 75 "another step has been running on $belay_root for a minute"
	fi
	fence
}

# A runner that lost its lock and wakes up later has an older generation: it changes nothing.
fence() {
	seen=$(cat "$state/generation" 2>/dev/null || echo 0)
	case $seen in
	'' | *[!0-9]*) stop 78 "$state/generation does not hold a number" ;;
	esac
	[ "$seen" -le "$belay_generation" ] ||
		stop 76 "this host has seen lock generation $seen, ours is $belay_generation: a later run owns $belay_root"
	if [ "$seen" -lt "$belay_generation" ]; then
		printf '%s\n' "$belay_generation" 2>/dev/null >"$state/generation.new" ||
			stop 74 "no space: $state/generation cannot be written"
		mv -f "$state/generation.new" "$state/generation"
	fi
}

sha256() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum <"$1"
	else
		openssl dgst -sha256 -r <"$1"
	fi | cut -d ' ' -f 1
}

# Kilobytes free on the file system of the nearest existing parent.
disk() {
	at=$belay_root
	while [ ! -d "$at" ]; do at=$(dirname "$at"); done
	df -Pk "$at" | tail -n 1
}

need_space() {
	free=$(disk | awk '{ print $4 }')
	[ "$free" -ge "$belay_need_kb" ] ||
		stop 74 "no space: the release needs $belay_need_kb KiB, $belay_root has $free KiB free"
}

check_current() {
	if [ -e "$belay_root/current" ] && [ ! -L "$belay_root/current" ]; then
		stop 77 "$belay_root/current is not a symbolic link: move it away once, belay will not replace it"
	fi
}

run_hook() { # name, command, directory
	[ -n "$2" ] || return 0
	(
		cd "$3"
		export BELAY_ENVIRONMENT="$belay_environment" BELAY_SERVICE="$belay_service" \
			BELAY_VERSION="$belay_version" BELAY_PREVIOUS="$belay_previous" \
			BELAY_RELEASE="$belay_release" BELAY_DEPLOYMENT="$belay_deployment" \
			BELAY_ROOT="$belay_root"
		exec sh -c "$2" 9>&-
	) || stop 80 "hook '$1' failed with status $?"
}

# Relative, so that the tree can be moved; rename(2) makes the switch atomic.
point_current_at() {
	rm -f "$belay_root/.current.new"
	ln -s "$1" "$belay_root/.current.new"
	mv -Tf "$belay_root/.current.new" "$belay_root/current"
}

note_switch() { # release
	last=$(tail -n 1 "$state/deployments" 2>/dev/null | cut -f 2,3 || :)
	[ "$last" != "$belay_deployment	$1" ] || return 0
	version=$(cat "$state/releases/$1" 2>/dev/null || echo "$belay_version")
	{
		tail -n 49 "$state/deployments" 2>/dev/null || :
		printf '%s\t%s\t%s\t%s\n' "$belay_at" "$belay_deployment" "$1" "$version"
	} >"$state/deployments.new"
	mv -f "$state/deployments.new" "$state/deployments"
}

step_capture() {
	check_current
	link=$(readlink "$belay_root/current" 2>/dev/null || :)
	printf 'link\t%s\n' "$link"
	printf 'generation\t%s\n' "$(cat "$state/generation" 2>/dev/null || echo 0)"
	[ ! -r /proc/uptime ] || printf 'uptime_s\t%s\n' "$(cut -d . -f 1 /proc/uptime)"
	[ ! -r /proc/loadavg ] || printf 'load\t%s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
	disk | awk '{ printf "disk\t%s\t%s\n", $2, $4 }'
	for file in "$state"/releases/*; do
		[ ! -f "$file" ] || printf 'release\t%s\t%s\n' "${file##*/}" "$(cat "$file")"
	done
	tail -n 3 "$state/deployments" 2>/dev/null | sed 's/^/deployment\t/' || :
}

step_receive() { # the artifact comes on standard input
	begin
	check_current
	if [ -f "$complete" ]; then # an earlier try got through
		cat >/dev/null
		return
	fi
	need_space
	: >"$unfinished"
	trap 'rm -f "$incoming"' EXIT HUP INT TERM
	cat >"$incoming"
	sum=$(sha256 "$incoming")
	[ "$sum" = "$belay_sha256" ] ||
		stop 65 "the artifact arrived with SHA-256 $sum, not $belay_sha256"
	trap - EXIT HUP INT TERM
}

unpack() {
	case $belay_format in
	tar.gz) gzip -dc "$incoming" | tar -xof - -C "$1" ;;
	tar.zst)
		command -v zstd >/dev/null 2>&1 || stop 78 "zstd is not installed on this host: install it, or ship a tar.gz"
		zstd -qdc "$incoming" | tar -xof - -C "$1"
		;;
	*) tar -xof "$incoming" -C "$1" ;;
	esac
}

# A shared name is taken from the artifact the first time, and is a link ever after.
link_shared() { # name
	target=$belay_root/shared/$1
	if [ ! -e "$target" ] && [ -e "$release_dir.part/$1" ]; then
		mkdir -p "$(dirname "$target")"
		cp -a "$release_dir.part/$1" "$target"
	fi
	[ -e "$target" ] ||
		stop 78 "shared '$1' is neither in $belay_root/shared nor in the artifact: create it there once"
	mkdir -p "$(dirname "$release_dir.part/$1")"
	rm -rf "$release_dir.part/$1"
	ln -s "$target" "$release_dir.part/$1"
}

step_unpack() {
	begin
	[ ! -f "$complete" ] || return 0
	rm -rf "$release_dir.part" "$release_dir"
	mkdir "$release_dir.part"
	trap 'rm -rf "$release_dir.part"' EXIT HUP INT TERM
	unpack "$release_dir.part"
	printf '%s\n' "$belay_shared" | while IFS= read -r name; do
		[ -z "$name" ] || link_shared "$name"
	done
	mv "$release_dir.part" "$release_dir"
	trap - EXIT HUP INT TERM
	run_hook prepare "$belay_hook_prepare" "$release_dir"
	printf '%s\n' "$belay_version" >"$complete.new"
	mv -f "$complete.new" "$complete"
	rm -f "$unfinished" "$incoming"
}

step_activate() {
	begin
	check_current
	[ -f "$complete" ] || stop 79 "release $belay_release is not complete on this host"
	: >"$state/switching"
	point_current_at "releases/$belay_release"
	note_switch "$belay_release"
	run_hook switched "$belay_hook_switched" "$belay_root/current/"
	rm -f "$state/switching"
}

# Back to the release that the journal calls live; where this host never had it, to what was
# linked before; where nothing was, to nothing.
step_undo() {
	begin
	check_current
	back=
	if [ -n "$belay_back_release" ] && [ -f "$state/releases/$belay_back_release" ]; then
		back=releases/$belay_back_release
	elif [ -n "$belay_back_link" ]; then
		back=$belay_back_link
	fi
	if [ "$(readlink "$belay_root/current" 2>/dev/null || :)" = "$back" ] && [ ! -e "$state/switching" ]; then
		echo unchanged
		return 0
	fi
	if [ -z "$back" ]; then
		rm -f "$belay_root/current" "$state/switching"
		return 0
	fi
	[ -d "$belay_root/$back" ] || [ -d "$back" ] || stop 79 "$back is gone from $belay_root: nothing to go back to"
	: >"$state/switching"
	point_current_at "$back"
	note_switch "${back##*/}"
	run_hook undone "${belay_hook_undone:-$belay_hook_switched}" "$belay_root/current/"
	rm -f "$state/switching"
}

# What the hook does after a switch, once more: nothing is moved.
step_restart() {
	begin
	check_current
	live=$(readlink "$belay_root/current" 2>/dev/null || :)
	[ -n "$live" ] || stop 79 "nothing is live below $belay_root"
	[ -z "$belay_release" ] || [ "$live" = "releases/$belay_release" ] ||
		stop 79 "current is $live here, the journal says releases/$belay_release"
	run_hook switched "$belay_hook_switched" "$belay_root/current/"
}

step_prune() {
	begin
	live=$(readlink "$belay_root/current" 2>/dev/null || :)
	for file in "$state"/unfinished/*; do
		id=${file##*/}
		[ -f "$file" ] || continue
		[ "$live" != "releases/$id" ] || continue
		rm -rf "$belay_root/releases/$id" "$belay_root/releases/$id.part" "$state/incoming/$id"
		rm -f "$file"
	done
	kept=0
	for id in $(cd "$state/releases" && printf '%s\n' * | sort -r); do
		[ -f "$state/releases/$id" ] || continue
		kept=$((kept + 1))
		[ "$kept" -gt "$belay_keep" ] || continue
		case " $belay_protect ${live##*/} " in
		*" $id "*) continue ;;
		esac
		rm -f "$state/releases/$id"
		rm -rf "$belay_root/releases/$id"
		printf 'pruned\t%s\n' "$id"
	done
}
