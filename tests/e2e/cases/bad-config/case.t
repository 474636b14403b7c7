Bad configuration: one line with the place and what to do, exit status 2, and nothing is touched.

  $ try() { cat >belay.yml; belay deploy -e production --version v1; }
  $ services() { printf 'version: 1\nhosts: {web1: {address: root@127.0.0.1:1, key: {env: NO_SUCH_KEY}}}\nenvironments:\n  production:\n    services:\n'; cat; }

Wrong type, unknown key, duplicate key, not YAML, no version, not UTF-8.

  $ printf 'version: one\n' | try
  $ printf 'version: 1\nhots: {}\n' | try
  $ printf 'version: 1\nhosts: {}\nhosts: {}\n' | try
  $ printf 'version: 1\n  hosts: [\n' | try
  $ printf 'environments: {production: {}}\n' | try
  $ printf 'version: 1\nx-note: "\xff"\n' | try
  $ : | try
  $ printf 'version: 1\ndefaults: {timeout: 30}\n' | try
  $ printf 'version: 1\ndefaults: {timeout: 30 parsecs}\n' | try

Names that do not exist; circles.

  $ echo '      api: {driver: ssh-release, hosts: [web2], path: /srv/api, artifact: a.tar}' | services | try
  $ printf '      api: {driver: command, deploy: {run: a}, needs: [db]}\n      db: {driver: command, deploy: {run: a}, needs: [api]}\n' | services | try
  $ echo '      api: {driver: command, deploy: {run: a}, needs: [dp]}' | services | try
  $ echo '      api: {driver: sssh-release}' | services | try
  $ printf 'version: 1\nenvironments: {production: {gates: [helth]}}\nchecks: {health: {tcp: "a:1"}}\n' | try
  $ printf 'version: 1\nenvironments: {production: {requires: [staging]}, staging: {requires: [production]}}\n' | try
  $ printf 'version: 1\nenvironments: {productions: {}}\n' | try

jq that does not compile is found before anything is asked.

  $ printf 'version: 1\nchecks: {a: {http: "http://127.0.0.1:1/", expect: [".status = = 200"]}}\nenvironments: {production: {gates: [a]}}\n' | try

A secret that is missing is named, never shown.

  $ echo '      api: {driver: ssh-release, hosts: [web1], path: /srv/api, artifact: belay.yml}' | services | try
  $ echo '      api: {driver: command, deploy: {run: a}, env: {TOKEN: {file: no/such/file}}}' | services | try
  $ printf 'version: 1\nstate: {remote: "https://ci:s3cret@127.0.0.1:1/app.git"}\n' | try
  $ ls -A
