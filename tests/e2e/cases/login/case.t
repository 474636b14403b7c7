Ways to log in: ed25519, ECDSA, RSA, encrypted keys, an agent, certificates of users and of hosts.

  $ release v1
  $ number=0
  $ try() { belay deploy -c login.yml -e production --version "v$((number += 1))" --artifact v1.tar.zst --json --jq .end; }
  $ sed -i '/^checks:/,/version ==/d; /gates:/d' belay.yml
  $ login() { sed "s#key: {file: \"$KEYS/id_ed25519\"}#$1#" belay.yml >login.yml; }
  $ for kind in ed25519 ecdsa rsa; do login "key: {file: \"$KEYS/id_$kind\"}"; try; number=$((number + 1)); done
  $ login "key: {env: DEPLOY_KEY}"
  $ DEPLOY_KEY=$(cat "$KEYS/id_ed25519") try; number=$((number + 1))

An encrypted key, with the right passphrase, a wrong one and none.

  $ login "key: {file: \"$KEYS/id_encrypted\"}, passphrase: {env: PASSPHRASE}"
  $ PASSPHRASE='correct horse' try; number=$((number + 1))
  $ PASSPHRASE='battery staple' try
  $ login "key: {file: \"$KEYS/id_encrypted\"}"; try

A key that the host does not know, a file that is no key, a file that is not there.

  $ login "key: {file: \"$KEYS/id_stranger\"}"; try
  $ echo nonsense >nonsense; login 'key: {file: nonsense}'; try
  $ login 'key: {file: absent}'; try

An agent, and a certificate for a key that is not in authorized_keys.

  $ eval "$(ssh-agent -s)" >/dev/null; ssh-add -q "$KEYS/id_ed25519"
  $ login 'agent: true'; try; number=$((number + 1))
  $ ssh-agent -k >/dev/null; unset SSH_AUTH_SOCK; try
  $ host web1 sh -c ": >$E2E_DIR/world/web1/authorized_keys"
  $ login "key: {file: \"$KEYS/id_ed25519\"}"; try
  $ login "key: {file: \"$KEYS/id_ed25519\"}, certificate: \"$KEYS/id_ed25519-cert.pub\""; try
