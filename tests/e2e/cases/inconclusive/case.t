A machine without a network can see nothing: that is neither good nor bad. Nothing is promoted, nothing is rolled back, a person
is told; exit status 5.

  $ offline() { unshare --net env BELAY= "$E2E_ROOT/tests/e2e/bin/belay" "$@"; }
  $ offline check --jq '.verdicts[] | [.check, .outcome]'
  ["certificate","inconclusive"]
  ["site","inconclusive"]
  ["address","inconclusive"]
  ["port","inconclusive"]
  ! x address: fail: no answer: Failed to connect to 192.0.2.1 port 80 after DURATION: Could not connect to server
  ! x certificate: inconclusive: no data: cannot resolve 'shop.example.com': Temporary failure in name resolution
  ! x port: fail: no answer: Network is unreachable (expected .connected, got false)
  ! x site: fail: no answer: Could not resolve host: shop.example.com
  [1]
  $ offline deploy --version v1
  x production: v1 could not be taken back; a person has to act now
    because gates failed: certificate: no data: cannot resolve 'shop.example.com': Temporary failure in name resolution; site: no answer: Could not resolve host: shop.example.com; address: no answer: Failed to connect to 192.0.2.1 port 80 after DURATION: Could not connect to server; port: no answer: Network is unreachable (expected .connected, got false)
  
  == DO THIS NOW ==
    1. app: bring what was there before back by hand (app: nothing to go back to: no version was live before, and there is no 'undo')
    2. when it is as it should be, run 'belay deploy' or 'belay rollback' with --take-lock
  
    CLOCK  +  app  switched to v1
    CLOCK  x  gates  gates did not pass: certificate, site, address, port
    CLOCK  x  gates  gates failed: certificate: no data: cannot resolve 'shop.example.com': Temporary failure in name resolution; site: no answer: Could not resolve host: shop.example.com; address: no answer: Failed to connect to 192.0.2.1 port 80 after DURATION: Could not connect to server; port: no answer: Network is unreachable (expected .connected, got false)
    CLOCK  x  app  could not take v1 back: app: nothing to go back to: no version was live before, and there is no 'undo'
  
  x gates failed: 3 failed, 1 inconclusive
    ? certificate  DURATION  no data: cannot resolve 'shop.example.com': Temporary failure in name resolution
    x site  DURATION  no answer: Could not resolve host: shop.example.com
    x address  DURATION  no answer: Failed to connect to 192.0.2.1 port 80 after DURATION: Could not connect to server
    x port  DURATION  no answer: Network is unreachable (expected .connected, got false)
  
  ID, recorded on .belay/state.git belay-state at HASH
  ! + app: switched to v1 (DURATION)
  ! x address: fail: no answer: Failed to connect to 192.0.2.1 port 80 after DURATION: Could not connect to server
  ! x certificate: inconclusive: no data: cannot resolve 'shop.example.com': Temporary failure in name resolution
  ! x port: fail: no answer: Network is unreachable (expected .connected, got false)
  ! x site: fail: no answer: Could not resolve host: shop.example.com
  ! x gates did not pass: certificate, site, address, port
  ! x gates failed: certificate: no data: cannot resolve 'shop.example.com': Temporary failure in name resolution; site: no answer: Could not resolve host: shop.example.com; address: no answer: Failed to connect to 192.0.2.1 port 80 after DURATION: Could not connect to server; port: no answer: Network is unreachable (expected .connected, got false)
  ! x app: could not take v1 back: app: nothing to go back to: no version was live before, and there is no 'undo' (DURATION)
  [4]
  $ cat live
  v1
  $ events .belay/state.git | tail -3
  gate.judged
  deployment.stuck
  lock.kept
  $ belay status
  production
    lock kept by root@RUNNER (run RUN), taken AGO, undo failed AGO: app: nothing to go back to: no version was live before, and there is no 'undo'
  x deployment of v1 is not finished: stuck, begun AGO by root
      undo failed: app: nothing to go back to: no version was live before, and there is no 'undo'
      1. app: bring what was there before back by hand (app: nothing to go back to: no version was live before, and there is no 'undo')
      2. when it is as it should be, run 'belay deploy' or 'belay rollback' with --take-lock
  
    x  v1  AGO  root  stuck, undo failed in DURATION: gates failed: certificate: no data: cannot resolve 'shop.example.com': Temporary failure in name resolution; site: no answer: Could not resolve host: shop.example.com; address: no answer: Failed to connect to 192.0.2.1 port 80 after DURATION: Could not connect to server; port: no answer: Network is unreachable (expected .connected, got false)
  
  journal: .belay/state.git belay-state

The configuration may say what it means.

  $ sed -i 's#^defaults: {#defaults: {on_no_data: pass, #' belay.yml
  $ offline check --jq .outcome 2>&1 | tail -1
  ! x site: fail: no answer: Could not resolve host: shop.example.com
  [1]
  $ sed -i 's#on_no_data: pass#on_no_data: fail#' belay.yml
  $ offline check --jq .outcome 2>/dev/null
  fail
  [1]
