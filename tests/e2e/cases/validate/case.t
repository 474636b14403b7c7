`validate` lists all problems of a file, each with its place.

  $ cat >belay.yml <<'YAML'
  > version: 1
  > chekcs: {}
  > hosts:
  >   web1: {address: "nobody@", port: 22}
  > checks:
  >   a: {http: "ftp://example.com", expect: ['.status ==']}
  >   b: {tcp: "example.com"}
  > environments:
  >   production:
  >     gates: [a, c]
  >     services:
  >       api: {driver: ssh-release, hosts: [web9], path: srv/api, keep: 0}
  > YAML
  $ belay validate
  belay.yml:2:1: unknown key 'chekcs'
      did you mean 'checks'?
  belay.yml:4:19: expected USER@HOST:PORT
      for example deploy@web1.example.com:22; write an IPv6 address in brackets
  belay.yml:4:30: unknown key 'port'
      known keys are: address, key, passphrase, certificate, known_hosts, agent, connect_timeout
  belay.yml:6:13: expected an http:// or https:// URL without user and password
      for example https://api.example.com/health; credentials go into 'basic' or 'headers', as a reference to a secret
  belay.yml:6:43: invalid jq: the expression is not complete at character 11
      see here:
        .status ==
                  ^
  belay.yml:7:12: expected HOST:PORT
      for example api.example.com:443, or [2001:db8::1]:443
  belay.yml:10:16: unknown check 'c'
      known: a, b
  belay.yml:12:42: unknown host 'web9'
      did you mean 'web1'?
  belay.yml:12:55: expected an absolute path below '/', without '.' and '..' in it and no '/' at its end
      for example /srv/api
  belay.yml:12:70: must be at least 1, found 0
  x belay.yml has 10 problems
  [2]
  $ belay validate --json >result.json
  [2]
  $ valid result.validate result.json
  valid
  $ printf 'version: 1\nenvironments: {production: {}}\n' >belay.yml
  $ belay validate
  + belay.yml is valid: 1 environment, 0 services, 0 checks, 0 hosts

Backups: sources that cannot be read together, stores, keys, journals.

  $ cat >backups.yml <<'YAML'
  > version: 1
  > hosts:
  >   web1: {address: deploy@web1.example.com}
  > environments:
  >   production:
  >     services:
  >       api: {driver: command, deploy: {run: ./deploy.sh}, backup: nightly-bd}
  >   staging:
  > backups:
  >   nightly-db:
  >     source: {ssh: web2, run: 'pg_dump app', include: ['*.sql']}
  >     seal: {recipients: [keys/backup.crt]}
  >     open: {passphrase: {env: PASSPHRASE}}
  >     store: [{s3: {bucket: acme-backups, secret_key: hunter2}}, {directory: backups}]
  >     keep: {remote: 90d}
  >   files:
  >     environment: production
  >     source: [{directory: /srv/app}, {directory: /srv/app/, ssh: web1}]
  >     seal: {}
  >     store: {ssh: web1}
  >     keep: {}
  > YAML
  $ belay validate backups.yml
  backups.yml:7:66: unknown backup 'nightly-bd'
      did you mean 'nightly-db'?
  backups.yml:10:3: backup 'nightly-db': no environment's journal to record it on
      write 'environment: NAME'; known: production, staging
  backups.yml:11:13: missing required key 'name'
      write {directory: PATH}, {run: COMMAND, name: FILE} or {set: [nginx, units]}
  backups.yml:11:19: unknown host 'web2'
      did you mean 'web1'?
  backups.yml:11:45: unknown key 'include' for a command
      'include' belongs to a directory
  backups.yml:13:12: what is sealed for recipients is opened by a key
      write {key: {env: NAME}, certificate: PATH}
  backups.yml:14:41: 'secret_key' needs 'access_key' beside it
  backups.yml:14:53: expected a reference to a secret; the secret itself is never written in this file
      write {env: NAME} or {file: PATH}
  backups.yml:15:5: 'keep' says nothing about store 'directory', which is a directory of this machine
      add 'local', or how many ('last', 'daily', ...)
  backups.yml:18:49: '/srv/app/' is read twice
      take one of the two out
  backups.yml:18:60: sources of one backup are on one machine: this one is on 'web1', the first one on this machine
      make a backup of its own for each machine
  backups.yml:19:5: the key 'seal' does not say for whom
      it needs one of 'recipients', 'passphrase'
  backups.yml:20:13: 'ssh' needs 'path' beside it
  backups.yml:21:11: 'keep' says which copies stay: an empty one would keep nothing
      write for example {last: 7, monthly: 12}, or take it out to keep everything
  x backups.yml has 14 problems
  [2]
  $ cat >backups.yml <<'YAML'
  > version: 1
  > environments: {production: }
  > backups:
  >   files:
  >     source: {directory: storage, exclude: [cache/]}
  >     seal: {recipients: [keys/backup.crt]}
  >     store: [{directory: backups}, {s3: {bucket: acme-backups, region: eu-central-1}}]
  >     keep: {local: 7d, remote: 90d}
  > YAML
  $ belay validate backups.yml
  + backups.yml is valid: 1 environment, 0 services, 0 checks, 0 hosts, 1 backup
