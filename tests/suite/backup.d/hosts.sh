# shellcheck shell=bash
# Directories and files of a host, over SSH: the same as of this machine; and the configuration sets, here and there.

host_run() { "$root/tests/peers/host.sh" run "$tmp/world/web1" "$@"; }

# What a run named as left out of one backup, below DIR. left_out BACKUP DIR <out
left_out() { jq -r --arg name "$1" --arg dir "$2/" '.backups[] | select(.name == $name) | .left_out[] | "\(.path | ltrimstr($dir) | gsub("\n"; "|")) \(.reason)"' out | sort; }

a_pair() { # NAME EXCLUDE: the same directory, as a backup of this machine and of the host
	cat <<-YAML
		$1-here:
		  source: {directory: "$WEB1_SRV/tree"$2}
		  seal: {passphrase: {env: PASSPHRASE}}
		  store: {directory: kept}
		  open: {passphrase: {env: PASSPHRASE}}
		$1-there:
		  source: {ssh: web1, directory: /srv/tree$2}
		  seal: {passphrase: {env: PASSPHRASE}}
		  store: {directory: kept}
		  open: {passphrase: {env: PASSPHRASE}}
	YAML
}

# What is packed here and what the host's tar packs, restored: nobody can tell which is which.
a_tree_of_a_host() {
	local at=$WEB1_SRV/tree name exclude=", exclude: ['*.tmp', /cache/, '.*', 'odd/', 'deep/**']"
	mkdir -p "$at"
	tree make "$at"
	mkdir -p "$at/cache/in" "$at/modes/cache"
	echo x | tee "$at/cache/in/file" "$at/cache/x" "$at/modes/cache/kept" "$at/some.tmp" "$at/modes/.hidden" >/dev/null
	mkfifo "$at/a fifo"
	/usr/bin/python3 -c 'import os, socket, sys; os.chdir(sys.argv[1]); [socket.socket(socket.AF_UNIX).bind(name) for name in sys.argv[2:]]' \
		"$at" socket $'modes/s \\ ü:\n2'
	{ a_pair all '' && a_pair some "$exclude"; } | configure

	run 0 backup run --json
	verdict 'nothing to warn of' "$(said '[.backups[].warnings // [] | .[]] | join("; ")')" ''
	verdict 'tar is named' "$(jq -r '.tools.tar' kept/all-there/*/manifest.json | cut -c-13)" 'tar (GNU tar)'
	verdict 'named are a pipe and two sockets' "$(left_out all-here "$at")" $'a fifo is a FIFO\nmodes/s \\ ü:|2 is a socket\nsocket is a socket'
	verdict 'the same ones of the host' "$(left_out all-there /srv/tree)" "$(left_out all-here "$at")"
	for name in all some; do
		run 0 backup restore $name-here --to "$name-here" --passphrase-env PASSPHRASE
		run 0 backup restore $name-there --to "$name-there" --passphrase-env PASSPHRASE
		same "$name: the same" "$name-here" "$name-there"
	done
	touch -r "$at/modes" stamp
	rm "$at/a fifo" "$at/socket" "$at"/modes/s*
	touch -r stamp "$at/modes"
	same 'the tree itself' "$at" all-there
	if installed acl; then
		verdict 'the same rights' "$(cd all-there && getfacl -cn later links)" "$(cd "$at" && getfacl -cn later links)"
		verdict 'the group no more than it had' "$(getfacl -cn all-there/later | grep '^group::')" group::r--
	else
		skip "acl cannot be installed ($(tail -n 1 "$tmp/apt"))"
	fi
	verdict 'no larger on the disk' "$(($(du -s all-there/holes | cut -f1) <= $(du -s "$at/holes" | cut -f1) + 64))" 1
	verdict 'left out' "$(cd some-there && ls -Ad cache odd deep/* some.tmp modes/.hidden modes/cache/kept 2>/dev/null)" modes/cache/kept

	local getent
	getent=$(realpath "$(command -v getent)")
	host_run mount --bind "$(type -P true)" "$getent"
	run 0 backup run all-there --json
	verdict 'names without numbers' "$(said '.backups[0].warnings[]')" "an ACL names the user 'daemon', whose number the host does not tell: its rights come back only where that name is known"
	host_run umount "$getent"

	another_tar "$at"
	rm -rf "$at"
}

# Busybox has no words for all of that: then the run says so, and does what it can.
another_tar() { # DIR
	local tar
	if ! command -v busybox >/dev/null && ! installed busybox-static; then
		skip "busybox cannot be installed ($(tail -n 1 "$tmp/apt"))"
		return
	fi
	tar=$(realpath "$(command -v tar)")
	holds 'another tar on the host' host_run mount --bind "$(realpath "$(command -v busybox)")" "$tar"
	run 0 backup run all-there --json
	verdict 'a warning' "$(said '.backups[0].warnings | map(select(contains("busybox"))) | join("") | contains("ACLs, extended attributes and the holes of sparse files are not kept")')" true
	run 1 backup run some-there
	verdict 'patterns are refused' "$(grep -c 'not known to understand exclude patterns' err)" 1
	host_run umount "$tar"
	run 0 backup restore all-there --to by-busybox --passphrase-env PASSPHRASE
	verdict 'the contents are there' "$(cd by-busybox && sha256sum text noise holes/sparse)" "$(cd "$1" && sha256sum text noise holes/sparse)"
}

# --- the example ---

