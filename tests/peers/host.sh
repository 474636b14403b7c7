#!/usr/bin/env bash
# A host to deploy to: OpenSSH's sshd and an nginx application server in a cell, with a /srv and a /root of its own.
#
#   host.sh start DIR NAME KEYS_DIR ADDRESS SSH_PORT HTTP_PORT    returns when both answer
#   host.sh run DIR COMMAND…                                      runs a command on the host, not through SSH
#   host.sh stop DIR
#
# Several hosts on one address differ in their ports. Each sees its own DIR/srv as /srv, so that all of them can be
# deployed to the same path, as real hosts are. nginx serves /srv/shop/current/public; a release that holds a file
# `broken` answers 503 on /health, which stands for a program that starts and does not work.
#
# HOST_KEY=other_ed25519 gives the host another identity; HOST_CA=1 makes it present a host certificate and accept
# certificates of users; SRV_SIZE=64k makes /srv a file system of that size.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib.sh"

sshd_conf() { # DIR KEYS ADDRESS PORT
	local key=${HOST_KEY:-}
	echo "ListenAddress $3:$4"
	if [ -n "$key" ]; then
		echo "HostKey $2/$key"
	else
		printf 'HostKey %s\n' "$2"/host_{ed25519,ecdsa,rsa}
	fi
	[ -z "${HOST_CA:-}" ] || printf '%s\n' "HostCertificate $2/host_ed25519-cert.pub" "TrustedUserCAKeys $2/user_ca.pub"
	cat <<-CONF
		PidFile none
		AuthorizedKeysFile $1/authorized_keys
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		PrintMotd no
		PrintLastLog no
		UseDNS no
		LogLevel VERBOSE
		MaxStartups 100:30:200
		MaxSessions 64
		Subsystem sftp internal-sftp
	CONF
}

nginx_conf() { # DIR NAME ADDRESS PORT
	cat <<-CONF
		user root;
		worker_processes 1;
		pid $1/nginx.pid;
		error_log $1/error.log;
		events { worker_connections 256; }
		http {
			access_log $1/access.log;
			client_body_temp_path $1/tmp/body;
			proxy_temp_path $1/tmp/proxy;
			fastcgi_temp_path $1/tmp/fastcgi;
			uwsgi_temp_path $1/tmp/uwsgi;
			scgi_temp_path $1/tmp/scgi;
			default_type application/json;
			server {
				listen $3:$4;
				root /srv/shop/current/public;
				add_header X-Host $2;
				location = /health {
					if (-f /srv/shop/current/broken) { return 503 '{"status":"DOWN","reason":"no database"}'; }
					try_files /health.json =404;
				}
				location = /version { try_files /version.json =404; }
			}
		}
	CONF
}

start() {
	local dir=$1 name=$2 keys=$3 address=$4 ssh_port=$5 http_port=$6
	mkdir -p "$dir/srv" "$dir/home" "$dir/tmp" /run/sshd
	cp "$keys/authorized_keys" "$dir/authorized_keys"
	sshd_conf "$dir" "$keys" "$address" "$ssh_port" >"$dir/sshd.conf"
	nginx_conf "$dir" "$name" "$address" "$http_port" >"$dir/nginx.conf"
	cat >"$dir/init" <<-INIT
		set -e
		hostname $name
		mount --bind $dir/home /root
		mount --bind $dir/srv /srv
		[ -z "${SRV_SIZE:-}" ] || mount -t tmpfs -o size=${SRV_SIZE:-0} tmpfs /srv
		cd /
		export HOME=/root
		nginx -p $dir -c $dir/nginx.conf
		exec /usr/sbin/sshd -D -e -f $dir/sshd.conf
	INIT
	cell_start "$dir" "$dir/init"
	wait_until 10 port_open "$address" "$ssh_port" || peer_die "sshd does not start: $(cat "$dir/log")"
	wait_until 10 port_open "$address" "$http_port" || peer_die "nginx does not start: $(cat "$dir/log")"
}

case ${1:-} in
start) start "$(realpath -m "$2")" "$3" "$(realpath "$4")" "${@:5}" ;;
run) cell_run "${@:2}" ;;
stop) cell_stop "$2" ;;
*) peer_usage 'start DIR NAME KEYS_DIR ADDRESS SSH_PORT HTTP_PORT | run DIR COMMAND… | stop DIR' ;;
esac
