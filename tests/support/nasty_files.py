"""Folders that are hard to back up, and the comparison that misses nothing."""

# ruff: noqa: PTH101, PTH102, PTH123, PTH211
# Names here are bytes that no Path would keep.

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from blake3 import blake3

NAMES = [
    b"new\nline",
    b"tab\there",
    b"\x1b[31mred\x1b[0m",
    b'<script src="x">',
    b"-rf",
    b"--help",
    b"trailing dot.",
    b"trailing space ",
    b" leading space",
    b"x" * 255,
    "n\u00e4me".encode(),
    "na\u0308me".encode(),
    "\u202etxt.exe".encode(),
    "\U0001f600".encode(),
    b"not utf-8 \xff\xfe\x80",
    b"CON",
    b"a:b",
    b"back\\slash",
    b"*?[abc]!#~",
    b"$HOME `id` \"quote'",
    b"Case",
    b"case",
    b"...",
    b".hidden",
    b"\x01\x7f",
]


def make_nasty_files(folder: Path, seed: int = 1, *, wide: int = 2300) -> None:
    """Everything a file system can hold here, small; as root also device files and other owners."""
    base = os.fsencode(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for at, name in enumerate(NAMES):
        put(base + b"/" + name, b"content of %d\n" % at)
    make_kinds(base)
    make_contents(base, seed)
    make_metadata(base)
    make_depths(base, wide)


def put(path: bytes, content: bytes = b"") -> bytes:
    with open(path, "wb") as file:
        file.write(content)
    return path


def make_kinds(base: bytes) -> None:
    os.symlink(b"new\nline", base + b"/link to file")
    os.symlink(b"/nowhere/at/all", base + b"/dangling")
    os.symlink(b"loop", base + b"/loop")
    os.symlink(b"..", base + b"/up")
    os.symlink(b"/etc", base + b"/absolute")
    os.mkfifo(base + b"/fifo", 0o640)
    os.mkdir(base + b"/empty folder")
    os.mkdir(base + b"/links")
    first = put(base + b"/links/one", b"the same file")
    os.link(first, base + b"/links/two")
    os.link(first, base + b"/three")
    os.link(base + b"/loop", base + b"/links/loop too", follow_symlinks=False)
    if os.geteuid() == 0:
        os.mknod(base + b"/null", 0o666 | 0o020000, os.makedev(1, 3))


def make_contents(base: bytes, seed: int) -> None:
    chance = random.Random(seed)
    put(base + b"/empty")
    put(base + b"/one byte", b"x")
    put(base + b"/zeros", bytes(3_000_000))
    put(base + b"/random", blake3(b"%d" % seed).digest(9_000_000))
    put(base + b"/edge 512 KiB", blake3(b"a").digest(512 * 1024))
    put(base + b"/edge 512 KiB + 1", blake3(b"b").digest(512 * 1024 + 1))
    for number in range(60):
        put(base + b"/small-%02d" % number, chance.randbytes(chance.randint(1, 3000)))
        put(base + b"/twin-%02d" % number, b"equal content " * (number % 5))
    with open(base + b"/sparse", "wb") as file:
        file.seek(50_000_000)
        file.write(b"in the middle")
        file.truncate(200_000_000)
    with open(base + b"/all hole", "wb") as file:
        file.truncate(10_000_000)


def make_metadata(base: bytes) -> None:
    unreadable = (0o000,) if os.geteuid() == 0 else ()  # root reads it all the same
    for mode in (*unreadable, 0o400, 0o777, 0o4755, 0o2750):
        os.chmod(put(base + b"/mode %o" % mode, b"mode"), mode)
    os.mkdir(base + b"/sticky")
    os.chmod(base + b"/sticky", 0o1777)
    for at, nanoseconds in enumerate((-1, 0, 1, 999_999_999, -(10**18), 4 * 10**18)):
        path = put(base + b"/time %d" % at, b"time")
        os.utime(path, ns=(nanoseconds, nanoseconds))
    path = put(base + b"/attributes", b"x")
    with suppress(OSError):  # a file system without extended attributes
        os.setxattr(path, b"user.plain", b"value")
        os.setxattr(path, b"user.empty", b"")
        os.setxattr(path, b"user.bytes", bytes(range(256)))
    if shutil.which("setfacl"):
        path = put(base + b"/acl", b"x")
        subprocess.run(["setfacl", "-m", "u:12345:r,g:54321:rw", path], check=True)
        subprocess.run(["setfacl", "-d", "-m", "u:12345:rx", base + b"/sticky"], check=True)
    if os.geteuid() == 0:
        os.chown(put(base + b"/owned", b"x"), 12345, 54321)
        os.chown(base + b"/dangling", 12345, 54321, follow_symlinks=False)


def make_depths(base: bytes, wide: int) -> None:
    deep = base + b"/deep"
    for _ in range(120):
        os.mkdir(deep)
        deep += b"/d"
    put(deep[:-2] + b"/bottom", b"deep down")
    os.mkdir(base + b"/wide")
    for number in range(wide):  # more than 2,000 are kept in pages
        put(base + b"/wide/%05d" % number, b"%d" % (number % 7))
    os.utime(base + b"/wide", ns=(10**18, 10**18))
    os.utime(base + b"/empty folder", ns=(10**18 + 1, 10**18 + 1))


def add_socket(folder: Path) -> None:
    """A socket: kept in the listing, not restored by everybody."""
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "socket"))


def differences(source: Path, restored: Path) -> str:
    """What rsync would do to make them equal, contents and all metadata compared."""
    return _compare(source, restored, "--itemize-changes").decode(errors="backslashreplace")


def different_names(source: Path, restored: Path) -> set[bytes]:
    """The exact paths, below the source, of all that `differences` tells."""
    lines = _compare(source, restored, "--out-format=%n").splitlines()
    return {_unescaped(line).rstrip(b"/") for line in lines}


def _compare(source: Path, restored: Path, telling: str) -> bytes:
    finished = subprocess.run(
        ["rsync", "-naHAXS", "--checksum", "--delete", telling, "--numeric-ids"]
        + [f"{source}/", f"{restored}/"],
        capture_output=True,
        check=True,
    )
    return finished.stdout


def _unescaped(line: bytes) -> bytes:
    """rsync prints what is no text as `\\#ooo`, in octal."""
    return re.sub(rb"\\#([0-7]{3})", lambda found: bytes([int(found[1], 8)]), line)
