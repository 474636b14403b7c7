Every result has a schema, and keeps to it; --jq picks from it.

  $ release v1; release v2; release v3 broken
  $ check() { local name=$1 status=0; shift; belay-raw "$@" --json >"$name.json" || status=$?; printf '%s %s: ' "$status" "$*"; valid "result.$name" "$name.json"; }
  $ belay-raw() { "$E2E_BELAY" "$@" 2>/dev/null; }
  $ check deploy deploy -e production --version v1 --artifact v1.tar.zst
  0 deploy -e production --version v1 --artifact v1.tar.zst: valid
  $ check deploy deploy -e production --version v1 --artifact v1.tar.zst
  0 deploy -e production --version v1 --artifact v1.tar.zst: valid
  $ check plan plan -e production --version v2 --artifact v2.tar.zst
  0 plan -e production --version v2 --artifact v2.tar.zst: valid
  $ check deploy deploy -e production --version v2 --artifact v2.tar.zst
  0 deploy -e production --version v2 --artifact v2.tar.zst: valid
  $ check deploy deploy -e production --version v3 --artifact v3.tar.zst
  3 deploy -e production --version v3 --artifact v3.tar.zst: valid
  $ check status status
  0 status: valid
  $ check history history
  0 history: valid
  $ check verify verify
  0 verify: valid
  $ check gate check -e production
  0 check -e production: valid
  $ check rollback-list rollback -e production --list
  0 rollback -e production --list: valid
  $ check deploy rollback -e production
  0 rollback -e production: valid
  $ check validate validate
  0 validate: valid
  $ check doctor doctor
  0 doctor: valid
  $ check version version
  0 version: valid
  $ belay status --jq '.environments[].environment'
  production
  $ belay status --jq '.environments['
  ! belay: --jq: invalid jq: '[' that is never closed at character 14
  !   hint: see here:
  !           .environments[
  !                        ^
  [2]
  $ git -C "$GIT_PATH" log --format=%b -n 1 belay-state >event.json; valid event event.json
  valid
