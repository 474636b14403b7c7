A recorded run is played again byte for byte: with no network, no host, no remote, no key and no artifact.

  $ release v1; release v2 broken
  $ "$E2E_BELAY" deploy -e production --version v1 --artifact v1.tar.zst --record good.tape >good.out 2>good.err
  $ "$E2E_BELAY" deploy -e production --version v2 --artifact v2.tar.zst --record bad.tape >bad.out 2>bad.err
  [3]
  $ "$E2E_BELAY" deploy -e production --version v2 --artifact v2.tar.zst --record json.tape --json >json.out 2>json.err
  [3]
  $ "$E2E_BELAY" status --record status.tape >status.out
  $ jq -c . good.tape | cmp - good.tape && echo JSON lines
  JSON lines
  $ stat -c %a good.tape
  600
  $ mkdir away; cp *.tape *.out away; cd away
  $ replay() { unshare --net env -u GIT_TOKEN "$E2E_BELAY" replay "$1.tape" >"$1.again"; }
  $ replay good
  $ cmp good.out good.again && echo same
  same
  $ replay bad
  [3]
  $ cmp bad.out bad.again && echo same
  same
  $ replay json
  [3]
  $ cmp json.out json.again && echo same
  same
  $ replay status
  $ cmp status.out status.again && echo same
  same
  $ ls -A | grep -v -e tape -e out -e again
  [1]

The events on a tape are those on the branch.

  $ jq -r 'select(.kind == "git.append") | .args.commits[].subject' good.tape | tidy
  production: lock taken by root (generation 1)
  production: deploying shop v1
  production: captured shop
  production: prepared shop
  production: switched shop
  production: gates: pass
  production: deployed shop v1
  production: lock released

A tape that does not fit is said to diverge, and a tape that is none is refused.

  $ head -n 5 good.tape >short.tape
  $ belay replay short.tape
  ! belay: state.token: the tape 'short.tape' has no clock {} in the main lane; nothing is left there
  !   hint: the recorded run did not come to its end: the tape stops in the middle
  [1]
  $ echo hello >none.tape
  $ belay replay none.tape
  ! belay: tape 'none.tape', line 1: not valid JSON: invalid token near 'hello'
  !   hint: the tape is damaged: a recorder writes one JSON object a line
  [2]
  $ belay replay absent.tape
  ! belay: cannot read the tape 'absent.tape': No such file or directory
  [2]
