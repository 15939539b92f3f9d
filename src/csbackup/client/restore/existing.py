"""What to do where something is already: leave it, replace it, or write beside it."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from blake3 import blake3

from csbackup.format.tree import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FIFO,
    FILE,
    FOLDER,
    SOCKET,
    SYMLINK,
    Entry,
)

_LONGEST_NAME = 255
_MOST_BESIDE = 100
_KIND_BITS = {
    FILE: stat.S_IFREG,
    FOLDER: stat.S_IFDIR,
    SYMLINK: stat.S_IFLNK,
    FIFO: stat.S_IFIFO,
    SOCKET: stat.S_IFSOCK,
    CHARACTER_DEVICE: stat.S_IFCHR,
    BLOCK_DEVICE: stat.S_IFBLK,
}

_KINDS = {bits: kind for kind, bits in _KIND_BITS.items()}
_ODD_KIND = -1
_SHORT_TIMES = 2**31 - 1  # seconds: as much as every volume can keep, before and after 1970

_COARSE_TIMES = (100, 1_000, 1_000_000, 10_000_000, 10**9, 2 * 10**9)  # NTFS to FAT

Look = Callable[[bytes], os.stat_result | None]
Same = Callable[[bytes, os.stat_result], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """`stamp`, the snapshot's time, goes into the name of what is put beside something else."""

    overwrite: bool = False
    stamp: str = "restored"


def stamp_of(received_ns: int) -> str:
    """When a snapshot was received, as it stands in names."""
    return datetime.fromtimestamp(received_ns / 1e9).astimezone().strftime("%Y-%m-%d %H.%M")


class Verdict(NamedTuple):
    """`name`: where to write; None where the very same is there already, called `found`.
    `beside`: something else stays in its place."""

    name: bytes | None
    beside: bool = False
    found: bytes | None = None


class Taken:
    """What this restore put into a folder where `A` and `a` are one name: that stays, whatever
    entry comes next. By inode, and by name: some drivers lose a file under its other name."""

    def __init__(self) -> None:
        self._identities: set[tuple[int, int]] = set()
        self._names: set[str] = set()

    def add(self, name: bytes, status: os.stat_result) -> None:
        self._identities.add((status.st_dev, status.st_ino))
        self._names.add(_folded(name))

    def holds(self, name: bytes, there: os.stat_result | None) -> bool:
        if _folded(name) in self._names:
            return True
        return there is not None and (there.st_dev, there.st_ino) in self._identities


def _folded(name: bytes) -> str:
    return unicodedata.normalize("NFC", os.fsdecode(name).casefold())


def judge(
    name: bytes,
    look: Look,
    same: Same,
    rule: Rule,
    *,
    taken: Taken | None = None,
) -> Verdict:
    """A different thing stays, unless overwriting was asked for; a folder always stays.

    Written beside, a thing is called by its name and the snapshot's time, so that a restore that
    is done again finds it. What is `taken` stays as well.
    """
    there = look(name)
    if not (taken and taken.holds(name, there)):
        if there is None:
            return Verdict(name)
        if rule.overwrite and not stat.S_ISDIR(there.st_mode):
            return Verdict(name)
        if same(name, there):
            return Verdict(None, found=name)
    return _beside(name, look, same, rule, taken)


def _beside(name: bytes, look: Look, same: Same, rule: Rule, taken: Taken | None) -> Verdict:
    for number in range(1, _MOST_BESIDE):
        beside = beside_name(name, rule.stamp if number == 1 else f"{rule.stamp} {number}")
        there = look(beside)
        if taken and taken.holds(beside, there):
            continue
        if there is None:
            return Verdict(beside, beside=True)
        if same(beside, there):
            return Verdict(None, beside=True, found=beside)
    return Verdict(None, beside=True)


def kind_of(status: os.stat_result) -> int:
    """The kind of entry that something on this device would be."""
    return _KINDS.get(stat.S_IFMT(status.st_mode), _ODD_KIND)


def looks_same(entry: Entry, there: os.stat_result) -> bool:
    """A file of the same size and time; anything else of the same kind."""
    if kind_of(there) != entry.kind:
        return False
    if entry.kind != FILE:
        return True
    return there.st_size == entry.size and _same_time(entry.mtime_ns, there.st_mtime_ns)


def _same_time(wanted_ns: int, found_ns: int) -> bool:
    """A time that the volume cannot keep becomes the last one before it, or the first, that it
    can; a restore that is done again is not to write everything once more."""
    if wanted_ns == found_ns:
        return True
    if any(found_ns == wanted_ns // grain * grain for grain in _COARSE_TIMES):
        return True
    seconds, rest = divmod(found_ns, 10**9)
    is_beyond = wanted_ns < found_ns < 0 or 0 < found_ns < wanted_ns
    return not rest and is_beyond and abs(seconds) >= _SHORT_TIMES


def beside_name(name: bytes, stamp: str) -> bytes:
    """`report.pdf` as of some day: `report (2026-11-23 18.00).pdf`.

    A name that is cut to fit gets a part of its hash: two long names stay two.
    """
    stem, dot, suffix = name.rpartition(b".")
    if not stem or len(suffix) > 10:
        stem, dot, suffix = name, b"", b""
    added = f" ({stamp})".encode() + dot + suffix
    if len(stem) + len(added) <= _LONGEST_NAME:
        return stem + added
    added = b"~" + blake3(name).hexdigest()[:8].encode() + added
    return _cut(stem, _LONGEST_NAME - len(added)) + added


def _cut(text: bytes, length: int) -> bytes:
    """At most so many bytes, not ending within a character."""
    while length and text[length] & 0xC0 == 0x80:
        length -= 1
    return text[:length]
