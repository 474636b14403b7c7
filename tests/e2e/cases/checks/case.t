The check types, good and bad, with what was seen beside what was asked for.

  $ release v1; quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ "$E2E_ROOT/tests/peers/ca.sh" leaf "$E2E_DIR/world/ca" soon "IP:$ADDRESS" '80 days ago' '10 days'
  $ cat >>belay.yml <<'YAML'
  >   empty:
  > YAML
  $ sed -i "s#^checks:#checks:\n  header: {http: \"$WEB1_URL/version\", expect: ['.headers.\"x-host\" == \"web1\"', '.latency_ms < 5000'], warn: ['.body_bytes > 4000']}\n  port: {tcp: \"${WEB1_SSH\#root@}\", read: 64B, expect: ['.received | startswith(\"SSH-2.0\")']}\n  closed: {tcp: \"$ADDRESS:9\", expect: [.connected]}\n  certificate: {tls: \"$ADDRESS:20443\", expect: ['.days_left > 30', .chain_valid, .name_match]}\n  old: {tls: \"$ADDRESS:20443\", expect: ['.days_left > 365'], severity: warning}\n  stranger: {tls: \"$ADDRESS:20443\", server_name: other.example, expect: [.name_match]}\n  list: {http: \"$WEB1_URL/version\", expect: ['.body.version == \"v2\"', '.status == 200']}#" belay.yml
  $ belay validate
  $ for check in health header port closed certificate old stranger list; do belay check "$check" -e production; echo "[$?]"; done
  $ belay check nonsense -e production
  $ belay check -e production health closed --jq '.verdicts[] | [.check, .outcome]'
