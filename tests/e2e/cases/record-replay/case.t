A recorded run is played again byte for byte: with no network, no host, no remote, no key and no artifact.

  $ release v1; release v2 broken
  $ "$E2E_BELAY" deploy -e production --version v1 --artifact v1.tar.zst --record good.tape >good.out 2>good.err
  $ "$E2E_BELAY" deploy -e production --version v2 --artifact v2.tar.zst --record bad.tape >bad.out 2>bad.err
  $ "$E2E_BELAY" deploy -e production --version v2 --artifact v2.tar.zst --record json.tape --json >json.out 2>json.err
  $ "$E2E_BELAY" status --record status.tape >status.out
  $ jq -c . good.tape | cmp - good.tape && echo JSON lines
  $ stat -c %a good.tape
  $ mkdir away; cp *.tape *.out away; cd away
  $ replay() { unshare --net env -u GIT_TOKEN "$E2E_BELAY" replay "$1.tape" >"$1.again"; }
  $ replay good
  $ cmp good.out good.again && echo same
  $ replay bad
  $ cmp bad.out bad.again && echo same
  $ replay json
  $ cmp json.out json.again && echo same
  $ replay status
  $ cmp status.out status.again && echo same
  $ ls -A | grep -v -e tape -e out -e again

The events on a tape are those on the branch.

  $ jq -r 'select(.kind == "git.append") | .args.commits[].subject' good.tape | tidy

A tape that does not fit is said to diverge, and a tape that is none is refused.

  $ head -n 5 good.tape >short.tape
  $ belay replay short.tape
  $ echo hello >none.tape
  $ belay replay none.tape
  $ belay replay absent.tape
