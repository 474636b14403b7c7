What cannot be deployed is found out before anything is touched: exit status 2, and the branch does not even begin.

  $ try() { belay deploy -e production --version v1 --artifact "$1"; }
  $ echo 'not an archive' >text.tar.zst; try text.tar.zst
  ! belay: 'text.tar.zst' is no usable archive: Unrecognized archive format
  !   hint: an artifact is a directory, or a file in one of the formats .tar, .tar.gz, .tar.zst
  [2]
  $ try absent.tar.gz
  ! belay: cannot read the artifact 'absent.tar.gz': No such file or directory
  [2]
  $ mkdir tree; echo x >tree/file; ln tree/file tree/hard
  $ tar -cPf dotdot.tar --transform 's,^tree/file,../../etc/passwd,' tree/file; try dotdot.tar
  ! belay: 'dotdot.tar': entry '../../etc/passwd' has '..' in its path
  !   hint: unpacking it could change files outside of the release
  [2]
  $ tar -cPf absolute.tar --transform 's,^tree/file,/etc/passwd,' tree/file; try absolute.tar
  ! belay: 'absolute.tar': entry '/etc/passwd' has an absolute path
  !   hint: unpacking it could change files outside of the release
  [2]
  $ ln -s ../../../etc/passwd tree/link; tar -cf link.tar tree/link; try link.tar
  ! belay: 'link.tar': entry 'tree/link' is a symbolic link that points outside
  !   hint: unpacking it could change files outside of the release
  [2]
  $ ln -sfn /etc tree/link; tar -cf abslink.tar tree/link; try abslink.tar
  ! belay: 'abslink.tar': entry 'tree/link' is a symbolic link to an absolute path
  !   hint: unpacking it could change files outside of the release
  [2]
  $ tar -cPf hard.tar --transform 'flags=h;s,^tree/file,../../etc/shadow,' tree/file tree/hard; try hard.tar
  ! belay: 'hard.tar': entry 'tree/hard' is a hard link that points outside
  !   hint: unpacking it could change files outside of the release
  [2]
  $ mkfifo tree/pipe; tar -cf pipe.tar tree/pipe; try pipe.tar
  ! belay: 'pipe.tar': entry 'tree/pipe' is a device, FIFO or socket
  !   hint: unpacking it could change files outside of the release
  [2]
  $ tar -czf cut.tar.gz tree/file; truncate -s -20 cut.tar.gz; try cut.tar.gz
  ! belay: 'cut.tar.gz' is no usable archive: truncated gzip input
  !   hint: an artifact is a directory, or a file in one of the formats .tar, .tar.gz, .tar.zst
  [2]
  $ : >empty.tar; try empty.tar
  ! belay: 'empty.tar' is no usable archive: Unrecognized archive format
  !   hint: an artifact is a directory, or a file in one of the formats .tar, .tar.gz, .tar.zst
  [2]
  $ ls -A "$WEB1_SRV"
  $ git -C "$GIT_PATH" for-each-ref

No artifact at all, neither on the command line nor in the configuration.

  $ belay deploy -e production --version v1
  ! belay: service 'shop' needs an artifact
  !   hint: give --artifact PATH, or 'artifact:' in the configuration
  [2]

A tar, a tar.gz, a tar.zst and a directory are all good.

  $ release v1
  $ mkdir site; tar -xf v1.tar.zst -C site; tar -C site -cf v1.tar .; tar -C site -czf v1.tar.gz .
  $ for artifact in v1.tar v1.tar.gz v1.tar.zst site; do
  >   belay deploy -e production --version "v-$artifact" --artifact "$artifact" --json --jq .end -c gateless.yml
  > done
  passed
  ! + shop: prepared v-v1.tar (DURATION)
  ! + shop: switched to v-v1.tar (DURATION)
  passed
  ! + shop: prepared v-v1.tar.gz (DURATION)
  ! + shop: switched to v-v1.tar.gz from v-v1.tar (DURATION)
  passed
  ! + shop: prepared v-v1.tar.zst (DURATION)
  ! + shop: switched to v-v1.tar.zst from v-v1.tar.gz (DURATION)
  passed
  ! + shop: prepared v-site (DURATION)
  ! + shop: switched to v-site from v-v1.tar.zst (DURATION)
