#!/usr/bin/python3
"""Backups that nobody should believe, made from good ones. See ../backup.sh.

  craft.py names                                     what `hostile` knows
  craft.py hostile FROM TO CERTIFICATE NAME OUTSIDE  an archive that wants to reach OUTSIDE, sealed by openssl for CERTIFICATE
  craft.py reorder FROM TO 1,0,2 [OTHER]             these chunks, in this order; digests and sizes fit
  craft.py splice FROM TO INDEX|last OTHER           one chunk is that of another backup
  craft.py edges FROM                                sizes to cut at: each end of a chunk, one byte less and one more
  craft.py cut FROM TO BYTES
  craft.py flips FROM BELAY KEY CERTIFICATE CONTENT COUNT   so many bits, one at a time: none passes for good

FROM and TO are folders that hold one backup. The chunk's format is that of src/platform/pack.h.
"""
import hashlib
import io
import json
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

DATA = "data.zst.cms"


class Folder:
    def __init__(self, path):
        self.path = Path(path)
        self.manifest = json.loads((self.path / "manifest.json").read_text())
        self.data = (self.path / DATA).read_bytes()
        size = self.manifest["seal"]["chunk_bytes"]
        self.chunks = [self.data[at:at + size] for at in range(0, len(self.data), size)]


def write(source, to, chunks, **facts):
    """A folder as `source`, with these chunks, and a manifest that agrees."""
    shutil.copytree(source.path, to)
    manifest, data = source.manifest, b"".join(chunks)
    manifest["seal"]["chunk_bytes"] = max(len(chunks[0]), 1)
    digests = [hashlib.sha256(chunk) for chunk in chunks]
    manifest["data"] |= {"sealed_bytes": len(data), "chunks": [digest.hexdigest() for digest in digests],
                         "chunks_sha256": hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()} | facts
    Path(to, DATA).write_bytes(data)
    Path(to, "manifest.json").write_text(json.dumps(manifest))


# --- archives ---

def entry(name, content=b"", **facts):
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), 0o755, 1_700_000_000
    for key, value in facts.items():
        setattr(info, key, value)
    return info, content


def link(name, target):
    return entry(name, type=tarfile.SYMTYPE, linkname=target)


def hard(name, target):
    return entry(name, type=tarfile.LNKTYPE, linkname=target)


def folder(name):
    return entry(name, type=tarfile.DIRTYPE)


def device(name, kind):
    return entry(name, type=kind, devmajor=1, devminor=3)


ESCAPED = b"this should not be here"


def archives(outside):
    up = "../" * 12 + outside.lstrip("/")
    return {
        "nothing-wrong": [folder("dir"), entry("dir/file", b"content")],
        "absolute": [entry(f"{outside}/escaped-1", ESCAPED)],
        "parent": [entry("../escaped-2", ESCAPED)],
        "parent-inside": [folder("a"), entry("a/../../escaped-3", ESCAPED)],
        "parent-far": [entry(f"{up}/escaped-4", ESCAPED)],
        "directory-parent": [folder("../escaped-5")],
        "through-link": [link("door", outside), entry("door/escaped-6", ESCAPED)],
        "through-link-up": [link("door", ".."), entry("door/escaped-7", ESCAPED)],
        "through-two-links": [folder("a"), link("a/one", ".."), link("two", "a/one"), entry("two/../escaped-8", ESCAPED)],
        "directory-through-link": [link("door", outside), folder("door/escaped-9")],
        "link-through-link": [link("door", outside), link("door/escaped-10", "x")],
        "directory-becomes-link": [folder("d"), link("d", outside), entry("d/escaped-11", ESCAPED)],
        "file-over-link": [link("f", f"{outside}/secret"), entry("f/escaped-12", ESCAPED)],
        "hard-link-outside": [hard("h", "../outside/secret"), entry("h", ESCAPED)],
        "hard-link-absolute": [hard("h", f"{outside}/secret")],
        "hard-link-through-link": [link("door", outside), hard("h", "door/secret")],
        "hard-link-to-link": [link("l", f"{outside}/secret"), hard("h", "l"), entry("h", ESCAPED)],
        "character-device": [device("null", tarfile.CHRTYPE)],
        "block-device": [device("disk", tarfile.BLKTYPE)],
        "fifo": [device("fifo", tarfile.FIFOTYPE)],
        "good-then-bad": [entry("good", b"x" * 100000), entry("../escaped-13", ESCAPED)],
        "empty-name": [entry("", ESCAPED)],
        "pax-path": [entry("harmless", ESCAPED, pax_headers={"path": "../escaped-14"})],
        "pax-link": [entry("door", type=tarfile.SYMTYPE, linkname="x", pax_headers={"linkpath": outside}),
                     entry("door/escaped-15", ESCAPED)],
    }


