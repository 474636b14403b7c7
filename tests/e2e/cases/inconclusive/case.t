A check that can see nothing is neither good nor bad: not promoted, told to a person, exit status 5.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ sed -i 's#^checks:#checks:\n  blind: {http: "http://no-such-name.invalid/", expect: [".status == 200"]}#; s#gates: .*#gates: [health, blind]#' belay.yml
  $ belay check -e production
  $ belay deploy -e production --version v2 --artifact v2.tar.zst
  $ served web1
  $ events | tail -3

The configuration may say what it means.

  $ sed -i 's#blind: {#blind: {on_no_data: pass, #' belay.yml
  $ belay check -e production --jq .outcome
  $ sed -i 's#on_no_data: pass#on_no_data: fail#' belay.yml
  $ belay check -e production --jq .outcome
