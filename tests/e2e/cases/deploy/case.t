A good release goes out, and belay says so, in words that are meant to be looked at.

  $ release v1; release v2
  $ belay deploy -e production --version v1 --artifact v1.tar.zst
  $ served web1
  $ belay deploy -e production --version v2 --artifact v2.tar.zst --reason 'the sale begins'
  $ served web1

What is live is live: doing it again changes nothing.

  $ before=$(events | wc -l)
  $ belay deploy -e production --version v2 --artifact v2.tar.zst --json --jq .noop
  $ [ "$(events | wc -l)" -eq "$before" ]

What belay knows afterwards, from the branch alone.

  $ belay status
  $ belay status -e production --json --jq '.environments[0].services.shop | [.live.version, .last_good.version]'
  $ belay history
  $ belay verify

The branch is readable with plain git.

  $ journal
  $ events
  $ git -C "$GIT_PATH" ls-tree -r --name-only belay-state
  $ git -C "$GIT_PATH" fsck --strict

On the host: one directory a release, a relative link, and belay's own notes.

  $ readlink "$WEB1_SRV/shop/current" | tidy
  $ ls "$WEB1_SRV/shop" | sort
  $ ls "$WEB1_SRV/shop/releases" | wc -l
