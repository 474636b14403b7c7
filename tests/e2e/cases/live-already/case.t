Deploying again what is live is a deployment like any other: it puts right what was changed behind our back.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst
  $ host web1 sh -c 'echo "{}" >/srv/shop/current/public/version.json'; served web1
  web1 null
  $ belay deploy -e production --version v2 --artifact v2.tar.zst --quiet
  + production: v2 is live (was v2) in DURATION
  $ served web1
  web1 v2

A version that was deployed more than once means its newest deployment.

  $ belay rollback -e production --to v1 --quiet
  + production: back to v1 (was v2) in DURATION
  $ belay rollback -e production --to v2 --quiet
  + production: back to v2 (was v1) in DURATION
  $ belay status -e production --jq '.environments[0].deployments | map(.version) | join(" ")'
  v2 v1 v2 v2 v1