# As it is shipped, but for addresses and for what the runner would bring along.
the_shipped_example() {
	local at=$WEB1_SRV/shop/shared/uploads
	mkdir -p "$at/cache" "$at/2026/cache" keys
	seq 1001 | sed "s|^|$at/2026/|" | xargs touch
	echo x | tee "$at/cache/x" "$at/2026/cache/kept" "$at/2026/half.tmp" >/dev/null
	keygen keys/drill p256
	keygen keys/offline p256
	sed -e "s|backup@[a-z0-9]*\.example\.[a-z]*|\"$WEB1_SSH\"|" -e "s|https://fra1.digitaloceanspaces.com|$S3_ENDPOINT|" \
		-e "s|bucket: acme-backups|bucket: ${bucket:-none}|" -e 's|region: fra1|region: default|' "$root/examples/backups/.github/belay.yml" >belay.yml
	[ -n "$bucket" ] || sed -i '/- s3:/,/keep: {remote: 14d/d' belay.yml
	printf 'state: {remote: "%s"}\n' "$work/journal.git" >>belay.yml
	variables=(SPACES_KEY="$S3_ACCESS_KEY" SPACES_SECRET="$S3_SECRET_KEY" SSH_KEY="$(cat "$KEYS/id_ed25519")"
		KNOWN_HOSTS="$(cat "$KNOWN_HOSTS_FILE")" DRILL_KEY="$(cat keys/drill.key)")
	run 0 backup run uploads --json
	verdict 'made in all of its stores' "$(said '.backups[0] | [.outcome, .stores[].state] | unique | join(" ")')" 'good made'
	run 0 backup drill uploads
	run 0 backup restore uploads --to back --key keys/offline.key --certificate keys/offline.crt
	verdict 'patterns hold' "$(cd back && find . -name cache -o -name '*.tmp' | sort | xargs)" './2026/cache'
	rm -rf "${WEB1_SRV:?}/shop" "${WEB1_SRV:?}/backups"
}
# --- configuration sets ---

# A file for each place of each set: SET PATH
set_places='nginx /etc/nginx/sites/belay.conf
nginx /usr/local/etc/nginx/belay.conf
certificates /etc/letsencrypt/live/belay/privkey.pem
certificates /etc/ssl/private/belay.key
certificates /usr/local/share/ca-certificates/belay.crt
certificates /var/lib/dehydrated/certs/belay.pem
certificates /root/.acme.sh/belay.conf
units /etc/systemd/system/belay.service
units /etc/systemd/user/belay.service
units /usr/local/lib/systemd/system/belay.service
environment /etc/environment
environment /etc/environment.d/belay.conf
environment /etc/default/belay'

# dress FAKE PROGRAM >SCRIPT: runs it where a copy of /etc, and places of our own, stand over those of the system.
dress() {
	cat <<-SCRIPT
		#!/usr/bin/env bash
		set -e
		mount --bind /var/lib/dpkg "$1/var/lib/dpkg"
		mount --bind "$1/var/lib" /var/lib
		for place in etc usr/local root; do mount --bind "$1/\$place" "/\$place"; done
		exec $2 "\$@"
	SCRIPT
}

# Files of all sets stand around; each set brings its own, all of them, and no other's.
every_set() {
	local fake=$work/fake set path where
	mkdir -p "$fake"/{usr/local,root,var/lib/dpkg}
	cp -a /etc "$fake/etc"
	while read -r _ path; do
		mkdir -p "$fake${path%/*}"
		echo "of belay: $path" >"$fake$path"
	done <<<"$set_places"
	for where in here there; do
		for set in nginx certificates units environment system; do
			cat <<-YAML
				$set-$where:
				  source: {set: [$set]$([ $where = here ] || echo ', ssh: web1')}
				  seal: {passphrase: {env: PASSPHRASE}}
				  store: {directory: kept}
			YAML
		done
	done | configure

	run 0 backup run nginx-here certificates-there system-there
	local names=()
	mapfile -t names < <(sed -n 's/^  \([a-z]*-here\):$/\1/p' belay.yml)
	dress "$fake" "$belay" >dressed
	printf '#!/bin/sh\nexec unshare --mount --propagation private bash "%s" "$@"\n' "$work/dressed" >alone
	chmod +x alone
	belay=$work/alone run 0 backup run --json "${names[@]}"
	mapfile -t names < <(sed -n 's/^  \([a-z]*-there\):$/\1/p' belay.yml)
	dress "$fake" true | host_run bash
	run 0 backup run --json "${names[@]}"
	host_run umount /etc /usr/local /root /var/lib
	for where in here there; do
		for set in nginx certificates units environment; do
			run 0 backup restore "$set-$where" --to "$set-$where" --passphrase-env PASSPHRASE
			verdict "all of $set, $where" "$(grep -rl '^of belay: ' "$set-$where" | sed "s|^$set-$where||" | sort)" \
				"$(sed -n "s/^$set //p" <<<"$set_places" | sort)"
		done
		run 0 backup restore "system-$where" --to "system-$where" --passphrase-env PASSPHRASE
		verdict "what a system is, $where" "$(ls "system-$where"; grep -cE '^## (uname -a|cat /etc/os-release|dpkg-query -W|df -hP|cat /proc/mounts)$' "system-$where/system.txt")" $'system.txt\n5'
	done
	verdict 'the host says its own name' "$(grep -c '^Linux web1 ' system-there/system.txt)" 1
}
