#!/usr/bin/env bash
# Databases to dump and to restore: PostgreSQL and MariaDB, with TLS and passwords, each with an empty database `app`.
#
#   databases.sh start DIR CA_DIR ADDRESS    returns when both answer; DIR/env says where they are
#   databases.sh stop DIR
#
# PostgreSQL on port 21432, MariaDB on 21306; both know the user ci, who may do anything, and speak to 127.0.0.0/8 only.
# Durability is switched off. Wants postgresql and mariadb-server.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

pg_password=s3cret-Pg my_password=s3cret-My
# Where the packages have theirs: whatever DIR is, the servers' users may enter these.
pg_home=/var/lib/postgresql my_home=/var/lib/mysql

pg_conf() { # ADDRESS
	cat <<-CONF
		listen_addresses = '$1'
		port = 21432
		unix_socket_directories = '$pg_home'
		shared_buffers = 16MB
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		ssl = on
		ssl_cert_file = '$pg_home/cert.pem'
		ssl_key_file = '$pg_home/key.pem'
	CONF
}

my_conf() { # ADDRESS
	cat <<-CONF
		[mariadbd]
		user = mysql
		datadir = $my_home/data
		socket = $my_home/socket
		bind_address = $1
		port = 21306
		pid_file = $my_home/pid
		ssl_cert = $my_home/cert.pem
		ssl_key = $my_home/key.pem
		innodb_buffer_pool_size = 16M
		innodb_log_file_size = 8M
		innodb_flush_log_at_trx_commit = 0
		skip_name_resolve
		skip_log_bin
	CONF
}

# Makes a home for a server: certificate, key, and what the server reads.
furnish() { # HOME USER CA_DIR CONFIGURATION
	install -d -o "$2" -g "$2" -m 700 "$1"
	install -o "$2" -g "$2" -m 644 "$3/database.pem" "$1/cert.pem"
	install -o "$2" -g "$2" -m 600 "$3/database.key" "$1/key.pem"
	install -o "$2" -g "$2" -m 644 /dev/stdin "$1/conf" <<<"$4"
}

# What the first process of the cell does: both are made, then served, side by side.
init() { # DIR BIN
	cat <<-INIT
		set -e
		mkdir -p $pg_home $my_home
		mount --bind $1/pg $pg_home
		mount --bind $1/my $my_home
		export HOME=/ LC_ALL=C.UTF-8
		cd /
		postgres() {
			setpriv --reuid=postgres --regid=postgres --clear-groups $2/initdb -D $pg_home/data -U ci \\
				--pwfile=$pg_home/password -A scram-sha-256 --no-sync -E UTF8 --locale=C.UTF-8
			cat $pg_home/conf >>$pg_home/data/postgresql.conf
			exec setpriv --reuid=postgres --regid=postgres --clear-groups $2/postgres -D $pg_home/data
		}
		mariadb() {
			mariadb-install-db --no-defaults --user=mysql --datadir=$my_home/data --skip-test-db --skip-name-resolve \\
				--auth-root-authentication-method=normal
			exec mariadbd --defaults-file=$my_home/conf --init-file=$my_home/users
		}
		postgres &
		mariadb &
		wait
	INIT
}

pg() { PGPASSWORD=$pg_password psql -XqAt -h "$1" -p 21432 -U ci -d "$2" -c "$3"; }
my() { mariadb --no-defaults -h "$1" -P 21306 -u ci "-p$my_password" -e "$2"; }

start() {
	local dir=$1 ca=$2 address=$3 bin
	bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
	[ -n "$bin" ] || peer_die 'PostgreSQL is not installed'
	mkdir -p "$dir"
	"$here/ca.sh" leaf "$ca" database "IP:$address,DNS:localhost"
	furnish "$dir/pg" postgres "$ca" "$(pg_conf "$address")"
	furnish "$dir/my" mysql "$ca" "$(my_conf "$address")"
	install -o postgres -m 600 /dev/stdin "$dir/pg/password" <<<"$pg_password"
	# Whoever connects from this machine is 127.0.0.1 to it, whatever address it listens on.
	install -o mysql -m 600 /dev/stdin "$dir/my/users" <<-SQL
		CREATE USER IF NOT EXISTS ci@'127.%' IDENTIFIED BY '$my_password';
		GRANT ALL ON *.* TO ci@'127.%' WITH GRANT OPTION;
		CREATE DATABASE IF NOT EXISTS app;
	SQL
	init "$dir" "$bin" >"$dir/init"
	cell_start "$dir" "$dir/init"
	wait_until 30 pg "$address" postgres 'CREATE DATABASE app' || peer_die "PostgreSQL does not start: $(tail -n 5 "$dir/log")"
	wait_until 30 my "$address" 'USE app' || peer_die "MariaDB does not start: $(tail -n 5 "$dir/log")"
	cat >"$dir/env" <<-ENV
		PG_URL="host=$address port=21432 user=ci sslmode=verify-full sslrootcert=$ca/ca.pem"
		PG_PASSWORD=$pg_password
		MY_HOST=$address
		MY_PORT=21306
		MY_PASSWORD=$my_password
	ENV
}

case ${1:-} in
start) start "$(realpath -m "$2")" "$(realpath "$3")" "$4" ;;
stop) cell_stop "$2" ;;
*) peer_usage 'start DIR CA_DIR ADDRESS | stop DIR' ;;
esac
