Preflight checks are judged before anything is touched.

  $ sed -i 's#^    gates:#    preflight: [ready]\n    gates:#; s#^checks:#checks:\n  ready: {tcp: "@ADDRESS@:9", expect: [.connected]}#' belay.yml; sed -i "s#@ADDRESS@#$ADDRESS#" belay.yml
  $ release v1
  $ belay deploy -e production --version v1 --artifact v1.tar.zst
  x production: v1 was not deployed; nothing was switched, nothing is live
    because preflight failed: ready: no answer: Connection refused (expected .connected, got false)
  
    CLOCK  x  preflight  preflight did not pass: ready
  
  x preflight failed: 1 failed
    x ready  DURATION, 2 attempts  no answer: Connection refused (expected .connected, got false)
  
  ID, recorded on https://ADDRESS:20443/git/app.git belay-state at HASH
  ! x ready: fail: no answer: Connection refused (expected .connected, got false)
  ! x preflight did not pass: ready
  [1]
  $ ls -A "$WEB1_SRV"
  $ events
  lock.acquired
  deployment.begun
  deployment.captured
  gate.judged
  deployment.failed
  lock.released
  $ belay verify
  + 6 events of 1 environment add up
    https://ADDRESS:20443/git/app.git belay-state at HASH
