"""The steps of a restore, in the order in which they are carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from csbackup.format.tree import Entry


class OpenFolder(NamedTuple):
    """What follows lies in this folder. Without an entry: one that the target needs above it."""

    name: bytes
    path: bytes
    entry: Entry | None
    selected: bool  # gets its metadata also where it was there before


class CloseFolder(NamedTuple):
    """The folder is complete: its metadata come last."""


class FilePart(NamedTuple):
    """Some of a file's chunks; a big file takes several parts, nothing between them.

    `same`: it is there already. `later`: probably another name of a file that is written
    already, so its chunks are fetched only if it is not.
    """

    name: bytes
    path: bytes
    entry: Entry
    chunks: Sequence[bytes]
    first: bool = True
    last: bool = True
    same: bool = False
    later: bool = False


class Special(NamedTuple):
    """A link, FIFO, socket or device."""

    name: bytes
    path: bytes
    entry: Entry


Item = OpenFolder | CloseFolder | FilePart | Special
