Every result has a schema, and keeps to it; --jq picks from it.

  $ release v1; release v2; release v3 broken
  $ check() { local name=$1 status=0; shift; belay-raw "$@" --json >"$name.json" || status=$?; printf '%s %s: ' "$status" "$*"; valid "result.$name" "$name.json"; }
  $ belay-raw() { "$E2E_BELAY" "$@" 2>/dev/null; }
  $ check deploy deploy -e production --version v1 --artifact v1.tar.zst
  $ check deploy deploy -e production --version v1 --artifact v1.tar.zst
  $ check plan plan -e production --version v2 --artifact v2.tar.zst
  $ check deploy deploy -e production --version v2 --artifact v2.tar.zst
  $ check deploy deploy -e production --version v3 --artifact v3.tar.zst
  $ check status status
  $ check history history
  $ check verify verify
  $ check gate check -e production
  $ check rollback-list rollback -e production --list
  $ check deploy rollback -e production
  $ check validate validate
  $ check doctor doctor
  $ check version version
  $ belay status --jq '.environments[].environment'
  $ belay status --jq '.environments['
  $ git -C "$GIT_PATH" log --format=%b -n 1 belay-state >event.json; valid event event.json
