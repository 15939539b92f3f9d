"""What is different between two snapshots; equal subtrees are recognised by their ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.paths import join
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, Entry
from csbackup.rules.comparing import Change, change_between, pair


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
    waiting = [(b"", pair(iter(reader.roots(before)), iter(reader.roots(after))))]
    while waiting:
        folder, pairs = waiting[-1]
        both = next(pairs, None)
        if both is None:
            waiting.pop()
            continue
        old, new = both
        path = _path(folder if len(waiting) > 1 else None, new or old)
        yield from _compare_entries(old, new, path)
        if _tree(old) != _tree(new):
            waiting.append((path, pair(_entries(reader, old), _entries(reader, new))))


def _path(folder: bytes | None, entry: Entry | None) -> bytes:
    name = entry.name if entry is not None else b""
    return name if folder is None else join(folder, name)


def _compare_entries(
    before: Entry | None, after: Entry | None, path: bytes
) -> Iterator[Difference]:
    if before is None:
        yield Difference("added", path, None, after)
    elif after is None:
        yield Difference("removed", path, before, None)
    elif (change := change_between(before, after)) is not None:
        yield Difference(change, path, before, after)


def _tree(entry: Entry | None) -> bytes:
    return entry.tree if entry is not None and entry.kind == FOLDER else b""


def _entries(reader: NodeReader, entry: Entry | None) -> Iterator[Entry]:
    if entry is not None and entry.kind == FOLDER:
        yield from reader.entries(entry.tree)
