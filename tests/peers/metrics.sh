#!/usr/bin/env bash
# A place for metrics: Pushgateway, and a Prometheus that scrapes it every second.
#
#   metrics.sh start DIR CA_DIR ADDRESS    returns when they answer; DIR/env says where they are
#   metrics.sh stop DIR
#
# Prometheus on port 21390, Pushgateway on 21391; a second one on 21392 with TLS and user ci, password s3cret-Push.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

web_conf() { # CA_DIR
	/usr/bin/python3 -W ignore - "$1" <<-'PYTHON'
		import crypt, sys
		print("basic_auth_users: {ci: '%s'}" % crypt.crypt("s3cret-Push", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))
		print("tls_server_config: {cert_file: %s/push.pem, key_file: %s/push.key}" % (sys.argv[1], sys.argv[1]))
	PYTHON
}

start() {
	local dir=$1 ca=$2 address=$3
	mkdir -p "$dir"
	"$here/ca.sh" leaf "$ca" push "IP:$address,DNS:localhost"
	web_conf "$ca" >"$dir/web.yml"
	cat >"$dir/prometheus.yml" <<-CONF
		global: {scrape_interval: 1s}
		scrape_configs:
		- {job_name: pushgateway, honor_labels: true, static_configs: [{targets: ["$address:21391"]}]}
	CONF
	cat >"$dir/init" <<-INIT
		prometheus-pushgateway --web.listen-address=$address:21391 --persistence.file= &
		prometheus-pushgateway --web.listen-address=$address:21392 --web.config.file=$dir/web.yml --persistence.file= &
		exec prometheus --config.file=$dir/prometheus.yml --storage.tsdb.path=$dir/tsdb --web.listen-address=$address:21390
	INIT
	cell_start "$dir" "$dir/init"
	for port in 21391 21392 21390; do
		wait_until 20 port_open "$address" $port || peer_die "nothing answers on port $port: $(tail -n 5 "$dir/log")"
	done
	wait_until 20 curl -sf -o /dev/null "http://$address:21390/-/ready" || peer_die "prometheus is not ready: $(tail -n 5 "$dir/log")"
	cat >"$dir/env" <<-ENV
		PROMETHEUS=http://$address:21390
		PUSHGATEWAY=http://$address:21391
		PUSHGATEWAY_TLS=https://$address:21392
		PUSH_PASSWORD=s3cret-Push
	ENV
}

case ${1:-} in
start) start "$(realpath -m "$2")" "$(realpath "$3")" "$4" ;;
stop) cell_stop "$2" ;;
*) peer_usage 'start DIR CA_DIR ADDRESS | stop DIR' ;;
esac
