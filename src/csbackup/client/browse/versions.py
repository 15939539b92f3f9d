"""The versions of one path through all snapshots of a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from csbackup.client.browse.chain import Kept
from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.paths import find
from csbackup.errors import NoSuchPath
from csbackup.format.tree import Entry
from csbackup.rules.comparing import Change, version_change

ROOTS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Version:
    """How a path looked from one snapshot on."""

    kept: Kept
    change: Change
    entry: Entry | None


def versions(reader: NodeReader, snapshots: Iterable[Kept], path: bytes) -> Iterator[Version]:
    """One version for each snapshot in which the path came, went, or was different."""
    before: Entry | None = None
    for kept, entry in _entries(reader, list(snapshots), path):
        change = version_change(before, entry)
        if change is not None:
            yield Version(kept, change, entry)
        before = entry


def _entries(
    reader: NodeReader, snapshots: list[Kept], path: bytes
) -> Iterator[tuple[Kept, Entry | None]]:
    for at in range(0, len(snapshots), ROOTS_AT_ONCE):
        several = snapshots[at : at + ROOTS_AT_ONCE]
        reader.several(kept.snapshot.roots for kept in several)
        for kept in several:
            try:
                yield kept, find(reader, kept.snapshot.roots, path).entry
            except NoSuchPath:
                if not kept.snapshot.partial:  # a checkpoint proves nothing of what it lacks
                    yield kept, None
