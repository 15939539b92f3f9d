"""What it means that an entry changed, and which entries of two listings belong together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from csbackup.format.tree import FOLDER, Entry

Change = Literal["added", "removed", "changed", "metadata"]
Property = Literal["content", "size", "time", "mode", "owner", "attributes", "kind"]
Pair = tuple[Entry | None, Entry | None]


def change_between(before: Entry, after: Entry) -> Change | None:
    """How an entry changed; a folder's contents do not count."""
    if before.kind != after.kind:
        return "changed"
    if before.kind != FOLDER and (before.content, before.size) != (after.content, after.size):
        return "changed"
    return None if _described(before) == _described(after) else "metadata"


def version_change(before: Entry | None, after: Entry | None) -> Change | None:
    """How a path changed from one snapshot to the next; what is in a folder counts."""
    if before is None or after is None:
        return "added" if after is not None else "removed" if before is not None else None
    if before.kind == after.kind == FOLDER and before.content != after.content:
        return change_between(before, after) or "changed"
    return change_between(before, after)


def differing(before: Entry, after: Entry) -> tuple[Property, ...]:
    """What is different between two versions; a folder's content is its listing."""
    pairs: dict[Property, tuple[object, object]] = {
        "kind": (before.kind, after.kind),
        "content": (before.content, after.content),
        "size": (size_of(before), size_of(after)),
        "time": (before.mtime_ns, after.mtime_ns),
        "mode": (before.mode, after.mode),
        "owner": (_owner(before), _owner(after)),
        "attributes": (before.extras, after.extras),
    }
    return tuple(name for name, (old, new) in pairs.items() if old != new)


def size_of(entry: Entry | None) -> int:
    """A folder's is that of all below."""
    if entry is None:
        return 0
    return entry.subtree_bytes if entry.kind == FOLDER else entry.size


def pair(before: Iterator[Entry], after: Iterator[Entry]) -> Iterator[Pair]:
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


def _described(entry: Entry) -> tuple[object, ...]:
    return (entry.mtime_ns, entry.mode, _owner(entry), entry.extras)


def _owner(entry: Entry) -> tuple[object, ...]:
    return (entry.uid, entry.gid, entry.owner, entry.group)
