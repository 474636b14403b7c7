# shellcheck shell=bash
# What the peers share: an address of their own, cells (namespaces) to run servers in, waiting, stopping.
#
# A *world* is one directory with the peers of one test. It has an address of its own in 127.0.0.0/8, so fixed ports
# (all below the range the kernel hands out itself) never collide between worlds that run side by side.
#
# A *cell* is a process tree in its own mount, host name and process namespaces. Stopping its first process makes the
# kernel stop all of it: nothing can be left running, and what a cell mounts is gone with it. Needs root.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8

peer_die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

peer_usage() { peer_die "usage: ${0##*/} $1"; }

# A random loopback address, 127.64.x.y to 127.127.x.y.
peer_address() {
	local bytes
	read -r -a bytes < <(od -An -N3 -tu1 /dev/urandom)
	printf '127.%d.%d.%d\n' $((64 + bytes[0] % 64)) "${bytes[1]}" $((1 + bytes[2] % 254))
}

# wait_until SECONDS COMMAND…: polls until COMMAND succeeds.
wait_until() {
	local tries=$(($1 * 50))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.02
	done
}

port_open() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# cell_start DIR SCRIPT [ARGUMENT…]: runs `bash SCRIPT ARGUMENT…` as the first process of a new cell. Its output goes to
# DIR/log, the process to stop to DIR/pid.
cell_start() {
	local dir=$1
	shift
	[ "$(id -u)" -eq 0 ] || peer_die 'needs root (namespaces and bind mounts)'
	setsid unshare --mount --uts --ipc --pid --fork --kill-child --mount-proc --propagation private \
		bash "$@" >>"$dir/log" 2>&1 </dev/null &
	echo $! >"$dir/pid"
}

# cell_inside DIR: the process id, outside, of the first process in the cell.
cell_inside() {
	local pid child=
	pid=$(cat "$1/pid")
	read -r child _ <"/proc/$pid/task/$pid/children" || [ -n "$child" ] || return 1
	printf '%s\n' "$child"
}

# cell_run DIR COMMAND…: runs COMMAND inside a cell.
cell_run() {
	local inside
	inside=$(cell_inside "$1") || peer_die "the cell of '$1' is not running"
	shift
	nsenter --target "$inside" --mount --uts --pid -- "$@"
}

# cell_stop DIR: stops the cell and waits until it is gone.
cell_stop() {
	local pid
	[ -s "$1/pid" ] || return 0
	pid=$(cat "$1/pid")
	kill -KILL "$(cell_inside "$1" 2>/dev/null)" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
	wait_until 5 not_running "$pid" || peer_die "process $pid does not stop"
	rm -f "$1/pid"
}

not_running() { ! kill -0 "$1" 2>/dev/null || [ "$(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null)" = Z ]; }
