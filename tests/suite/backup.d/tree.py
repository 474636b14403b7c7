#!/usr/bin/python3
"""A directory with all that a backup has to bring back, and what there is to know about one. See ../backup.sh.

  tree.py make DIR           makes it
  tree.py show DIR [bare]    a line for each entry: type, mode, owner, size, time, content or target, attributes (unless
                             bare), links, holes
  tree.py random FILE BYTES SEED
"""
import hashlib
import os
import random
import stat
import struct
import sys
from pathlib import Path

DAY_NS = 86400 * 10**9
THEN_NS = 1_700_000_000 * 10**9 + 123_456_789
ODD = ["with blank", "-rf", "*", "new\nline", "tab\there", "quo'te\"s", "back\\slash", "ümläut", "漢字", "e\u0301 and \u00e9", "~", "$HOME",
       "a" * 255, b"latin-\xe4", ".hidden", "..three", "#comment", "%2e%2e", "trailing "]


def entry_at(directory, name):
    return os.path.join(os.fsencode(directory), os.fsencode(name))


def write(path, data, mode=0o644, at_ns=THEN_NS):
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    os.utime(path, ns=(at_ns, at_ns))


def acl(*entries):
    """As the kernel keeps it: version 2, then (tag, permissions, number) each."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 0xFFFFFFFF
# The owning group reads; what the mask allows, and a mode without the list would say, is more.
ACCESS = acl((1, 6, NOBODY), (2, 7, 1), (2, 4, 4242), (4, 4, NOBODY), (8, 6, 5678), (16, 7, NOBODY), (32, 0, NOBODY))
DEFAULT = acl((1, 7, NOBODY), (2, 7, 1), (4, 5, NOBODY), (16, 7, NOBODY), (32, 0, NOBODY))


def make(root):
    root = Path(root)
    chance = random.Random(5)
    for name in ("empty", "odd", "links", "modes", "holes", "deep/" + "/".join(["directory-with-a-long-name"] * 12)):
        (root / name).mkdir(parents=True)
    for number, name in enumerate(ODD):
        write(entry_at(root / "odd", name), os.fsencode(name) * number)
    deepest = max((root / "deep").rglob("*"), key=lambda path: len(str(path)))
    write(deepest / ("name of exactly one hundred and one bytes " + "x" * 59), b"deep")
    write(root / "nothing", b"")
    write(root / "old", b"from long ago", at_ns=-5 * DAY_NS)
    write(root / "later", b"from the future", at_ns=5_000_000_000 * 10**9)
    write(root / "text", b"a line\n" * 40000)
    write(root / "noise", chance.randbytes(3_000_000))
    for mode in (0o000, 0o400, 0o600, 0o640, 0o755, 0o4755, 0o2755, 0o1777):
        write(root / f"modes/{mode:04o}", b"#!/bin/sh\n", mode)
    os.chown(root / "modes/0640", 1234, 5678)
    os.chmod(root / "empty", 0o3770)

    write(root / "links/one", b"the same file by three names")
    os.link(root / "links/one", root / "links/two")
    os.link(root / "links/one", root / "zz-three")
    for name, target in (("relative", "../text"), ("directory", "../odd"), ("dangling", "nowhere/at all"), ("absolute", "/etc/hostname"),
                         ("up", "../../../../elsewhere"), ("itself", "itself"), ("long", "x/" * 150 + "y")):
        os.symlink(target, root / "links" / name)
    os.utime(root / "links/relative", ns=(THEN_NS, THEN_NS), follow_symlinks=False)

    with open(root / "holes/sparse", "wb") as file:
        for at in (0, 1 << 20, 12 << 20):
            file.seek(at)
            file.write(chance.randbytes(5000))
        file.truncate(24 << 20)
    with open(root / "holes/all", "wb") as file:
        file.truncate(4 << 20)
    try:
        os.setxattr(root / "text", "user.note", b"kept \x00 with \xff bytes")
        os.setxattr(root / "odd", "user.of.a.directory", b"too")
        os.setxattr(root / "later", "system.posix_acl_access", ACCESS)
        os.setxattr(root / "links", "system.posix_acl_default", DEFAULT)
    except OSError as error:
        print(f"no attributes here: {error}", file=sys.stderr)
    for directory in ("empty", "odd", "links", "modes", "holes", "deep"):
        os.utime(root / directory, ns=(THEN_NS, THEN_NS))


def attributes(path):
    names = [name for name in os.listxattr(path, follow_symlinks=False) if not name.startswith("security.")]
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in sorted(names)}


def content(path, status):
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(path)
    if not stat.S_ISREG(status.st_mode):
        return ""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def show(root, bare=None):
    root = os.fsencode(root)
    first_names = {}
    rows = []
    for directory, folders, files in os.walk(root):
        folders.sort()
        rows += [os.path.join(directory, name) for name in folders + files]
    for path in sorted(rows):
        status = os.lstat(path)
        name = path[len(root) + 1:]
        kind = stat.filemode(status.st_mode)[0]
        first = first_names.setdefault(status.st_ino, name) if kind == "-" else name
        size = status.st_size if kind != "d" else 0
        # not how many holes, which is the file system's business, but whether much was saved
        holes = "holes" if kind == "-" and status.st_blocks * 512 < status.st_size // 2 and status.st_size > 1 << 16 else ""
        print(repr(name), kind, f"{stat.S_IMODE(status.st_mode):04o}", status.st_uid, status.st_gid, size, status.st_mtime_ns,
              repr(content(path, status)), "" if bare else attributes(path), "" if first == name else f"= {first!r}", holes)


def noise(file, size, seed):
    chance = random.Random(int(seed))
    with open(file, "wb") as out:
        for left in range(int(size), 0, -(1 << 20)):
            out.write(chance.randbytes(min(left, 1 << 20)))


if __name__ == "__main__":
    {"make": make, "show": show, "random": noise}[sys.argv[1]](*sys.argv[2:])
