Ways to log in: ed25519, ECDSA, RSA, encrypted keys, an agent, certificates of users and of hosts.

  $ release v1
  $ number=0
  $ try() { belay deploy -c login.yml -e production --version "v$((number += 1))" --artifact v1.tar.zst --json --jq .end; }
  $ sed -i '/^checks:/,/version ==/d; /gates:/d' belay.yml
  $ login() { sed "s#key: {file: \"$KEYS/id_ed25519\"}#$1#" belay.yml >login.yml; }
  $ for kind in ed25519 ecdsa rsa; do login "key: {file: \"$KEYS/id_$kind\"}"; try; number=$((number + 1)); done
  passed
  ! + shop: prepared v1 (DURATION)
  ! + shop: switched to v1 (DURATION)
  passed
  ! + shop: prepared v3 (DURATION)
  ! + shop: switched to v3 from v1 (DURATION)
  passed
  ! + shop: prepared v5 (DURATION)
  ! + shop: switched to v5 from v3 (DURATION)
  $ login "key: {env: DEPLOY_KEY}"
  $ DEPLOY_KEY=$(cat "$KEYS/id_ed25519") try; number=$((number + 1))
  passed
  ! + shop: prepared v7 (DURATION)
  ! + shop: switched to v7 from v5 (DURATION)

An encrypted key, with the right passphrase, a wrong one and none.

  $ login "key: {file: \"$KEYS/id_encrypted\"}, passphrase: {env: PASSPHRASE}"
  $ PASSPHRASE='correct horse' try; number=$((number + 1))
  passed
  ! + shop: prepared v9 (DURATION)
  ! + shop: switched to v9 from v7 (DURATION)
  $ PASSPHRASE='battery staple' try
  {
    "error": {
      "code": "config",
      "hint": null,
      "message": "web1: the ssh key cannot be read: wrong passphrase or damaged",
      "status": 2
    }
  }
  ! belay: web1: the ssh key cannot be read: wrong passphrase or damaged
  [2]
  $ login "key: {file: \"$KEYS/id_encrypted\"}"; try
  {
    "error": {
      "code": "config",
      "hint": "set `passphrase` of the host",
      "message": "web1: the ssh key is encrypted and no passphrase was given",
      "status": 2
    }
  }
  ! belay: web1: the ssh key is encrypted and no passphrase was given
  !   hint: set `passphrase` of the host
  [2]

A key that the host does not know, a file that is no key, a file that is not there.

  $ login "key: {file: \"$KEYS/id_stranger\"}"; try
  {
    "error": {
      "code": "auth",
      "hint": "is the public key in ~/.ssh/authorized_keys of that user, and may that user log in?",
      "message": "web1: user 'root' was refused with key SHA256:FINGERPRINT",
      "status": 2
    }
  }
  ! belay: web1: user 'root' was refused with key SHA256:FINGERPRINT
  !   hint: is the public key in ~/.ssh/authorized_keys of that user, and may that user log in?
  [2]
  $ echo nonsense >nonsense; login 'key: {file: nonsense}'; try
  {
    "error": {
      "code": "config",
      "hint": "give the whole text of a private key in OpenSSH or PEM form, its first and last line included",
      "message": "web1: the ssh key cannot be read",
      "status": 2
    }
  }
  ! belay: web1: the ssh key cannot be read
  !   hint: give the whole text of a private key in OpenSSH or PEM form, its first and last line included
  [2]
  $ login 'key: {file: absent}'; try
  {
    "error": {
      "code": "config",
      "hint": "create it, or give the secret as {env: NAME}",
      "message": "hosts.web1.key needs the file 'absent', which cannot be read",
      "status": 2
    }
  }
  ! belay: hosts.web1.key needs the file 'absent', which cannot be read
  !   hint: create it, or give the secret as {env: NAME}
  [2]

An agent, and a certificate for a key that is not in authorized_keys.

  $ eval "$(ssh-agent -s)" >/dev/null; ssh-add -q "$KEYS/id_ed25519"
  $ login 'agent: true'; try; number=$((number + 1))
  passed
  ! + shop: prepared v16 (DURATION)
  ! + shop: switched to v16 from v9 (DURATION)
  $ ssh-agent -k >/dev/null; unset SSH_AUTH_SOCK; try
  {
    "error": {
      "code": "config",
      "hint": null,
      "message": "web1: no ssh key is configured, and there is no agent (SSH_AUTH_SOCK)",
      "status": 2
    }
  }
  ! belay: web1: no ssh key is configured, and there is no agent (SSH_AUTH_SOCK)
  [2]
  $ host web1 sh -c ": >$E2E_DIR/world/web1/authorized_keys"
  $ login "key: {file: \"$KEYS/id_ed25519\"}"; try
  {
    "error": {
      "code": "auth",
      "hint": "is the public key in ~/.ssh/authorized_keys of that user, and may that user log in?",
      "message": "web1: user 'root' was refused with key SHA256:FINGERPRINT",
      "status": 2
    }
  }
  ! belay: web1: user 'root' was refused with key SHA256:FINGERPRINT
  !   hint: is the public key in ~/.ssh/authorized_keys of that user, and may that user log in?
  [2]
  $ login "key: {file: \"$KEYS/id_ed25519\"}, certificate: \"$KEYS/id_ed25519-cert.pub\""; try
  passed
  ! + shop: prepared v20 (DURATION)
  ! + shop: switched to v20 from v16 (DURATION)
