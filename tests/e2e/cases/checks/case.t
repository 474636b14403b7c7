The check types, good and bad, with what was seen beside what was asked for.

  $ "$E2E_ROOT/tests/peers/ca.sh" start other && cp other/ca.pem other.pem
  $ release v1; quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ belay validate
  $ for check in health header list absent boolean large resolved private untrusted unverified moved; do belay check "$check"; echo "[$?]"; done
  $ for check in port closed closed-as-it-should-be certificate old stranger not-tls; do belay check "$check"; echo "[$?]"; done
  $ belay check nonsense
  $ belay check health closed --jq '.verdicts[] | [.check, .outcome]'

All of them at once, in parallel.

  $ belay check $(sed -n '/^checks:/,/^environments:/s/^  \([a-z-]*\):.*/\1/p' belay.yml) --jq '[.outcome, .passed, .warned, .failed, .inconclusive]'
