# shellcheck shell=bash
# Runs that are cut off from a store, and runs that are killed.

# spread FROM TO COUNT: so many numbers, evenly between both.
spread() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { for (i = 0; i < n; i++) print int(a + (b - a) * (n > 1 ? i / (n - 1) : 0) + 0.5) }' | uniq; }

# spoilt REPORT [FAULT AT] -- STATUS WORD…: belay with a proxy in front of the bucket, which spoils one request.
spoilt() {
	local report=$1 proxy server=${S3_ENDPOINT#http://}
	shift
	rm -f "$report"
	local fault=()
	while [ "$1" != -- ]; do
		fault+=("$1")
		shift
	done
	"$here/s3_proxy.py" "$ADDRESS" 21483 "${server%:*}" "${server##*:}" "$report" "${fault[@]}" 2>proxy.err &
	proxy=$!
	wait_until 5 port_open "$ADDRESS" 21483
	run "${@:2}"
	kill -TERM $proxy
	wait $proxy || true
}

# Each request of an upload may be the one that fails: it is made again, and what arrives is right.
cut_off_from_the_bucket() {
	[ -n "$bucket" ] || { skip 'cut off from the bucket' && return; }
	keygen backup p256
	tree random noise 22000000 13
	configure <<-YAML
		noise:
		  source: {run: cat noise, name: noise}
		  seal: {recipients: [backup.crt]}
		  open: {key: {file: backup.key}, certificate: backup.crt}
		  store: $(s3_store spoilt "http://$ADDRESS:21483")
	YAML
	local requests fault at each=3
	[ $quick = no ] || each=1
	spoilt requests -- 0 backup run
	requests=$(wc -l <requests)
	verdict 'several parts, one after the other' "$((requests > 6))" 1
	for fault in reset lost truncated 500 503; do
		for at in $(spread 1 "$requests" $each); do
			spoilt requests-of-it $fault "$at" -- 0 backup run --json
			verdict "$fault at $at ($(sed -n "${at}p" requests)): outcome" "$(said '.backups[0].outcome')" made
		done
	done
	verdict 'nothing lies about' "$(garbage s3:spoilt)" ''
	spoilt requests -- 0 backup verify --read-data --json
	verdict 'all are good' "$(said '[.backups[0].copies[].outcome] | unique | join(" ")')" good
	spoilt requests lost "$(spread 1 "$(wc -l <requests)" 3 | sed -n 2p)" -- 0 backup restore noise --to-file back
	holds 'restored through a lost answer' cmp noise back
	local bad_secret=$S3_SECRET_KEY
	S3_SECRET_KEY=another-secret spoilt requests -- 1 backup run --json
	S3_SECRET_KEY=$bad_secret
	verdict 'another secret' "$(said '.backups[0].outcome')" failed
	verdict 'the reason is in the words of the store' "$(said '.backups[0].reason' | grep -c 'the secret key does not belong to the access key')" 1
	verdict 'and so is the way forward' "$(said '.backups[0].hint' | grep -c 'look at the secret key')" 1
}

# struck STATUS|any REPORT [CALL N] -- WORD…: belay, killed at the N-th such call.
struck() {
	local want=$1 report=$2 kill=() status=0
	shift 2
	if [ "$1" != -- ]; then
		kill=("$1" "$2" KILL)
		shift 2
	fi
	clean "$tmp/strike" "$report" "${kill[@]}" -- "$belay" "${@:2}" >out 2>err </dev/null || status=$?
	cat out err >>everything.out
	find journal.git -name '*.lock' -delete # git's, of a push that died; a run says which file it is
	[ "$want" = any ] || verdict "exit status of '${*:2}'" "$status" "$want"
}

# points REPORT COUNT: moments of an undisturbed run that are worth dying in, as "CALL N": each kind of call in turn, early and late.
points() {
	awk -v count="$2" '
		$1 ~ /^(write|pwrite64|openat|rename|link|unlink|mkdir|rmdir|fsync|sendto|sendmsg)$/ && $2 > 1 { call[n] = $1; calls[n++] = $2 }
		END { for (i = 0; i < count; i++) { at = i * 0.618034 + 0.1; print call[i % n], 1 + int((at - int(at)) * (calls[i % n] - 1)) } }' "$1"
}

# What is listed as good in a store, or may be so, can be read there, all of it. What was read before is not read again, but
# for `in the end`.
all_listed_is_readable() { # WHEN
	local name id seen
	[ "$1" != 'in the end' ] || : >read-before
	clean "$belay" backup list --json >listed 2>err </dev/null || true
	name=$(jq -r '.backups[0].name' listed)
	seen=$(jq '.backups[0].copies | length' listed)
	verdict "$1: something is listed" "$((seen > 0))" 1
	for id in $(jq -r '.backups[0].copies[] | select([.stores[].state] | any(. == "good" or . == "unverified" or . == "unknown")) | .id' listed); do
		clean "$belay" backup verify "$name/$id" --read-data --json >out 2>err </dev/null || true
		cat out err >>everything.out
		verdict "$1: $id" "$(jq -r --arg id "$id" --slurpfile read out '.backups[0].copies[] | select(.id == $id) | .stores[]
			| select(.state == "good" or .state == "unverified" or .state == "unknown") | .store as $store
			| $read[0].backups[0].copies[] | select(.store == $store and .outcome != "good") | "\(.store) \(.reason)"' listed 2>&1)" ''
	done
}

# Killed at any moment: nothing that is listed is unreadable, and the next run leaves nothing about.
killed_while_uploading() {
	keygen backup p256
	tree random noise 12000000 17
	configure <<-YAML
		noise:
		  source: {run: cat noise, name: noise}
		  seal: {recipients: [backup.crt]}
		  open: {key: {file: backup.key}, certificate: backup.crt}
		  pack: {chunk: 5MiB}
		  store: [{directory: kept}, {ssh: web1, path: /srv/backups}${bucket:+, $(s3_store killed)}]
	YAML
	: >read-before
	struck 0 report -- backup run
	local count=8 call n died=0
	[ $quick = no ] || count=4
	while read -r call n; do
		struck any report "$call" "$n" -- backup run
		grep -q '^signal 9' report && died=$((died + 1))
		all_listed_is_readable "killed at $call $n"
		run 0 backup run --take-lock --json
		verdict "after $call $n: outcome" "$(said '.backups[0].outcome')" made
		verdict "after $call $n: nothing lies about" "$(garbage kept "$WEB1_SRV/backups" ${bucket:+s3:killed})" ''
	done < <(points report $count)
	verdict 'most of them died' "$((died * 2 >= count))" 1
	all_listed_is_readable 'in the end'
	rm -rf "${WEB1_SRV:?}/backups"
}

killed_while_forgetting() {
	keygen backup p256
	configure <<-YAML
		text:
		  source: {run: date +%N, name: text}
		  seal: {recipients: [backup.crt]}
		  open: {key: {file: backup.key}, certificate: backup.crt}
		  keep: {last: 1}
		  store: [{directory: kept}, {ssh: web1, path: /srv/backups}${bucket:+, $(s3_store forgotten)}]
	YAML
	local count=8 call n
	[ $quick = no ] || count=4
	several() { for _ in 1 2 3; do run 0 backup run; done; }
	: >read-before
	several
	struck 0 report -- backup forget
	while read -r call n; do
		several
		struck any report "$call" "$n" -- backup forget
		all_listed_is_readable "killed at $call $n"
		run 0 backup forget
		verdict "after $call $n: the newest is left" "$(find kept "$WEB1_SRV/backups" -name manifest.json | wc -l) ${bucket:+$(in_bucket keys forgotten/ | grep -c manifest.json)}" "2 ${bucket:+1}"
		verdict "after $call $n: nothing lies about" "$(garbage kept "$WEB1_SRV/backups" ${bucket:+s3:forgotten})" ''
	done < <(points report $count)
	all_listed_is_readable 'in the end'
	rm -rf "${WEB1_SRV:?}/backups"
}
