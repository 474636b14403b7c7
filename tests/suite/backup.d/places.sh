# shellcheck shell=bash
# Keys, places and the way back, with belay and without it.

# One archive in three places at once, for four recipients, each of whom can open it.
every_place_has_it() {
	tree make source 2>/dev/null
	keygen p256 p256
	keygen p384 p384
	keygen rsa rsa3072
	keygen locked p256 KEY_PASSPHRASE
	verdict 'keys are private' "$(stat -c %a p256.key p384.key rsa.key locked.key | sort -u)" 600
	verdict 'one is encrypted' "$(grep -l ENCRYPTED ./*.key)" ./locked.key
	holds 'certificates that openssl reads' openssl verify -CAfile rsa.crt -check_ss_sig rsa.crt
	run 1 backup keygen --key p256.key --certificate other.crt --no-passphrase
	verdict 'no file is overwritten' "$(test -e other.crt && echo there)" ''

	configure <<-YAML
		site:
		  source: {directory: source}
		  seal: {recipients: [p256.crt, p384.crt, rsa.crt, locked.crt]}
		  open: {key: {file: p256.key}, certificate: p256.crt}
		  store:
		  - {directory: kept}
		  - {ssh: web1, path: /srv/backups}
		  ${bucket:+- $(s3_store places)}
	YAML
	local places=2 id place
	[ -z "$bucket" ] || places=3
	run 0 backup run --json
	verdict 'made' "$(said '.backups[0] | [.outcome, (.stores | length), ([.stores[].state] | unique | join(","))] | map(tostring) | join(" ")')" "made $places good"
	verdict 'nothing was left out' "$(said '.backups[0].left_out_count')" 0
	id=$(said '.backups[0].id')
	run 0 backup list --json
	verdict 'listed' "$(said '[.backups[0].copies[].stores[].state] | join(" ")')" "$(yes good | head -n $places | xargs)"
	[ -z "$bucket" ] || { mkdir fetched && in_bucket copy "places/site/$id" fetched; }
	verdict 'the same in all places' "$(sha256sum "kept/site/$id/data.zst.cms" "$WEB1_SRV/backups/site/$id/data.zst.cms" ${bucket:+fetched/data.zst.cms} | cut -d' ' -f1 | sort -u | wc -l)" 1
	verdict 'nothing lies about' "$(garbage kept "$WEB1_SRV/backups" ${bucket:+s3:places})" ''

	run 0 backup restore site --key p256.key --certificate p256.crt --store directory --to from-directory
	same 'back from the directory' source from-directory
	# A key alone finds its certificate among all that are known, not only the one that usually opens.
	run 0 backup restore site --key p384.key --store ssh --to from-ssh
	same 'back from the host' source from-ssh
	if [ -n "$bucket" ]; then
		run 0 backup restore site --key rsa.key --certificate rsa.crt --store s3 --to from-bucket
		same 'back from the bucket' source from-bucket
	fi
	run 0 backup restore site --key locked.key --certificate locked.crt --key-passphrase-env KEY_PASSPHRASE --to by-locked
	same 'back by the encrypted key' source by-locked

	echo mine >from-directory/text
	run 1 backup restore site --key p256.key --certificate p256.crt --to from-directory
	verdict 'what is there is not overwritten' "$(cat from-directory/text)" mine
	echo more >from-directory/more
	run 0 backup restore site --key p256.key --certificate p256.crt --to from-directory --overwrite
	verdict 'unless that is asked for, and the rest stays' "$(cat from-directory/more)" more
	rm from-directory/more
	same 'all of it is back' source from-directory
	run 0 backup verify --read-data --key p256.key --certificate p256.crt --json
	verdict 'all was opened' "$(said '[.backups[0].copies[] | .outcome, .how] | unique | join(" ")')" 'good opened'
	for place in "kept/site/$id" fetched; do
		[ -d "$place" ] || continue
		run 0 backup verify --folder "$place" --read-data --key rsa.key --certificate rsa.crt
	done
	rm -rf "${WEB1_SRV:?}/backups"
}

