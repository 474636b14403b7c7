#!/usr/bin/env bash
# SSH keys that worlds share (making RSA keys takes a while, so it is done once a run).
#
#   keys.sh start DIR
#
# Clients: DIR/id_ed25519, id_ecdsa, id_rsa, id_encrypted (passphrase "correct horse"), id_stranger (on no host).
# Hosts: DIR/host_ed25519, host_ecdsa, host_rsa, and DIR/other_ed25519 for a host that changed its key.
# DIR/user_ca signs DIR/id_ed25519-cert.pub and host certificates.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib.sh"

key() { ssh-keygen -q -N "${3:-}" -C "$2" -f "$2" -t "$1" ${4:+-b "$4"}; }

start() {
	mkdir -p "$1"
	cd "$1"
	key rsa id_rsa '' 3072 &
	key rsa host_rsa '' 2048 &
	key ed25519 id_ed25519
	key ecdsa id_ecdsa
	key ed25519 id_encrypted 'correct horse'
	key ed25519 id_stranger
	key ed25519 host_ed25519
	key ecdsa host_ecdsa
	key ed25519 other_ed25519
	key ed25519 user_ca
	wait
	ssh-keygen -q -s user_ca -I ci -n root -V -1h:+1d id_ed25519.pub
	ssh-keygen -q -s user_ca -h -I host -V -1h:+1d host_ed25519.pub
	cat id_ed25519.pub id_ecdsa.pub id_rsa.pub id_encrypted.pub >authorized_keys
	chmod 600 authorized_keys
}

case ${1:-} in
start) start "$2" ;;
*) peer_usage 'start DIR' ;;
esac
