"""The versions of one path through all snapshots of a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from csbackup.errors import NotFound
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, KIND_NAMES, Entry
from csbackup.protocol.messages import FileVersion, VersionList
from csbackup.rules.comparing import Change, differing, size_of, version_change
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Database
from csbackup.server.catalog.snapshots import LiveSnapshot
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.trees import child, parts, read_roots, root_of, shown
from csbackup.server.store import Store


@dataclass(slots=True)
class Version:
    """How a path looked from `first` to `last`. `before`: how it looked until then."""

    first: LiveSnapshot
    last: LiveSnapshot
    change: Change
    before: Entry | None
    entry: Entry | None


class Versions:
    """Answers how a path was. The caller has checked who may ask."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def of_path(self, device: int, path: bytes, *, before: int | None, limit: int) -> VersionList:
        """Newest first; `NotFound` for what no snapshot ever had."""
        with self._database.steady() as connection:
            ids = snapshots.device_of(connection, device)
            reader = NodeReader(connection, self._store, ids.account, ids.account_number)
            looking = PathThroughTime(reader, path)
            live = snapshots.live(connection, device)
            found = list(versions((one, looking.entry(one.root)) for one in live))
        if not found:
            raise NotFound(f"There is no {shown(path)} in any snapshot of this device.")
        older = [one for one in reversed(found) if before is None or one.first.sequence < before]
        page = older[:limit]
        return VersionList(
            path=shown(path),
            path_bytes=path,
            versions=tuple(map(_describe, page)),
            next_before=page[-1].first.sequence if len(page) < len(older) else None,
        )


def versions(looks: Iterable[tuple[LiveSnapshot, Entry | None]]) -> Iterator[Version]:
    """One for each snapshot in which the path came, went, or was different; oldest first."""
    current: Version | None = None
    before: Entry | None = None
    for snapshot, entry in looks:
        if entry is None and snapshot.partial:
            continue  # a checkpoint proves nothing of what it lacks
        change = version_change(before, entry)
        if change is not None:
            if current is not None:
                yield current
            current = Version(snapshot, snapshot, change, before, entry)
        elif current is not None:
            current.last = snapshot
        before = entry
    if current is not None:
        yield current


class PathThroughTime:
    """Finds one path in snapshot after snapshot; a folder that stayed the same is read once."""

    def __init__(self, reader: NodeReader, path: bytes) -> None:
        self._reader = reader
        self._path = path
        self._children: dict[tuple[bytes, bytes], Entry | None] = {}
        self._roots: dict[bytes, Entry | None] = {}

    def entry(self, roots: NodeId) -> Entry | None:
        """None where nothing is, and for a folder above the roots."""
        if roots not in self._roots:
            self._roots[roots] = root_of(read_roots(self._reader, roots), self._path)
        entry = self._roots[roots]
        if entry is None:
            return None
        for name in parts(self._path[len(entry.name) :]):
            inner = self._child(entry.tree, name) if entry.kind == FOLDER else None
            if inner is None:
                return None
            entry = inner
        return entry

    def _child(self, tree: NodeId, name: bytes) -> Entry | None:
        if (tree, name) not in self._children:
            self._children[tree, name] = child(self._reader, tree, name)
        return self._children[tree, name]


def _describe(version: Version) -> FileVersion:
    entry, before = version.entry, version.before
    looked = entry or before
    return FileVersion(
        sequence=version.first.sequence,
        received=version.first.received,
        change=version.change,
        kind=KIND_NAMES[looked.kind if looked is not None else 0],  # type: ignore[arg-type]
        size=size_of(entry),
        mtime=entry.mtime_ns if entry is not None else 0,
        mode=entry.mode if entry is not None else 0,
        differs=differing(before, entry) if before is not None and entry is not None else (),
        until_sequence=version.last.sequence,
        until_received=version.last.received,
    )
