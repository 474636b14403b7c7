A dry run reads, and prints what it would write. It changes nothing: not the host, not the remote, not this disk.

  $ release v1; release v2
  $ quietly belay deploy -e production --version v1 --artifact v1.tar.zst
  $ before=$(fingerprint)
  $ belay deploy -e production --version v2 --artifact v2.tar.zst --dry-run
  $ belay rollback -e production --dry-run
  $ belay plan -e production --version v2 --artifact v2.tar.zst
  $ belay check -e production --dry-run
  $ [ "$(fingerprint)" = "$before" ] && echo nothing changed

On a remote that has no branch yet, and a host that has no release yet, too.

  $ git -C "$GIT_PATH" update-ref -d refs/heads/belay-state
  $ rm -r "$WEB1_SRV/shop"
  $ before=$(fingerprint)
  $ quietly belay deploy -e production --version v2 --artifact v2.tar.zst --dry-run
  $ [ "$(fingerprint)" = "$before" ] && echo nothing changed

With neither remote nor git, the embedded repository is not created either.

  $ mkdir empty && cd empty && sed '/^state:/d' ../belay.yml >belay.yml
  $ quietly belay deploy -e production --version v2 --artifact ../v2.tar.zst --dry-run
  $ find . -type f | sort
