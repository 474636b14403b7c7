#!/usr/bin/env bash
# An S3 server: OpenStack Swift with s3api, one node, which refuses a wrong region and knows no conditional PUT (501).
#
#   s3-swift.sh start DIR    returns when it answers; DIR/env says where it is
#   s3-swift.sh stop DIR
#
# Wants swift-proxy, swift-account, swift-container, swift-object.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

secret_key=belaySecretbelaySecret0123

defaults() { # DIR ADDRESS PORT
	cat <<-CONF
		[DEFAULT]
		bind_ip = $2
		bind_port = $3
		user = swift
		swift_dir = $1/etc
		workers = 0
		log_level = ERROR
		log_address = $1/nolog
	CONF
}

# One of account, container and object: its server and the ring that leads to it.
storage() { # DIR ADDRESS KIND PORT
	{
		defaults "$1" "$2" "$4"
		cat <<-CONF
			devices = $1/srv
			mount_check = false
			fallocate_reserve = 0
			[pipeline:main]
			pipeline = $3-server
			[app:$3-server]
			use = egg:swift#$3
			replication_server = false
			recon_cache_path = $1/run
			[$3-replicator]
			[$3-auditor]
			[$3-updater]
		CONF
	} >"$1/etc/$3-server.conf"
	(
		cd "$1/etc"
		swift-ring-builder "$3.builder" create 4 1 0
		swift-ring-builder "$3.builder" add --region 1 --zone 1 --ip "$2" --port "$4" --device d1 --weight 1
		swift-ring-builder "$3.builder" rebalance
	) >"$1/run/ring-$3.log"
}

proxy() { # DIR ADDRESS
	defaults "$1" "$2" 21470
	cat <<-CONF
		[pipeline:main]
		pipeline = catch_errors gatekeeper healthcheck cache listing_formats s3api tempauth bulk copy slo dlo proxy-server
		[app:proxy-server]
		use = egg:swift#proxy
		account_autocreate = true
		allow_account_management = true
		[filter:cache]
		use = egg:swift#memcache
		memcache_servers = $2:1
		[filter:s3api]
		use = egg:swift#s3api
		s3_acl = false
		location = us-east-1
		allow_multipart_uploads = true
		check_bucket_owner = false
		[filter:tempauth]
		use = egg:swift#tempauth
		user_ci_admin = $secret_key .admin .reseller_admin
	CONF
	local filter
	for filter in catch_errors gatekeeper healthcheck listing_formats bulk copy slo dlo; do
		printf '[filter:%s]\nuse = egg:swift#%s\n' $filter $filter
	done
}

start() {
	local dir=$1 address kind port=21471
	address=$(peer_address)
	mkdir -p "$dir"/{etc,srv/d1,run}
	cat >"$dir/etc/swift.conf" <<-CONF
		[swift-hash]
		swift_hash_path_prefix = belay
		swift_hash_path_suffix = belay
		[storage-policy:0]
		name = Policy-0
		default = yes
	CONF
	for kind in account container object; do
		storage "$dir" "$address" $kind $port
		port=$((port + 1))
	done
	proxy "$dir" "$address" >"$dir/etc/proxy-server.conf"
	cat >"$dir/init" <<-INIT
		for kind in account container object; do
		    /usr/bin/python3 /usr/bin/swift-\$kind-server $dir/etc/\$kind-server.conf &
		done
		exec /usr/bin/python3 /usr/bin/swift-proxy-server $dir/etc/proxy-server.conf
	INIT
	chmod 755 "$dir"
	chown -R swift "$dir"
	cell_start "$dir" "$dir/init"
	for port in 21471 21472 21473; do
		wait_until 30 port_open "$address" $port || peer_die "swift does not start: $(tail -n 5 "$dir/log")"
	done
	wait_until 30 curl -sf -o /dev/null "http://$address:21470/healthcheck" || peer_die "swift does not start: $(tail -n 5 "$dir/log")"
	cat >"$dir/env" <<-ENV
		S3_KIND=swift
		S3_ENDPOINT=http://$address:21470
		S3_ACCESS_KEY=ci:admin
		S3_SECRET_KEY=$secret_key
	ENV
}

case ${1:-} in
start) start "$(realpath -m "$2")" ;;
stop) cell_stop "$2" ;;
*) peer_usage 'start DIR | stop DIR' ;;
esac
