A secret that only tells people may be missing: it is said, and nothing is stopped.

  $ export APP_TOKEN=t
  $ belay doctor | grep -A 1 -E '^. secret'
  ! secret  variable OTHER_TOKEN is missing or empty (github.token)
                     hand it to the step: env: {OTHER_TOKEN: ${{ secrets.OTHER_TOKEN }}}
  ! secret  variable SLACK_WEBHOOK_URL is missing or empty (notify.ops.slack.webhook)
                     hand it to the step: env: {SLACK_WEBHOOK_URL: ${{ secrets.SLACK_WEBHOOK_URL }}}
  ! secret  file pager.key is missing or empty (notify.pager.pagerduty.routing_key)
                     write the file before belay runs, readable for this user
  + secrets  1 present
  + state branch  .belay/state.git belay-state (the first deployment will create it)
  $ belay deploy --version v1
  + laptop: v1 is live (was nothing) in DURATION
  
    CLOCK  +  app  switched to v1
  
  ID, recorded on .belay/state.git belay-state at HASH
  ! - github.token: the variable OTHER_TOKEN is not set; going on without it
  ! - notify.ops.slack.webhook: the variable SLACK_WEBHOOK_URL is not set; going on without it
  ! - notify.pager.pagerduty.routing_key: the file 'pager.key' cannot be read; going on without it
  ! + app: switched to v1 (DURATION)

One that a service needs stops the run before anything is touched.

  $ APP_TOKEN='' belay deploy --version v2
  ! belay: environments.laptop.services.app.env.TOKEN needs the variable APP_TOKEN, which is not set
  !   hint: in a workflow: env: {APP_TOKEN: ${{ secrets.APP_TOKEN }}}
  [2]
  $ belay status | head -n 3
  laptop
    SERVICE  LIVE  SINCE  LAST GOOD  DEPLOYMENT
    app  v1  AGO  v1  ID
