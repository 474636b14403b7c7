What cannot be deployed is found out before anything is touched: exit status 2, and the branch does not even begin.

  $ try() { belay deploy -e production --version v1 --artifact "$1"; }
  $ echo 'not an archive' >text.tar.zst; try text.tar.zst
  $ try absent.tar.gz
  $ mkdir tree; echo x >tree/file; ln tree/file tree/hard
  $ tar -cPf dotdot.tar --transform 's,^tree/file,../../etc/passwd,' tree/file; try dotdot.tar
  $ tar -cPf absolute.tar --transform 's,^tree/file,/etc/passwd,' tree/file; try absolute.tar
  $ ln -s ../../../etc/passwd tree/link; tar -cf link.tar tree/link; try link.tar
  $ ln -sfn /etc tree/link; tar -cf abslink.tar tree/link; try abslink.tar
  $ tar -cPf hard.tar --transform 'flags=h;s,^tree/file,../../etc/shadow,' tree/file tree/hard; try hard.tar
  $ mkfifo tree/pipe; tar -cf pipe.tar tree/pipe; try pipe.tar
  $ tar -czf cut.tar.gz tree/file; truncate -s -20 cut.tar.gz; try cut.tar.gz
  $ : >empty.tar; try empty.tar
  $ ls -A "$WEB1_SRV"
  $ git -C "$GIT_PATH" for-each-ref

No artifact at all, neither on the command line nor in the configuration.

  $ belay deploy -e production --version v1

A tar, a tar.gz, a tar.zst and a directory are all good.

  $ release v1
  $ mkdir site; tar -xf v1.tar.zst -C site; tar -C site -cf v1.tar .; tar -C site -czf v1.tar.gz .
  $ for artifact in v1.tar v1.tar.gz v1.tar.zst site; do
  >   belay deploy -e production --version "v-$artifact" --artifact "$artifact" --json --jq .end -c gateless.yml
  > done