def tar_of(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def sealed(pack_id, data, certificate):
    """The only chunk of a backup."""
    header = b"belay\0\1\0" + bytes.fromhex(pack_id) + struct.pack("<QB7x", 0, 1)
    frame = struct.pack("<II", 0x184D2A5B, len(header)) + header
    packed = subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout
    return subprocess.run(["openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER", certificate],
                          input=frame + packed, capture_output=True, check=True).stdout, len(frame + packed)


def hostile(source, to, certificate, name, outside):
    source, entries = Folder(source), archives(outside)[name]
    data = tar_of(entries)
    chunk, packed_bytes = sealed(source.manifest["pack"]["id"], data, certificate)
    write(source, to, [chunk], packed_bytes=packed_bytes, open_bytes=len(data), open_sha256=hashlib.sha256(data).hexdigest(),
          entries=len(entries))


# --- damage ---

def reorder(source, to, order, _other=None):
    source = Folder(source)
    write(source, to, [source.chunks[int(index)] for index in order.split(",")])


def splice(source, to, index, other):
    source, other = Folder(source), Folder(other)
    index = len(source.chunks) - 1 if index == "last" else int(index)
    write(source, to, source.chunks[:index] + [other.chunks[index]] + source.chunks[index + 1:])


def edges(source):
    source = Folder(source)
    ends, at = [0], 0
    for chunk in source.chunks:
        at += len(chunk)
        ends.append(at)
    print(*(size for end in ends for size in (end - 1, end, end + 1) if 0 <= size < at))


def cut(source, to, size):
    """The manifest still fits what is left of it: nobody is told by sizes."""
    source, size = Folder(source), int(size)
    step = source.manifest["seal"]["chunk_bytes"]
    kept = [source.data[at:min(at + step, size)] for at in range(0, size, step)] or [b""]
    write(source, to, kept)


def flips(source, belay, key, certificate, content, count):
    """In the first bytes of each chunk, where the lengths and the wrapped keys are, and anywhere; digests fit."""
    chance = random.Random(31)
    source = Folder(source)
    good = Path(content).read_bytes()
    size, wrong = source.manifest["seal"]["chunk_bytes"], []
    with tempfile.TemporaryDirectory(dir=".") as place:
        for number in range(int(count)):
            at = chance.randrange(len(source.chunks)) * size + chance.randrange(700) if number % 2 else chance.randrange(len(source.data))
            data = bytearray(source.data)
            data[min(at, len(data) - 1)] ^= 1 << (bit := chance.randrange(8))
            bad, back = f"{place}/{number}", f"{place}/{number}.back"
            write(source, bad, [bytes(data[start:start + size]) for start in range(0, len(data), size)])
            done = subprocess.run([belay, "backup", "restore", "--folder", bad, "--key", key, "--certificate", certificate, "--to", back],
                                  capture_output=True, stdin=subprocess.DEVNULL)
            there = Path(back).exists()
            # A bit that means nothing (of an algorithm's optional parameter, say) may be let through: what comes out is right then.
            right = there and (Path(back) / "noise").read_bytes() == good
            if done.returncode not in ((0,) if right else (1, 2)) or (there and not right):
                wrong.append(f"byte {at} bit {bit}: status {done.returncode}, {'something' if there else 'nothing'} restored")
            shutil.rmtree(bad)
            shutil.rmtree(back, ignore_errors=True)
    sys.exit("\n".join(wrong) or 0)


VERBS = {"names": lambda: print(*archives("/outside")), "hostile": hostile, "reorder": reorder, "splice": splice, "edges": edges,
         "cut": cut, "flips": flips}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    VERBS[sys.argv[1]](*sys.argv[2:])
