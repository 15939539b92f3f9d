"""What to do where something is already: leave it, replace it, or write beside it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

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

Look = Callable[[bytes], os.stat_result | None]
Same = Callable[[bytes, os.stat_result], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """`stamp`, the snapshot's time, goes into the name of what is put beside something else."""

    overwrite: bool = False
    stamp: str = "restored"


class Verdict(NamedTuple):
    """`name`: where to write; None where the very same is there already. `beside`: something
    else stays in its place."""

    name: bytes | None
    beside: bool = False


def judge(name: bytes, look: Look, same: Same, rule: Rule) -> Verdict:
    """A different thing stays, unless overwriting was asked for; a folder always stays.

    Written beside, a thing is called by its name and the snapshot's time, so that a restore that
    is done again finds it.
    """
    there = look(name)
    if there is None or (rule.overwrite and not stat.S_ISDIR(there.st_mode)):
        return Verdict(name)
    if same(name, there):
        return Verdict(None)
    for number in range(1, _MOST_BESIDE):
        beside = beside_name(name, rule.stamp if number == 1 else f"{rule.stamp} {number}")
        there = look(beside)
        if there is None:
            return Verdict(beside, beside=True)
        if same(beside, there):
            break
    return Verdict(None, beside=True)


def looks_same(entry: Entry, there: os.stat_result) -> bool:
    """A file of the same size and time; anything else of the same kind."""
    if stat.S_IFMT(there.st_mode) != _KIND_BITS[entry.kind]:
        return False
    if entry.kind != FILE:
        return True
    return there.st_size == entry.size and there.st_mtime_ns == entry.mtime_ns


def beside_name(name: bytes, stamp: str) -> bytes:
    """`report.pdf` as of some day: `report (2026-11-23 18.00).pdf`."""
    stem, dot, suffix = name.rpartition(b".")
    if not stem or len(suffix) > 10:
        stem, dot, suffix = name, b"", b""
    added = f" ({stamp})".encode() + dot + suffix
    return stem[: _LONGEST_NAME - len(added)] + added
