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
  $ belay validate --json >result.json
  $ valid result.validate result.json
  $ printf 'version: 1\nenvironments: {production: {}}\n' >belay.yml
  $ belay validate