# What a bucket may keep where it costs less: all of a backup, in one part and in several.
another_storage_class() {
	if [ -z "$bucket" ]; then
		skip 'no S3 server: storage classes'
		return
	fi
	tree random file 9000000 11
	configure <<-YAML
		rare: &rare
		  source: {run: cat file, name: file}
		  seal: {passphrase: {env: PASSPHRASE}}
		  store: $(s3_store rare | sed "s|}}$|, storage_class: $S3_STORAGE_CLASS}}|")
		plain:
		  <<: *rare
		  store: $(s3_store plain)
		none:
		  <<: *rare
		  store: $(s3_store none | sed 's|}}$|, storage_class: ATTIC}}|')
	YAML
	run 0 backup run rare plain
	verdict 'all of it is there' "$(in_bucket classes rare/ | sed 's| .*/| |' | xargs)" \
		"$S3_STORAGE_CLASS RESTORE.txt $S3_STORAGE_CLASS data.zst.cms $S3_STORAGE_CLASS manifest.json"
	verdict 'the other one is not' "$(in_bucket classes plain/ | cut -d' ' -f1 | sort -u)" STANDARD
	run 0 backup verify rare --read-data
	run 0 backup restore rare --to-file back --passphrase-env PASSPHRASE
	holds 'the same' cmp file back
	run 1 backup run none
	verdict 'one that nobody knows' "$(grep -c '400 InvalidArgument' err)" 1
}

# The tools that RESTORE.txt asks for, and nothing else in PATH. stranger [--xattrs] FOLDER DIR NAME=VALUE…
stranger() {
	local attributes='' folder to tool
	if [ "$1" = --xattrs ]; then
		attributes='--xattrs --acls'
		shift
	fi
	folder=$1 to=$2
	shift 2
	if [ ! -d tools ]; then
		mkdir tools
		for tool in sh openssl zstd tar split mv; do ln -s "$(command -v $tool)" "tools/$tool"; done
	fi
	mkdir "$to"
	jq -r .restore.command "$folder/manifest.json" | sed "s/tar -xpf/tar $attributes -xpf/" >command
	(cd "$to" && env -i PATH="$work/tools" FOLDER="$(realpath "../$folder")" "$@" sh ../command) >hand.out 2>&1
}

page_has_command() { [[ $(cat "$1/RESTORE.txt") = *"$(jq -r .restore.command "$1/manifest.json")"* ]]; }

# Nobody needs belay: what the manifest says is enough for whoever has the key.
by_hand() {
	tree make source 2>/dev/null
	tree random source/more 20000000 7
	keygen p256 p256
	keygen rsa rsa3072
	keygen stranger p256
	configure <<-YAML
		keys:
		  source: {directory: source}
		  seal: {recipients: [p256.crt, rsa.crt]}
		  store: {directory: kept}
		words:
		  source: {run: cat source/more, name: more.bin}
		  seal: {passphrase: {env: PASSPHRASE}}
		  store: {directory: kept}
	YAML
	run 0 backup run
	local keys words
	keys=$(echo kept/keys/*) words=$(echo kept/words/*)
	holds 'by the first key' stranger "$keys" hand1 KEY="$work/p256.key" CERT="$work/p256.crt"
	verdict 'the same tree, but for attributes' "$(diff <(tree show source bare) <(tree show hand1 bare) | head -c 600)" ''
	holds 'by the second key, with attributes' stranger --xattrs "$keys" hand2 KEY="$work/rsa.key" CERT="$work/rsa.crt"
	same 'the same tree' source hand2
	holds 'by the passphrase' stranger "$words" hand3 PASSPHRASE="$passphrase"
	holds 'the same stream, under its name' cmp source/more hand3/more.bin
	local folder
	for folder in "$keys" "$words"; do
		holds 'the page has that command' page_has_command "$folder"
	done

	verdict 'not by another key' "$(stranger "$keys" hand4 KEY="$work/stranger.key" CERT="$work/stranger.crt" && echo restored; ls -A hand4)" ''
	verdict 'not by another passphrase' "$(stranger "$words" hand5 PASSPHRASE='something else' && echo restored; find hand5 -type f -size +0)" ''
	cp -r "$keys" damaged
	printf x | dd of=damaged/data.zst.cms bs=1 seek=9000000 conv=notrunc 2>/dev/null
	verdict 'nothing of a damaged one' "$(stranger damaged hand6 KEY="$work/p256.key" CERT="$work/p256.crt" && echo restored; ls -A hand6)" ''
	verdict 'and it says so' "$(cat hand.out)" 'data.zst.cms is damaged or not complete'
}
