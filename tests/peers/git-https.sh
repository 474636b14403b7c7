#!/usr/bin/env bash
# A git remote over smart HTTP: git's own http-backend behind nginx, with TLS and basic authentication.
#
#   git-https.sh start DIR CA_DIR ADDRESS    returns when it answers; DIR/env says where it is
#   git-https.sh stop DIR
#
# https on port 20443, the same in clear text on 20080. The repository is DIR/repos/app.git: also an ordinary path remote,
# and the place for hooks. A token is the password of the user x-access-token, as on GitHub.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

repository() { # PATH
	git init --quiet --bare --initial-branch=main "$1"
	git -C "$1" config receive.denyNonFastForwards true
	git -C "$1" config gc.auto 0
	git -C "$1" config receive.autogc false
}

# nginx_conf DIR CA_DIR ADDRESS
nginx_conf() {
	cat <<-CONF
		user root;
		worker_processes 2;
		daemon off;
		pid $1/nginx.pid;
		error_log $1/error.log;
		events { worker_connections 256; }
		http {
			access_log $1/access.log;
			log_format connections '\$connection \$status \$request';
			access_log $1/connections.log connections;
			client_max_body_size 0;
			client_body_temp_path $1/tmp/body;
			proxy_temp_path $1/tmp/proxy;
			fastcgi_temp_path $1/tmp/fastcgi;
			uwsgi_temp_path $1/tmp/uwsgi;
			scgi_temp_path $1/tmp/scgi;
			server {
				listen $3:20443 ssl;
				listen $3:20080;
				ssl_certificate $2/git.pem;
				ssl_certificate_key $2/git.key;
				auth_basic git;
				auth_basic_user_file $1/passwords;
				location ~ ^/git(/.*) {
					gzip off;
					fastcgi_request_buffering off;
					fastcgi_param GIT_PROJECT_ROOT $1/repos;
					fastcgi_param GIT_HTTP_EXPORT_ALL "";
					fastcgi_param PATH_INFO \$1;
					fastcgi_param HTTP_GIT_PROTOCOL \$http_git_protocol;
					include /etc/nginx/fastcgi_params;
					fastcgi_param SCRIPT_FILENAME $1/backend;
					fastcgi_pass unix:$1/backend.sock;
				}
				location /moved/ { rewrite ^/moved/(.*) /git/\$1 permanent; }
				location /broken/ { return 503; }
			}
		}
	CONF
}

start() {
	local dir=$1 ca=$2 address=$3
	mkdir -p "$dir/repos" "$dir/tmp"
	repository "$dir/repos/app.git"
	"$here/ca.sh" leaf "$ca" git "IP:$address,DNS:localhost"
	printf '%s:%s\n' ci "$(openssl passwd -apr1 s3cret-Password)" x-access-token "$(openssl passwd -apr1 ghs_E2eTokenE2eTokenE2eToken00)" \
		>"$dir/passwords"
	printf '#!/bin/sh\nexec /usr/lib/git-core/git-http-backend "$@"\n' >"$dir/backend"
	chmod +x "$dir/backend"
	nginx_conf "$dir" "$ca" "$address" >"$dir/nginx.conf"
	cat >"$dir/init" <<-INIT
		export HOME=$dir GIT_CONFIG_NOSYSTEM=1
		fcgiwrap -c 4 -s unix:$dir/backend.sock &
		exec nginx -p $dir -c $dir/nginx.conf
	INIT
	cell_start "$dir" "$dir/init"
	wait_until 10 test -S "$dir/backend.sock" || peer_die "fcgiwrap does not start: $(cat "$dir/log")"
	wait_until 10 port_open "$address" 20443 || peer_die "nginx does not start: $(cat "$dir/log")"
	cat >"$dir/env" <<-ENV
		GIT_HTTPS=https://$address:20443/git/app.git
		GIT_HTTP=http://$address:20080/git/app.git
		GIT_PATH=$dir/repos/app.git
		GIT_USER=ci
		GIT_PASSWORD=s3cret-Password
		GIT_TOKEN=ghs_E2eTokenE2eTokenE2eToken00
	ENV
}

case ${1:-} in
start) start "$(realpath -m "$2")" "$(realpath "$3")" "$4" ;;
stop) cell_stop "$2" ;;
*) peer_usage 'start DIR CA_DIR ADDRESS | stop DIR' ;;
esac
