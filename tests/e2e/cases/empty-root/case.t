The binary in an empty root directory: only a CA file and resolv.conf beside it. (A binary that is not static cannot.)

  $ ! readelf -l "$E2E_BELAY" | grep -q INTERP || exit 80
  $ BELAY=$E2E_BELAY "$E2E_ROOT/tests/suite/chroot.sh"
  9 passed, 0 failed, 0 skipped
