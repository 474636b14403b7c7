Who is told of what, and what happens to messages that nobody takes.

  $ export HOOK_URL=$SINKS_HTTP/hook/d0-n0t-show-this-address HOOK_KEY=d0-n0t-show-this-key CHAT_URL=$SINKS_HTTP/chat/d0-n0t-show-this-address
  $ told() { jq -r --arg path "$1" 'select(.path | startswith($path)) | .json | "\(.topic // "chat"): \(.title // .text)"' "$SINKS/requests.jsonl"; }
  $ script() { printf '%s' "$1" >"$SINKS/script.json"; }
  $ outbox() { git -C "$GIT_PATH" show belay-state:environments/production/state.json | jq -r '.outbox[] | [.notification, .topic, .attempts, .last_error // "-"] | @tsv'; }

A test says which channels work, and nothing is written down.

  $ belay notify --test hook
  + hook  test
  ! + hook: told: test
  $ script '[{"path": "^/hook", "status": 410, "body": "gone"}]'
  $ belay notify --test hook
  x hook  test
    the webhook answered 410: gone
  ! - hook: not told: the webhook answered 410: gone
  [1]
  $ belay notify --test hok
  ! belay: there is no notification 'hok' in belay.yml
  !   hint: did you mean 'hook'?
  [2]
  $ belay notify hook
  ! belay: names of notifications go with --test
  !   hint: without it, belay notify sends whatever waits
  [2]
  $ script '[]'

A deployment that passes.

  $ belay deploy --version v1 --json --jq '.told'
  [{"notification":"hook","outcome":"sent","topic":"deployed"}]
  ! + app: switched to v1 (DURATION)
  ! + health: pass: all predicates hold
  ! + gates passed: 1 check
  ! + hook: told: deployed
  $ told /hook
  test: production: a test of 'hook'
  test: production: a test of 'hook'
  deployed: production: v1 is live
  $ outbox
  morning\tdeployed\t0\t- (esc)

One that is taken back. A chat that is broken changes nothing but a line.

  $ script '[{"path": "^/health", "status": 503}, {"path": "^/chat", "status": 503, "headers": {"Retry-After": "3600"}, "body": "broken"}]'
  $ belay deploy --version v2 --quiet --json --jq '.told[] | [.notification, .topic, .outcome, .reason] | @tsv'
  chat\tincident-opened\tfailed\tSlack answered 503: broken (esc)
  hook\trolled-back\tsent\t (esc)
  [3]
  $ told /hook
  test: production: a test of 'hook'
  test: production: a test of 'hook'
  deployed: production: v1 is live
  rolled-back: production: v2 was taken back, v1 is live
  $ outbox
  morning\tdeployed\t0\t- (esc)
  chat\tincident-opened\t1\tSlack answered 503: broken (esc)
  $ belay notify
  Nothing to send now.
  2 messages wait.
  $ journal | tail -n 14
  production: deploying app v2
  production: captured app
  production: switched app
  production: gates: fail
  production: after-undo: pass
  production: rolled back app v2 to v1: gates failed: health: expected .status == 200, got 503
  production: lock released
  production: incident ID opened, P1: v2 > v1
  production: to tell chat: incident-opened
  production: sending 1 message
  production: to tell hook: rolled-back
  production: sending 1 message
  production: could not send message HASH: Slack answered 503: broken
  production: sent message HASH

A run that lacks the secret leaves the message to another one.

  $ env -u HOOK_URL belay deploy --version v3 --quiet --json --jq '.told[] | [.notification, .topic, .outcome, .reason] | @tsv'
  chat\tincident-resolved\tsent\t (esc)
  hook\tdeployed\tfailed\tthis run lacks the variable HOOK_URL (esc)

The signature is the body's.

  $ jq -r 'select(.path | startswith("/hook")) | .body' "$SINKS/requests.jsonl" | tail -n 1 | tr -d '\n' >body
  $ jq -r 'select(.path | startswith("/hook")) | .headers["x-belay-signature-256"]' "$SINKS/requests.jsonl" | tail -n 1 >signature
  $ openssl dgst -sha256 -hmac "$HOOK_KEY" -hex body | sed 's/.* /sha256=/' | cmp - signature

The state and the events are what their schemas promise, and addresses and keys are in none of it.

  $ git -C "$GIT_PATH" show belay-state:environments/production/state.json >state.json; valid state state.json
  valid
  $ git -C "$GIT_PATH" log --format=%b belay-state | jq -sc 'map(select(.type // "" | startswith("message."))) | unique_by(.type)[]' | while read -r event; do printf '%s' "$event" >event.json; valid event event.json; done | sort -u
  valid
  $ belay verify --json --jq '.branches[0].environments[]'
  production
  $ belay notify --quiet --json >result.json; valid result.notify result.json
  valid
  $ belay notify --test hook --json >result.json; valid result.notify result.json
  ! + hook: told: test
  valid
  $ script '[{"path": "^/(hook|chat)", "status": 404, "body": "d0-n0t-show-this-address", "times": 9}]'
  $ quietly 1 belay notify --test hook chat --verbose --record tape
  [1]
  $ grep -rlF 'd0-n0t-show' . "$E2E_DIR/quiet" --include=tape --include='*.json' --include=quiet
  [1]
  $ git -C "$GIT_PATH" log -p --format=%B belay-state | grep -cF 'd0-n0t-show'
  0
  [1]
