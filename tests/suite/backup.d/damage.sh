# shellcheck shell=bash
# What is wrong with a backup, its key, or the place it comes back to.

craft() { "$here/craft.py" "$@"; }

# refused WHAT WORD…: ends with 1 or 2, says something, and leaves no target.
refused() {
	local what=$1 status=0
	shift
	rm -rf back
	clean "$belay" backup restore --to back "$@" >out 2>err </dev/null || status=$?
	cat out err >>everything.out
	verdict "$what: exit status" "$([[ $status =~ ^[12]$ ]] && echo refused || echo $status)" refused
	verdict "$what: it says why" "$(grep -c . err | sed 's/^[1-9].*/some/')" some
	verdict "$what: nothing is there" "$(ls -A back 2>/dev/null)" ''
}

# Every way in which a backup is not what it was, or is somebody else's.
damaged_or_foreign() {
	local count key=(--key backup.key --certificate backup.crt) whole
	keygen backup p256
	keygen stranger p256
	tree random noise 1000000 3
	mkdir source && cp noise source/
	configure <<-YAML
		site: {source: {directory: source}, seal: {recipients: [backup.crt]}, store: {directory: kept}, pack: {chunk: 256KiB}}
		words: {source: {run: cat noise, name: noise}, seal: {passphrase: {env: PASSPHRASE}}, store: {directory: kept}, pack: {chunk: 256KiB}}
	YAML
	run 0 backup run
	cp -r "kept/site/$(newest)" site1
	run 0 backup run site
	cp -r "kept/site/$(newest)" site2
	mv kept/words/* words
	run 0 backup verify --folder site1 --read-data "${key[@]}"

	refused 'another key' --folder site1 --key stranger.key --certificate stranger.crt
	refused 'a key and another certificate' --folder site1 --key backup.key --certificate stranger.crt
	passphrase='another passphrase' refused 'another passphrase' --folder words --passphrase-env PASSPHRASE
	refused 'no key at all' --folder site1
	refused 'no such folder' --folder nowhere "${key[@]}"

	count=$(jq '.data.chunks | length' site1/manifest.json)
	verdict 'chunks to play with' "$((count >= 4))" 1
	for what in 'reorder 0,2,1,3' 'reorder 1,0,2,3' 'reorder 0,1,3' 'reorder 1,2,3' 'reorder 0,1,2' 'reorder 0,1,1,2,3' 'reorder 0,1,2,3,3' \
		'splice 1' 'splice 0' 'splice last'; do
		rm -rf bad
		# shellcheck disable=SC2086
		craft ${what%% *} site1 bad ${what#* } site2
		refused "chunks: $what" --folder bad "${key[@]}"
	done
	for what in $(craft edges site1); do
		rm -rf bad
		craft cut site1 bad "$what"
		refused "cut to $what bytes" --folder bad "${key[@]}"
	done
	for what in '.belay_backup = 2' '.data.chunks |= .[1:]' '.data.sealed_bytes += 1' '.seal.chunk_bytes += 1' '.data.open_sha256 |= gsub("[0-9]"; "0")' \
		'.data.chunks_sha256 |= gsub("[0-9]"; "0")' \
		'.pack.id |= ("ffff" + .[4:])' '.data.object = "../site2/data.zst.cms"' 'del(.data)' '.data.chunks[1] = .data.chunks[0]' '.kind = "stream"' '[]'; do
		rm -rf bad
		cp -r site1 bad
		jq -c "$what" site1/manifest.json >bad/manifest.json
		refused "manifest: $what" --folder bad "${key[@]}"
	done
	rm -rf bad && cp -r site1 bad && jq -c '.belay_backup = 2' site1/manifest.json >bad/manifest.json
	run 1 backup verify --folder bad
	verdict 'a newer one asks for a newer belay' "$(grep -ciE 'newer' err out | grep -c ':[1-9]')" 1
	rm -rf bad && cp -r site1 bad && rm bad/data.zst.cms
	refused 'no data' --folder bad "${key[@]}"
	rm -rf bad && cp -r site1 bad && rm bad/manifest.json
	refused 'no manifest' --folder bad "${key[@]}"

	local flips=300
	[ $quick = no ] || flips=60
	holds "$flips bits" craft flips site1 "$belay" backup.key backup.crt noise $flips

	# Of what the journal knows, a changed manifest is enough.
	run 0 backup run site
	local id
	id=$(newest)
	jq -c '.host = "elsewhere"' "kept/site/$id/manifest.json" >changed && mv changed "kept/site/$id/manifest.json"
	run 1 backup verify site --json
	verdict 'a manifest is what the journal says' "$(said '.backups[0].copies[0].outcome')" bad
	run 1 backup list site --json
	verdict 'and it is listed so' "$(said '.backups[0].copies[0].stores[0].state')" bad
	refused 'nor is it restored' "site/$id" "${key[@]}"
}

# Archives that want to write elsewhere, sealed by whoever has the public key.
nothing_outside_the_target() {
	local name before status key=(--key backup.key --certificate backup.crt)
	keygen backup p256
	mkdir source outside && echo one >source/file && echo secret >outside/secret
	configure <<-YAML
		site: {source: {directory: source}, seal: {recipients: [backup.crt]}, store: {directory: kept}}
	YAML
	run 0 backup run
	mv kept/site/* site
	craft hostile site fine backup.crt nothing-wrong "$work/outside"
	run 0 backup restore --folder fine "${key[@]}" --to fine.back
	verdict 'a good one made by hand is restored' "$(cat fine.back/dir/file)" content
	before=$(tree show outside)
	for name in $(craft names); do
		[ "$name" != nothing-wrong ] || continue
		rm -rf bad back
		craft hostile site bad backup.crt "$name" "$work/outside"
		# What only looks bad may be restored, as long as it stays inside.
		if [ "$name" = hard-link-to-link ]; then
			clean "$belay" backup restore --folder bad "${key[@]}" --to back >out 2>err </dev/null || true
		else
			refused "$name" --folder bad "${key[@]}"
			mkdir existing && echo mine >existing/mine
			status=0
			clean "$belay" backup restore --folder bad "${key[@]}" --to existing --overwrite >out 2>err </dev/null || status=$?
			verdict "$name, into what is there" "$([[ $status =~ ^[12]$ ]] && echo refused || echo "$status")" refused
		fi
		verdict "$name: nothing outside" "$(diff <(echo "$before") <(tree show outside) | head -c 300)$(find . -name 'escaped*')" ''
		verdict "$name: no device" "$(find existing back ! -type f ! -type d ! -type l 2>/dev/null)" ''
		rm -rf existing
	done
}

# A disk that is full: a clear word, and no half of anything.
no_room_left() {
	keygen backup p256
	mkdir source small
	tree random source/noise 30000000 9
	configure <<-YAML
		site:
		  source: {directory: source}
		  seal: {recipients: [backup.crt]}
		  open: {key: {file: backup.key}, certificate: backup.crt}
		  store: [{directory: kept}, {ssh: tiny, path: /srv/backups}]
	YAML
	host_fill() { "$root/tests/peers/host.sh" run "$tmp/world/tiny" "$@"; }
	run 1 backup run --json
	verdict 'one store is full' "$(said '.backups[0] | .outcome, (.stores[] | .state) ' | xargs)" 'partial good failed'
	verdict 'and says so' "$(said '.backups[0].stores[1].reason' | grep -ciE 'space|room|full')" 1
	verdict 'nothing is left there' "$(host_fill find /srv ! -type d)" ''
	local status=0
	unshare -m bash -c 'mount -t tmpfs -o size=6m tmpfs small && { "$@"; status=$?; find small -mindepth 1 >left; umount small; exit $status; }' \
		- env -i PATH="$PATH" HOME="$work" "$belay" backup restore site --to small/back >out 2>err </dev/null || status=$?
	verdict 'restoring to a full disk' "$status" 1
	verdict 'it says so' "$(grep -ciE 'no space|room|full' err | sed 's/^[1-9].*/yes/')" yes
	verdict 'and how much room it takes' "$(grep -c 'hint: it needs 28\.[0-9]* MiB: make room there' out)" 1
	verdict 'nothing is left of it' "$(cat left)" ''
	run 0 backup restore site --to back
	same 'elsewhere there is room' source back
}
