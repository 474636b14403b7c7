# shellcheck shell=bash
# Databases, dumped and restored; sources that fail; runs that meet.

pg() { PGPASSWORD=$PG_PASSWORD psql -XqAt "$PG_URL dbname=${2:-app}" -c "$1"; }
my() { mariadb --no-defaults -h "$MY_HOST" -P "$MY_PORT" -u ci "-p$MY_PASSWORD" --ssl-ca="$CA_PEM" --ssl-verify-server-cert -N -e "$1" "${2:-app}"; }
fresh_database() { PGOPTIONS='-c client_min_messages=warning' pg "DROP DATABASE IF EXISTS $1" && pg "CREATE DATABASE $1"; }
rows='id, quote, price, coalesce(note, $$none$$)'
pg_rows() { pg "SELECT $rows FROM orders ORDER BY id" "${1:-app}" | sha256sum; }
my_rows() { my "SELECT id, quote, price, COALESCE(note, 'none') FROM orders ORDER BY id" "${1:-app}" | sha256sum; }

# The same table in both: text that has to be quoted, an exact number, NULL.
fill_databases() {
	pg "SET client_min_messages = warning; DROP TABLE IF EXISTS orders; CREATE TABLE orders (id int PRIMARY KEY, quote text, price numeric(12,4), note text);
		INSERT INTO orders SELECT i, 'O''Brien \\ \"' || chr(8364) || chr(10) || md5(i::text), i / 7.0, CASE WHEN i % 3 > 0 THEN chr(9) || i END
		FROM generate_series(1, 20000) i"
	my "DROP TABLE IF EXISTS orders; CREATE TABLE orders (id int PRIMARY KEY, quote text, price decimal(12,4), note text) CHARACTER SET utf8mb4;
		INSERT INTO orders SELECT seq, CONCAT('O''Brien \\\\ \"€', CHAR(10), MD5(seq)), seq / 7, IF(seq % 3, CONCAT(CHAR(9), seq), NULL)
		FROM seq_1_to_20000"
}

# pg_dump here and on a host, mysqldump here: each read once, restored by pg_restore and mariadb, compared row by row.
dumps_of_databases() {
	[ -n "$databases" ] || { skip 'dumps of databases' && return; }
	fill_databases
	keygen backup p256
	cp "$CA_PEM" "$WEB1_SRV/ca.pem"
	local pg_dump="pg_dump --format=custom --dbname=\"$PG_URL dbname=app\"" my_options name
	my_options="--no-defaults -h $MY_HOST -P $MY_PORT -u ci --password=\"\$MYSQL_PASSWORD\" --ssl-ca=$CA_PEM --ssl-verify-server-cert"
	configure <<-YAML
		here:
		  source: {run: 'echo once >>$work/read; $pg_dump', name: app.dump, env: {PGPASSWORD: {env: PG_PASSWORD}}}
		  seal: {recipients: [backup.crt]}
		  open: {key: {file: backup.key}, certificate: backup.crt}
		  store: [{directory: kept}, {ssh: web1, path: /srv/backups}${bucket:+, $(s3_store dumps)}]
		there:
		  source: {ssh: web1, run: '${pg_dump/$CA_PEM/\/srv\/ca.pem}', name: app.dump, env: {PGPASSWORD: {env: PG_PASSWORD}}}
		  seal: {recipients: [backup.crt]}
		  open: {key: {file: backup.key}, certificate: backup.crt}
		  store: {directory: kept}
		maria:
		  source: {run: 'mysqldump $my_options --single-transaction app', name: app.sql, env: {MYSQL_PASSWORD: {env: MY_PASSWORD}}}
		  seal: {passphrase: {env: PASSPHRASE}}
		  store: {directory: kept}
		  restore: {run: 'mariadb $my_options back', env: {MYSQL_PASSWORD: {env: MY_PASSWORD}}}
	YAML
	run 0 backup run --json --record run.tape
	verdict 'three dumps' "$(said '[.backups[].outcome] | join(" ")')" 'made made made'
	verdict 'one read of the source' "$(wc -l <read)" 1
	run 0 replay run.tape --json
	verdict 'replayed without a source, a store or a secret' "$(wc -l <read)" 1
	for name in here there; do
		run 0 backup restore $name --to-file $name.dump
		fresh_database back
		holds "pg_restore of $name" env PGPASSWORD="$PG_PASSWORD" pg_restore --exit-on-error -d "$PG_URL dbname=back" $name.dump
		verdict "rows of $name" "$(pg_rows back)" "$(pg_rows)"
	done
	my 'DROP DATABASE IF EXISTS back; CREATE DATABASE back'
	run 0 backup restore maria --in-place
	verdict 'rows of maria' "$(my_rows back)" "$(my_rows)"
	my 'DROP DATABASE back; CREATE DATABASE back'
	run 0 backup restore maria --to-command "mariadb --no-defaults -h $MY_HOST -P $MY_PORT -u ci --password=\"\$MY_PASSWORD\" back"
	verdict 'rows of maria, by another command' "$(my_rows back)" "$(my_rows)"
	run 1 backup restore maria --to-command 'cat >/dev/null; exit 4'
	rm -rf "${WEB1_SRV:?}"/{backups,ca.pem}
}

