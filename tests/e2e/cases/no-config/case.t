Without any configuration three variables are enough for an app on App Platform.

  $ export APP_URL=http://$ADDRESS:20300/ DIGITALOCEAN_APP_ID=4f6c71e2-1d2f-4f4d-8f0a-000000000001
  $ belay check
  ! belay: no configuration found
  !   hint: run 'belay init' to write .github/belay.yml, or name a file with --config; an app on App Platform needs none when APP_URL, DIGITALOCEAN_TOKEN and DIGITALOCEAN_APP_ID are set (missing: DIGITALOCEAN_TOKEN)
  [2]
  $ export DIGITALOCEAN_TOKEN=api-S3cretHeaderValue-77
  $ belay validate
  + environment variables (APP_URL ...) is valid: 1 environment, 1 service, 3 checks, 0 hosts
  $ belay status
  production  nothing deployed yet
    next: belay deploy -e production --version VERSION
  
  journal: .belay/state.git belay-state

The gates are asked at once by `check`.

  $ mkdir -p site/health/live site/health/ready
  $ touch site/health/index.html site/health/live/index.html site/health/ready/index.html
  $ python3 -m http.server --bind "$ADDRESS" --directory site 20300 >server.log 2>&1 &
  $ server=$!
  $ eventually curl -sf -o /dev/null "$APP_URL"
  $ belay check
  + check passed: 3 passed
    + health  DURATION
    + live  DURATION
    + ready  DURATION
  ! + health: pass: all predicates hold
  ! + live: pass: all predicates hold
  ! + ready: pass: all predicates hold
  $ kill $server

What it does is what `init` writes, word by word.

  $ ENABLE_AUTO_ROLLBACK=true SLACK_WEBHOOK_URL=https://hooks.example.com/api-S3cretHeaderValue-77 belay init
  + wrote .github/belay.yml
  + wrote .github/workflows/belay.yml
  
  Next: belay validate, then belay deploy --version v1 --dry-run
  $ sed "s/$ADDRESS/ADDRESS/" .github/belay.yml
  # An app on DigitalOcean's App Platform. Every key is explained by 'belay docs KEY', for example
  # 'belay docs environments.*.services.*.pinned'; 'belay validate' checks this file.
  version: 1
  
  # The journal: every deployment is a commit on this branch of the repository's origin.
  state: {branch: belay-state}
  
  defaults:
    timeout: 30s
    retry: {attempts: 5, delay: 5s, backoff: 1, jitter: 0}
  
  # What can be looked at: a probe, and predicates (jq) that have to hold.
  checks:
    health: {http: 'http://ADDRESS:20300/health', expect: [.status == 200]}
    live: {http: 'http://ADDRESS:20300/health/live', expect: [.status == 200]}
    ready: {http: 'http://ADDRESS:20300/health/ready', expect: [.status == 200]}
  
  environments:
    production:
      url: 'http://ADDRESS:20300'
      services:
        app:
          driver: digitalocean
          # Secrets are never written here: {env: NAME} names the variable that holds one.
          app: {env: DIGITALOCEAN_APP_ID}
          token: {env: DIGITALOCEAN_TOKEN}
      # Time for the app to come up before the gates are judged.
      settle: 30s
      gates: [health, live, ready]
      # true: when a gate fails after the deployment, belay goes back by itself.
      rollback: {auto: true}
      notify: [slack]
  
  notify:
    slack: {slack: {webhook: {env: SLACK_WEBHOOK_URL}}}
  $ belay validate
  + .github/belay.yml is valid: 1 environment, 1 service, 3 checks, 0 hosts
  $ belay doctor | grep -v '^+ belay'
  + configuration  .github/belay.yml: 1 environment, 0 hosts, 3 checks
  + certificates  E2E/world/ca/ca.pem
  + shell  /bin/sh
  + temporary files  TMP can be written
  ! secret  variable SLACK_WEBHOOK_URL is missing or empty (notify.slack.slack.webhook)
                     hand it to the step: env: {SLACK_WEBHOOK_URL: ${{ secrets.SLACK_WEBHOOK_URL }}}
  + secrets  1 present
  + state branch  .belay/state.git belay-state (the first deployment will create it)
  
  Nothing stands in the way, 1 warning.

A file goes before the variables.

  $ APP_URL=nonsense belay validate
  + .github/belay.yml is valid: 1 environment, 1 service, 3 checks, 0 hosts
  $ rm -r .github

Values that cannot be are named; what was in them is not repeated.

  $ APP_URL=https://user:api-S3cretHeaderValue-77@example.com belay status
  ! belay: APP_URL: expected an http:// or https:// URL without user, password, '?' and '#'
  !   hint: for example APP_URL=https://shop.example.com
  [2]
  $ APP_URL=example.com belay init
  ! belay: APP_URL: expected an http:// or https:// URL without user, password, '?' and '#'
  !   hint: for example APP_URL=https://shop.example.com
  [2]
  $ ENABLE_AUTO_ROLLBACK=yes belay deploy --version v1
  ! belay: ENABLE_AUTO_ROLLBACK: expected true or false
  !   hint: when it is not set, belay goes back only when it is told to
  [2]
  $ DIGITALOCEAN_API_URL=example.com belay doctor | grep -A 1 '^x'
  x configuration  DIGITALOCEAN_API_URL: expected an http:// or https:// URL without user, password, '?' and '#'
                     for example DIGITALOCEAN_API_URL=https://api.digitalocean.com
  [1]
  $ APP_URL='' belay validate
  ! belay: no configuration found
  !   hint: run 'belay init' to write .github/belay.yml, or name a file with --config; an app on App Platform needs none when APP_URL, DIGITALOCEAN_TOKEN and DIGITALOCEAN_APP_ID are set (missing: APP_URL)
  [2]

A starter for an app on App Platform works without them.

  $ unset APP_URL DIGITALOCEAN_APP_ID DIGITALOCEAN_TOKEN
  $ belay init --driver digitalocean
  + wrote .github/belay.yml
  + wrote .github/workflows/belay.yml
  
  Next: belay validate, then belay deploy --version v1 --dry-run
  $ grep -c example.com .github/belay.yml
  4
  $ belay validate
  + .github/belay.yml is valid: 1 environment, 1 service, 3 checks, 0 hosts
  $ grep -A 4 'env:' .github/workflows/belay.yml
          env:
            GITHUB_TOKEN: ${{ github.token }}
            DIGITALOCEAN_APP_ID: ${{ vars.DIGITALOCEAN_APP_ID }}
            DIGITALOCEAN_TOKEN: ${{ secrets.DIGITALOCEAN_TOKEN }}
            SLACK_WEBHOOK_URL: ${{ secrets.SLACK_WEBHOOK_URL }}
