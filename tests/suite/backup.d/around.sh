# shellcheck shell=bash
# What backups are part of: promises, retention, deployments, rollbacks, drills; and how large they may be.

# older DAYS HOUR: the only copy there is once more, as if it had been made then. The journal gets to know it by a look at it.
older() {
	local day id stamp made
	made=$(basename "$(find kept/text -mindepth 1 -maxdepth 1 | sort | tail -n 1)")
	day=$(date -u -d "$1 days ago" +%Y-%m-%d)
	id=${day//-/}T${2}0000Z-0001 stamp=${day}T$2:00:00Z
	cp -r "kept/text/$made" "kept/text/$id"
	jq -c --arg id "$id" --arg at "$stamp" '.id = $id | .begun_at = $at | .finished_at = $at' "kept/text/$made/manifest.json" >"kept/text/$id/manifest.json"
	run 0 backup verify "text/$id"
}

# What is kept and what goes, said before it is done.
what_is_kept() {
	keygen backup p256
	configure <<-YAML
		text:
		  source: {run: date +%N, name: text}
		  seal: {recipients: [backup.crt]}
		  open: {key: {file: backup.key}, certificate: backup.crt}
		  every: 1d
		  keep: {local: 2d, daily: 4}
		  store: {directory: kept}
		never: {source: {run: echo, name: text}, seal: {recipients: [backup.crt]}, store: {directory: never}}
	YAML
	local before after day
	run 0 backup list text --json
	verdict 'none yet' "$(said '.backups[0].outcome')" inconclusive
	run 0 backup run text
	for day in '1 03' '3 03' '3 05' '5 03' '9 03' '12 03'; do older ${day}; done
	run 0 backup list text --json
	verdict 'all are known' "$(said '[.backups[0].copies[].stores[].state] | unique, length | tostring' | xargs)" '[good] 7'
	verdict 'on time' "$(said '.backups[0] | .outcome, .late, .age_ms < 600000' | xargs)" 'pass false true'
	run 0 status
	verdict 'status says so' "$(grep -c text out | sed 's/^[1-9].*/yes/')" yes
	after=$(date -u -d '2 days' +%Y-%m-%dT%H:%M:%SZ)
	run 1 backup list text --json --at "$after"
	verdict 'late' "$(said '.backups[0] | .outcome, .late' | xargs)" 'fail true'

	before=$(tree show kept)
	run 0 backup forget text --dry-run --json
	jq -c '[.backups[0].stores[0].copies[] | [.id, .keep, .reasons]]' out >dry
	verdict 'a dry run removes nothing' "$(diff <(echo "$before") <(tree show kept))" ''
	run 0 backup forget text --json
	verdict 'the same decisions' "$(jq -c '[.backups[0].stores[0].copies[] | [.id, .keep, .reasons]]' out)" "$(cat dry)"
	verdict 'each with its reason' "$(said '[.backups[0].stores[0].copies[].reasons | length > 0] | all')" true
	verdict 'four days stay, one copy of each' "$(said '[.backups[0].stores[0].copies[].keep] | map(tostring) | join(" ")')" 'true true true false true false false'
	verdict 'and nothing else' "$(find kept -name manifest.json | wc -l)" 4
	verdict 'nothing of them is left' "$(garbage kept)" ''
	run 2 backup forget never
	verdict 'nothing is forgotten without a policy' "$(grep -c keep err | sed 's/^[1-9].*/said/')" said
}

# A service is backed up before it is touched; a rollback brings that back; a drill proves that it could.
around_a_deployment() {
	[ -n "$databases" ] || { skip 'around a deployment' && return; }
	fill_databases
	keygen backup p256
	local id
	configure '{services: {app: {driver: command, deploy: {run: ./deploy}, version: {run: cat live}, backup: db}}}' <<-YAML
		db:
		  source: {run: 'pg_dump --format=custom "$PG_URL dbname=app"', name: app.dump, env: {PGPASSWORD: {env: PG_PASSWORD}}}
		  seal: {recipients: [backup.crt]}
		  open: {key: {file: backup.key}, certificate: backup.crt}
		  store: {directory: kept}
		  restore: {run: 'pg_restore --clean --if-exists --exit-on-error -d "$PG_URL dbname=app"', env: {PGPASSWORD: {env: PG_PASSWORD}}}
		  drill:
		    every: 7d
		    rto: 5m
		    to: {run: 'pg_restore --exit-on-error -d "$PG_URL dbname=drill"', env: {PGPASSWORD: {env: PG_PASSWORD}}}
		    checks:
		    - name: rows
		      run: PGPASSWORD=\$PG_PASSWORD psql -XqAt "$PG_URL dbname=drill" -c 'select count(*) from orders'
		      expect: ['.exit == 0', '(.stdout | tonumber) == 20000']
	YAML
	cat >deploy <<-'SCRIPT'
		#!/bin/sh
		echo "$BELAY_VERSION" >live
		find kept -name manifest.json | wc -l >backups-then
	SCRIPT
	chmod +x deploy && echo none >live
	run 0 deploy --version v1
	run 0 deploy --version v2
	verdict 'made before it was touched' "$(cat backups-then)" 2
	verdict 'recorded' "$(events | grep -o deployment.backed-up | wc -l)" 2
	id=$(event deployment.backed-up .id)
	run 0 status
	verdict 'status shows the backup' "$(grep -c 'db' out | sed 's/^[1-9].*/yes/')" yes

	local rows_before
	rows_before=$(pg_rows)
	pg "DELETE FROM orders WHERE id > 100; UPDATE orders SET quote = 'spoilt'"
	run 0 rollback --to v1 --restore "db/$id"
	verdict 'rows are as they were' "$(pg_rows)" "$rows_before"
	verdict 'v1 is live' "$(cat live)" v1
	verdict 'recorded, too' "$(event backup.restored .outcome)" good

	fresh_database drill
	run 0 backup drill db --json
	verdict 'drilled' "$(said '[.outcome, .checks[0].outcome, .rto_ms > 0, .rpo_ms > 0] | map(tostring) | join(" ")')" 'pass pass true true'
	fresh_database drill
	pg 'DELETE FROM orders WHERE id = 7'
	run 0 backup run
	run 1 backup drill db --json
	verdict 'a row is missing' "$(said '[.outcome, .checks[0].outcome] | join(" ")')" 'fail fail'
	verdict 'drills are recorded' "$(events | grep -o backup.drilled | wc -l)" 2

	sed -i 's/pg_dump --format/false; &/; s/false; pg_dump/false \&\& pg_dump/' belay.yml
	run 1 deploy --version v3
	verdict 'no backup, no deployment' "$(cat live)" v1
}

# The peak is the same for a little and for a lot.
however_large() {
	keygen backup p256
	cc -O2 -x c -o stream - <<-'C'
		#include <stdint.h>
		#include <stdlib.h>
		#include <unistd.h>
		/* So many MB that compress by about a half, and never come again. */
		int main(int argc, char **argv)
		{
			static uint64_t block[1 << 17];
			uint64_t x = 88172645463325252u;
			for (long left = argc > 1 ? atol(argv[1]) : 0; left > 0; left--) {
				for (size_t i = 0; i < sizeof(block) / 8; i++) {
					x ^= x << 13, x ^= x >> 7, x ^= x << 17;
					block[i] = i & 1 ? x : x & 0x0f0f;
				}
				for (size_t done = 0; done < sizeof(block);) {
					ssize_t n = write(1, (char *)block + done, sizeof(block) - done);
					if (n <= 0)
						return 1;
					done += (size_t)n;
				}
			}
			return 0;
		}
	C
	local size sizes=(200 4000) peak
	[ $quick = no ] || sizes=(200)
	configure <<-YAML
		of-200: {source: {run: ./stream 200, name: x}, seal: {recipients: [backup.crt]}, store: {directory: kept}}
		of-4000: {source: {run: ./stream 4000, name: x}, seal: {recipients: [backup.crt]}, store: {directory: kept}}
	YAML
	for size in "${sizes[@]}"; do
		peak=$(clean "$tmp/timer" "$belay" backup run "of-$size" 2>err </dev/null | cut -d' ' -f2)
		verdict "peak memory of $size MB: ${peak:-?} KiB" "$((${peak:-999999} <= 96 << 10))" 1
		peak=$(clean "$tmp/timer" "$belay" backup verify "of-$size" --read-data 2>err </dev/null | cut -d' ' -f2)
		verdict "peak memory of verifying $size MB: ${peak:-?} KiB" "$((${peak:-999999} <= 96 << 10))" 1
		peak=$(clean "$tmp/timer" "$belay" backup restore "of-$size" --key backup.key --certificate backup.crt --to-command 'cat >/dev/null' 2>err </dev/null | cut -d' ' -f2)
		verdict "peak memory of restoring $size MB: ${peak:-?} KiB" "$((${peak:-999999} <= 96 << 10))" 1
		rm -rf kept
	done
}
