Bad configuration: one line with the place and what to do, exit status 2, and nothing is touched.

  $ try() { cat >belay.yml; belay deploy -e production --version v1; }
  $ services() { printf 'version: 1\nhosts: {web1: {address: root@127.0.0.1:1, key: {env: NO_SUCH_KEY}}}\nenvironments:\n  production:\n    services:\n'; cat; }

Wrong type, unknown key, duplicate key, not YAML, no version, not UTF-8.

  $ printf 'version: one\n' | try
  ! belay: belay.yml:1:10: this belay reads version 1 of the configuration
  !   hint: write 'version: 1'; a newer number needs a newer belay
  [2]
  $ printf 'version: 1\nhots: {}\n' | try
  ! belay: belay.yml:2:1: unknown key 'hots'
  !   hint: did you mean 'hosts'?
  [2]
  $ printf 'version: 1\nhosts: {}\nhosts: {}\n' | try
  ! belay: belay.yml:3:1: duplicate key 'hosts'
  !   hint: it is already on line 2
  [2]
  $ printf 'version: 1\n  hosts: [\n' | try
  ! belay: belay.yml:2:8: mapping values are not allowed in this context
  !   hint: a text that contains ': ' needs quotes
  [2]
  $ printf 'environments: {production: {}}\n' | try
  ! belay: belay.yml:1:1: missing required key 'version'
  [2]
  $ printf 'version: 1\nx-note: "\xff"\n' | try
  ! belay: 'belay.yml' is not UTF-8 text
  [2]
  $ : | try
  ! belay: belay.yml:1:1: expected a mapping, found nothing
  [2]
  $ printf 'version: 1\ndefaults: {timeout: 30}\n' | try
  ! belay: belay.yml:2:21: expected a duration with its unit, such as DURATION, DURATION or 7d
  [2]
  $ printf 'version: 1\ndefaults: {timeout: 30 parsecs}\n' | try
  ! belay: belay.yml:2:21: expected a duration with its unit, such as DURATION, DURATION or 7d
  [2]

Names that do not exist; circles.

  $ echo '      api: {driver: ssh-release, hosts: [web2], path: /srv/api, artifact: a.tar}' | services | try
  ! belay: belay.yml:6:42: unknown host 'web2'
  !   hint: did you mean 'web1'?
  [2]
  $ printf '      api: {driver: command, deploy: {run: a}, needs: [db]}\n      db: {driver: command, deploy: {run: a}, needs: [api]}\n' | services | try
  ! belay: belay.yml:6:55: cycle in needs: api > db > api
  !   hint: take one of these names out of 'needs'
  [2]
  $ echo '      api: {driver: command, deploy: {run: a}, needs: [dp]}' | services | try
  ! belay: belay.yml:6:56: unknown service 'dp'
  !   hint: known: api
  [2]
  $ echo '      api: {driver: sssh-release}' | services | try
  ! belay: belay.yml:6:21: expected one of ssh-release, command, digitalocean, found "sssh-release"
  !   hint: did you mean 'ssh-release'?
  [2]
  $ printf 'version: 1\nenvironments: {production: {gates: [helth]}}\nchecks: {health: {tcp: "a:1"}}\n' | try
  ! belay: belay.yml:2:37: unknown check 'helth'
  !   hint: did you mean 'health'?
  [2]
  $ printf 'version: 1\nenvironments: {production: {requires: [staging]}, staging: {requires: [production]}}\n' | try
  ! belay: belay.yml:2:39: cycle in requires: production > staging > production
  !   hint: take one of these names out of 'requires'
  [2]
  $ printf 'version: 1\nenvironments: {productions: {}}\n' | try
  ! belay: unknown environment 'production'
  !   hint: did you mean 'productions'?
  [2]

jq that does not compile is found before anything is asked.

  $ printf 'version: 1\nchecks: {a: {http: "http://127.0.0.1:1/", expect: [".status = = 200"]}}\nenvironments: {production: {gates: [a]}}\n' | try
  ! belay: belay.yml:2:52: '=' at character 9 assigns, so this would hold always
  !   hint: compare with '=='; and 1 more: belay validate lists all
  [2]

A secret that is missing is named, never shown.

  $ echo '      api: {driver: ssh-release, hosts: [web1], path: /srv/api, artifact: belay.yml}' | services | try
  ! belay: hosts.web1.key needs the variable NO_SUCH_KEY, which is not set
  !   hint: in a workflow: env: {NO_SUCH_KEY: ${{ secrets.NO_SUCH_KEY }}}
  [2]
  $ echo '      api: {driver: command, deploy: {run: a}, env: {TOKEN: {file: no/such/file}}}' | services | try
  ! belay: environments.production.services.api.env.TOKEN needs the file 'no/such/file', which cannot be read
  !   hint: create it, or give the secret as {env: NAME}
  [2]
  $ printf 'version: 1\nstate: {remote: "https://ci:s3cret@127.0.0.1:1/app.git"}\n' | try
  ! belay: belay.yml:2:17: expected a git URL or a path, without credentials in it
  !   hint: credentials go into state.token, or state.user and state.password, or state.key
  [2]
  $ ls -A
  belay.yml
