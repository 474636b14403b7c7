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