# What fails half way leaves nothing behind, in no store, and the journal says so.
sources_that_fail() {
	local name source
	keygen backup p256
	tree random noise 30000000 11
	local -A sources=(
		[exits]='run: "cat noise; exit 3"' [dies]='run: "cat noise; kill -9 $$"' [silent]='run: exit 1'
		[remote]='ssh: web1, run: "dd if=/dev/urandom bs=1M count=30 status=none; exit 3"' [missing]='directory: nowhere')
	for name in "${!sources[@]}"; do
		source="${sources[$name]}"
		[[ $source = directory* ]] || source+=', name: x.bin'
		echo "$name: {source: {$source}, seal: {recipients: [backup.crt]}, store: [{directory: kept}, {ssh: web1, path: /srv/backups}${bucket:+, $(s3_store failing)}]}"
	done | configure
	for name in "${!sources[@]}"; do
		run 1 backup run "$name" --json
		verdict "$name: outcome" "$(said '.backups[0] | [.outcome, .reason != null] | map(tostring) | join(" ")')" 'failed true'
		verdict "$name: nothing is left" "$(garbage kept "$WEB1_SRV/backups" ${bucket:+s3:failing})" ''
		verdict "$name: the journal" "$(event backup.failed .backup)" "$name"
	done
	run 1 backup list --json
	verdict 'they are listed as failed' "$(said '[.backups[].outcome] | unique | join(" ")')" fail
	[ -z "$databases" ] || a_dump_that_is_killed
	rm -rf "${WEB1_SRV:?}/backups"
}

a_dump_that_is_killed() {
	fill_databases
	cat >dump <<-SCRIPT
		rm -f pipe && mkfifo pipe
		pg_dump "$PG_URL dbname=app" >pipe &
		exec 3<pipe
		head -c 100000 <&3
		kill -9 \$!
		cat <&3
		wait \$!
	SCRIPT
	configure <<-YAML
		dump:
		  source: {run: sh ./dump, name: app.sql, env: {PGPASSWORD: {env: PG_PASSWORD}}}
		  seal: {recipients: [backup.crt]}
		  store: {directory: kept}
	YAML
	run 1 backup run dump --json
	verdict 'a dump that is killed' "$(said '.backups[0].outcome')" failed
	verdict 'leaves nothing either' "$(garbage kept)" ''
}

# Two runs of one backup: the second one is told so, and the first one is not disturbed.
one_at_a_time() {
	keygen backup p256
	mkfifo gate # which opens when somebody writes
	configure <<-YAML
		slow: {source: {run: 'echo begun >began; cat gate', name: x}, seal: {recipients: [backup.crt]}, store: {directory: kept}}
		other: {source: {run: echo y, name: y}, seal: {recipients: [backup.crt]}, store: {directory: kept}}
	YAML
	clean "$belay" backup run slow --json >first 2>first.err </dev/null &
	local first=$! status=0
	wait_until 20 test -s began
	run 10 backup run slow --json
	run 0 backup run other
	run 0 backup list slow --json
	verdict 'it is seen to be running' "$(said '.backups[0].running != null')" true
	echo content >gate
	wait $first || status=$?
	verdict 'the first one ends well' "$status $(jq -r '.backups[0].outcome' first)" '0 made'
	verdict 'one copy of each' "$(find kept -name manifest.json | wc -l)" 2
}
