Preflight checks are judged before anything is touched.

  $ sed -i 's#^    gates:#    preflight: [ready]\n    gates:#; s#^checks:#checks:\n  ready: {tcp: "@ADDRESS@:9", expect: [.connected]}#' belay.yml; sed -i "s#@ADDRESS@#$ADDRESS#" belay.yml
  $ release v1
  $ belay deploy -e production --version v1 --artifact v1.tar.zst
  $ ls -A "$WEB1_SRV"
  $ events
  $ belay verify
