"""What is different between two snapshots; equal subtrees are recognised by their ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.paths import join
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, Entry

Change = Literal["added", "removed", "changed", "metadata"]


@dataclass(frozen=True, slots=True)
class Difference:
    """`metadata`: the contents are the same, times, mode, owner or attributes are not."""

    change: Change
    path: bytes
    before: Entry | None
    after: Entry | None


def compare(reader: NodeReader, before: NodeId, after: NodeId) -> Iterator[Difference]:
    """Every path that is different, in order; everything below what came or went included."""
    if before == after:
        return
    # A stack in place of recursion: folders may be nested deeper than Python calls may be.
    waiting = [(b"", _pair(iter(reader.roots(before)), iter(reader.roots(after))))]
    while waiting:
        folder, pairs = waiting[-1]
        pair = next(pairs, None)
        if pair is None:
            waiting.pop()
            continue
        old, new = pair
        path = _path(folder if len(waiting) > 1 else None, new or old)
        yield from _compare_entries(old, new, path)
        if _tree(old) != _tree(new):
            waiting.append((path, _pair(_entries(reader, old), _entries(reader, new))))


def change_between(before: Entry, after: Entry) -> Change | None:
    """How an entry changed; a folder's contents do not count."""
    if before.kind != after.kind:
        return "changed"
    if before.kind != FOLDER and (before.content, before.size) != (after.content, after.size):
        return "changed"
    return None if _described(before) == _described(after) else "metadata"


def _described(entry: Entry) -> tuple[object, ...]:
    return (
        entry.mtime_ns,
        entry.mode,
        entry.uid,
        entry.gid,
        entry.owner,
        entry.group,
        entry.extras,
    )


def _path(folder: bytes | None, entry: Entry | None) -> bytes:
    name = entry.name if entry is not None else b""
    return name if folder is None else join(folder, name)


Pair = tuple[Entry | None, Entry | None]


def _compare_entries(
    before: Entry | None, after: Entry | None, path: bytes
) -> Iterator[Difference]:
    if before is None:
        yield Difference("added", path, None, after)
    elif after is None:
        yield Difference("removed", path, before, None)
    elif (change := change_between(before, after)) is not None:
        yield Difference(change, path, before, after)


def _pair(before: Iterator[Entry], after: Iterator[Entry]) -> Iterator[Pair]:
    """Entries of the same name side by side; both come sorted by name."""
    left, right = next(before, None), next(after, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.name < right.name):
            yield left, None
            left = next(before, None)
        elif left is None or right.name < left.name:
            yield None, right
            right = next(after, None)
        else:
            yield left, right
            left, right = next(before, None), next(after, None)


def _tree(entry: Entry | None) -> bytes:
    return entry.tree if entry is not None and entry.kind == FOLDER else b""


def _entries(reader: NodeReader, entry: Entry | None) -> Iterator[Entry]:
    if entry is not None and entry.kind == FOLDER:
        yield from reader.entries(entry.tree)
