The page of an incident as a pull request: opened when the incident is over, done when it is on the default branch.

  $ export SINKS GITHUB_TOKEN=$(sed -n 's/^TOKEN = "\(.*\)"/\1/p' "$E2E_ROOT/tests/peers/vendors/github.py")
  $ double=$SINKS_HTTP/github
  $ quietly belay deploy --version v1
  $ quietly 3 belay deploy --version bad2
  [3]
  $ curl -sf "$double/_state" | jq -c '.pulls | length'
  0
  $ belay deploy --version v3 --quiet
  + production: v3 is live (was v1) in DURATION
  $ curl -sf "$double/_state" | jq -r '.pulls[] | .title, .head, .base' | tidy
  Post-mortem: [production rollback] bad2 > v1
  belay/post-mortem-ID
  main
  $ belay incident list
  INCIDENT  SEV  STATUS  OPENED  POST-MORTEM  WHAT
  ID  P1  resolved  AGO  begun, due TIME  [production rollback] bad2 > v1
  $ belay incident list --jq '.incidents[0].post_mortem | .status, .url'
  written
  https://github.com/acme/shop/pull/1000
  $ quietly belay deploy --version v4
  $ curl -sf "$double/_state" | jq -c '.pulls | length'
  1

Without the permission the page waits, and nothing else does.

  $ quietly 3 belay deploy --version bad5
  [3]
  $ curl -sf "$double/_settings" -d '{"actions_may_open_pulls": false}' >/dev/null
  $ belay deploy --version v6
  + production: v6 is live (was v4) in DURATION
  
    CLOCK  +  app  switched to v6 from v4
    CLOCK  +  gates  gates passed: 1 check
  
  + gates passed: 1 passed
    + health  DURATION
  
  ID, recorded on .belay/state.git belay-state at HASH
  ! + app: switched to v6 from v4 (DURATION)
  ! + health: pass: all predicates hold
  ! + gates passed: 1 check
  ! - post-mortem: no page for incident ID yet: GitHub answers 'POST /repos/acme/shop/pulls' with 403: GitHub Actions is not permitted to create or approve pull requests.
  $ belay incident list --jq '.incidents[].post_mortem.status'
  written
  due
  $ curl -sf "$double/_settings" -d '{"actions_may_open_pulls": true}' >/dev/null
  $ quietly belay watch
  $ belay incident list --jq '.incidents[].post_mortem.status'
  written
  written

Merged as it was it is not done: somebody has to write it.

  $ id=$("$E2E_BELAY" incident list --jq '.incidents[0].id')
  $ merge() { jq -n --arg text "$(base64 -w 0 <<<"$1")" '{message: "page", branch: "main", content: $text}' | curl -sf -X PUT -H "Authorization: Bearer $GITHUB_TOKEN" "$double/repos/acme/shop/contents/docs/$id.md" -d @- >/dev/null && echo merged; }
  $ merge '- [ ] nothing yet'; quietly belay watch
  merged
  $ belay incident list --jq '.incidents[0].post_mortem.status'
  written
  $ curl -sf -H "Authorization: Bearer $GITHUB_TOKEN" "$double/repos/acme/shop/contents/docs/$id.md" | jq -r .sha >sha
  $ jq -n --arg sha "$(cat sha)" --arg text "$(base64 -w 0 <<<'It was DNS.')" '{message: "page", branch: "main", content: $text, sha: $sha}' | curl -sf -X PUT -H "Authorization: Bearer $GITHUB_TOKEN" "$double/repos/acme/shop/contents/docs/$id.md" -d @- >/dev/null && echo written
  written
  $ quietly belay watch
  $ belay incident list --jq '.incidents[0].post_mortem.status'
  done
  $ git -C .belay/state.git log -p belay-state | grep -c "$GITHUB_TOKEN"
  0
  [1]
