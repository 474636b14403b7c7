The check types, good and bad, with what was seen beside what was asked for.

  $ "$E2E_ROOT/tests/peers/ca.sh" start other && cp other/ca.pem other.pem
  $ release v1; quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ belay validate
  + belay.yml is valid: 1 environment, 1 service, 18 checks, 1 host
  $ for check in health header list absent boolean large resolved private untrusted unverified moved; do belay check "$check"; echo "[$?]"; done
  + check passed: 1 passed
    + health  DURATION
  ! + health: pass: all predicates hold
  [0]
  ! check passed with warnings: 1 warned
    ! header  DURATION
        ! .body_bytes > 4000  actual 17  bound 4000
  ! + header: warn: expected .body_bytes > 4000, got 17
  [0]
  x check failed: 1 failed
    x list  DURATION, 2 attempts
        x .body.version == "v2"  actual "v1"  bound "v2"
        x .body.missing.deeper == 1  actual null  bound 1
  ! x list: fail: expected .body.version == "v2", got "v1" (and 1 more)
  [1]
  x check failed: 1 failed
    x absent  DURATION, 2 attempts
        x .status < 400  actual 404  bound 400
  ! x absent: fail: expected .status < 400, got 404
  [1]
  + check passed: 1 passed
    + boolean  DURATION
  ! + boolean: pass: all predicates hold
  [0]
  x check failed: 1 failed
    x large  DURATION, 2 attempts
        x .body.version == "v1"  jq: Cannot index string with string "version"
  ! x large: fail: expected .body.version == "v1": jq: Cannot index string with string "version"
  [1]
  + check passed: 1 passed
    + resolved  DURATION
  ! + resolved: pass: all predicates hold
  [0]
  x check failed: 1 failed
    x private  DURATION, 2 attempts
        x .body | contains("git-upload-pack")  jq: object ({"base64":"...) and string ("git-upload...) cannot have their containment checked
  ! x private: fail: expected .body | contains("git-upload-pack"): jq: object ({"base64":"...) and string ("git-upload...) cannot have their containment checked
  [1]
  x check failed: 1 failed
    x untrusted  DURATION, 2 attempts  no answer: SSL certificate problem: self-signed certificate in certificate chain
  ! x untrusted: fail: no answer: SSL certificate problem: self-signed certificate in certificate chain
  [1]
  + check passed: 1 passed
    + unverified  DURATION
  ! + unverified: pass: all predicates hold
  [0]
  + check passed: 1 passed
    + moved  DURATION
  ! + moved: pass: all predicates hold
  [0]
  $ for check in port closed closed-as-it-should-be certificate old stranger not-tls; do belay check "$check"; echo "[$?]"; done
  + check passed: 1 passed
    + port  DURATION
  ! + port: pass: all predicates hold
  [0]
  x check failed: 1 failed
    x closed  DURATION, 2 attempts  no answer: Connection refused (expected .connected, got false)
  ! x closed: fail: no answer: Connection refused (expected .connected, got false)
  [1]
  + check passed: 1 passed
    + closed-as-it-should-be  DURATION
  ! + closed-as-it-should-be: pass: all predicates hold
  [0]
  + check passed: 1 passed
    + certificate  DURATION
  ! + certificate: pass: all predicates hold
  [0]
  ! check passed with warnings: 1 warned
    ! old  DURATION, 2 attempts  only warns
        x .days_left > 365  actual 89  bound 365
  ! x old: fail: expected .days_left > 365, got 89
  [0]
  x check failed: 1 failed
    x stranger  DURATION, 2 attempts
        x .name_match  actual false
  ! x stranger: fail: expected .name_match, got false
  [1]
  x check failed: 1 failed
    x not-tls  DURATION, 2 attempts  no answer: TLS handshake failed: wrong version number
  ! x not-tls: fail: no answer: TLS handshake failed: wrong version number
  [1]
  $ belay check nonsense
  ! belay: there is no check 'nonsense' in belay.yml
  [2]
  $ belay check health closed --jq '.verdicts[] | [.check, .outcome]'
  ["health","pass"]
  ["closed","fail"]
  ! + health: pass: all predicates hold
  ! x closed: fail: no answer: Connection refused (expected .connected, got false)
  [1]

All of them at once, in parallel.

  $ belay check $(sed -n '/^checks:/,/^environments:/s/^  \([a-z-]*\):.*/\1/p' belay.yml) --jq '[.outcome, .passed, .warned, .failed, .inconclusive]'
  ["fail",8,2,8,0]
  ! + boolean: pass: all predicates hold
  ! + certificate: pass: all predicates hold
  ! + closed-as-it-should-be: pass: all predicates hold
  ! + header: warn: expected .body_bytes > 4000, got 17
  ! + health: pass: all predicates hold
  ! + moved: pass: all predicates hold
  ! + port: pass: all predicates hold
  ! + resolved: pass: all predicates hold
  ! + unverified: pass: all predicates hold
  ! x absent: fail: expected .status < 400, got 404
  ! x closed: fail: no answer: Connection refused (expected .connected, got false)
  ! x large: fail: expected .body.version == "v1": jq: Cannot index string with string "version"
  ! x list: fail: expected .body.version == "v2", got "v1" (and 1 more)
  ! x not-tls: fail: no answer: TLS handshake failed: wrong version number
  ! x old: fail: expected .days_left > 365, got 89
  ! x private: fail: expected .body | contains("git-upload-pack"): jq: object ({"base64":"...) and string ("git-upload...) cannot have their containment checked
  ! x stranger: fail: expected .name_match, got false
  ! x untrusted: fail: no answer: SSL certificate problem: self-signed certificate in certificate chain
  [1]
