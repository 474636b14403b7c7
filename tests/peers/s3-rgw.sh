#!/usr/bin/env bash
# An S3 server: Ceph's RADOS Gateway with a monitor and one OSD in memory, which checks signatures, payloads and conditions.
#
#   s3-rgw.sh start DIR    returns when it answers; DIR/env says where it is
#   s3-rgw.sh stop DIR
#
# Wants radosgw, ceph-mon, ceph-osd, ceph-common. Not looked at by it: the region of a signature. It takes parts of 1000 bytes,
# and has a KMS key "belay-key" and a second storage class (S3_STORAGE_CLASS) with a pool of its own. A second gateway to the same buckets (S3_STS_ENDPOINT) gives and takes temporary keys for the
# role "backups" (AssumeRole), which may live for seconds; a gateway that does says of every wrong key only "AccessDenied".
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

access_key=BELAYTESTKEY00000000
secret_key=belaySecretbelaySecretbelaySecret0123456
storage_class=STANDARD_IA
# Who may take the role "backups" for a while, and what it may do then.
trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam:::user/belay"]},"Action":["sts:AssumeRole"]}]}'
policy='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:aws:s3:::*"}]}'

ceph_conf() { # DIR ADDRESS PORT
	cat <<-CONF
		[global]
		fsid = $(cat /proc/sys/kernel/random/uuid)
		auth_cluster_required = none
		auth_service_required = none
		auth_client_required = none
		mon_initial_members = a
		mon_host = [v2:$2:21480,v1:$2:21481]
		public_addr = $2
		cluster_addr = $2
		ms_bind_ipv6 = false
		ms_mon_client_mode = crc
		keyring = /dev/null
		run_dir = $1/run
		admin_socket = $1/run/\$cluster-\$name.asok
		pid_file = $1/run/\$name.pid
		log_file = $1/run/\$name.log
		crash_dir = $1/run
		client_mount_timeout = 20
		mon_data = $1/mon
		mon_data_avail_crit = 1
		mon_allow_pool_size_one = true
		osd_data = $1/osd
		osd_objectstore = memstore
		memstore_device_bytes = 1073741824
		osd_class_load_list = *
		osd_class_default_list = *
		osd_crush_chooseleaf_type = 0
		osd_pool_default_size = 1
		osd_pool_default_min_size = 1
		osd_pool_default_pg_num = 4
		osd_pool_default_pg_autoscale_mode = off
		rgw_dns_name = s3.localhost
		rgw_multipart_min_part_size = 1000
		rgw_crypt_require_ssl = false
		rgw_crypt_s3_kms_backend = testing
		rgw_crypt_s3_kms_encryption_keys = belay-key=$(head -c 32 /dev/zero | base64)
		[client.rgw]
		rgw_data = $1/rgw
		rgw_frontends = beast endpoint=$2:21482 endpoint=127.0.0.1:$3
		[client.sts]
		rgw_data = $1/sts
		rgw_frontends = beast endpoint=$2:21483
		rgw_s3_auth_use_sts = true
		rgw_sts_key = belaybelaybelay0
		rgw_sts_min_session_duration = 1
	CONF
}

start() {
	local dir=$1 address port ceph
	mkdir -p "$dir"/{mon,osd,rgw,sts,run}
	address=$(peer_address)
	# Names in .localhost lead to 127.0.0.1 only, which worlds share.
	port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	ceph_conf "$dir" "$address" "$port" >"$dir/ceph.conf"
	ceph=(-c "$dir/ceph.conf")
	# All of it in one cell: the daemons are gone when their first process is.
	cat >"$dir/init" <<-INIT
		set -e
		monmaptool --create --fsid "\$(sed -n 's/^fsid = //p' $dir/ceph.conf)" --addv a "[v2:$address:21480,v1:$address:21481]" $dir/monmap
		ceph-mon ${ceph[*]} -i a --mkfs --monmap $dir/monmap --keyring /dev/null
		ceph-mon ${ceph[*]} -i a
		ceph ${ceph[*]} --connect-timeout 20 osd create
		ceph-osd ${ceph[*]} -i 0 --mkfs
		ceph-osd ${ceph[*]} -i 0
		radosgw-admin ${ceph[*]} user create --uid=belay --display-name=belay --access-key=$access_key --secret-key=$secret_key
		radosgw-admin ${ceph[*]} role create --role-name=backups --path=/ --assume-role-policy-doc='$trust'
		radosgw-admin ${ceph[*]} role-policy put --role-name=backups --policy-name=all --policy-doc='$policy'
		radosgw-admin ${ceph[*]} zonegroup placement add --rgw-zonegroup=default --placement-id=default-placement --storage-class=$storage_class
		radosgw-admin ${ceph[*]} zone placement add --rgw-zone=default --placement-id=default-placement --storage-class=$storage_class --data-pool=default.rgw.rarely.data
		radosgw ${ceph[*]} -n client.sts
		exec radosgw ${ceph[*]} -n client.rgw -f
	INIT
	cell_start "$dir" "$dir/init"
	wait_until 60 curl -sf --fail-early -o /dev/null "http://$address:21482/" -o /dev/null "http://$address:21483/" || peer_die "radosgw does not start: $(tail -n 5 "$dir/log")"
	cat >"$dir/env" <<-ENV
		S3_KIND=ceph
		S3_ENDPOINT=http://$address:21482
		S3_HOST_ENDPOINT=http://s3.localhost:$port
		S3_ACCESS_KEY=$access_key
		S3_SECRET_KEY=$secret_key
		S3_STS_ENDPOINT=http://$address:21483
		S3_ROLE=arn:aws:iam:::role/backups
		S3_KMS_KEY=belay-key
		S3_STORAGE_CLASS=$storage_class
	ENV
}

case ${1:-} in
start) start "$(realpath -m "$2")" ;;
stop) cell_stop "$2" ;;
*) peer_usage 'start DIR | stop DIR' ;;
esac
