"""What differs in one folder between two snapshots, with sums of everything below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Literal

from csbackup.format.tree import FOLDER, KIND_NAMES, Entry
from csbackup.protocol.messages import ChangeEntry, ChangeList
from csbackup.rules.comparing import Pair, change_between, pair, size_of
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.services.moments import Moment, node_named, resolve
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.sums import Comparison, KnownSums, Sums
from csbackup.server.services.trees import Roots, find, no_such_path, read_roots, shown
from csbackup.server.store import Store

Elapsed = Callable[[], float]  # seconds since the request came

_LONGEST_SECONDS = 1.0


class Changes:
    """Answers what is different. The caller has checked who may ask."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store
        self._known = KnownSums()

    def in_folder(
        self,
        device: int,
        sequences: tuple[int, int],
        path: bytes,
        *,
        offset: int,
        limit: int,
        elapsed: Elapsed,
    ) -> ChangeList:
        """The entries of a folder that differ between two snapshots, the one before named first."""

        def is_over() -> bool:
            return elapsed() >= _LONGEST_SECONDS

        with self._database.steady() as connection:
            ids = snapshots.device_of(connection, device)
            reader = NodeReader(connection, self._store, ids.account, ids.account_number)
            comparison = Comparison(reader, self._known, is_over)
            before, after = (_roots(reader, connection, device, one) for one in sequences)
            level = _Level(comparison, offset, limit)
            level.collect(_pairs(comparison, reader, before, after, path), is_over)
        return ChangeList(
            from_sequence=sequences[0],
            to_sequence=sequences[1],
            path=shown(path),
            path_bytes=path,
            entries=tuple(level.entries),
            total=level.total,
            next_offset=level.next_offset,
            exact=comparison.exact and not level.cut,
            **asdict(level.sums),
        )


class _Level:
    """Collects what differs in one folder. `cut`: the page was full, and the time was over."""

    def __init__(self, comparison: Comparison, offset: int, limit: int) -> None:
        self._comparison = comparison
        self._offset = offset
        self._limit = limit
        self.entries: list[ChangeEntry] = []
        self.total = 0
        self.sums = Sums()
        self.cut = False

    @property
    def next_offset(self) -> int | None:
        following = self._offset + len(self.entries)
        more = following < self.total or self.cut
        return following if self.entries and more else None

    def collect(self, pairs: Iterable[Pair], is_over: Callable[[], bool]) -> None:
        for old, new in pairs:
            looked = new or old
            if looked is None or old == new:
                continue
            if len(self.entries) == self._limit and is_over():
                self.cut = True
                return
            below = self._comparison.sums(old, new)
            self.sums.add(below)
            self.total += 1
            if self.total > self._offset and len(self.entries) < self._limit:
                self.entries.append(_describe(looked, old, new, below))


def _roots(reader: NodeReader, connection: Connection, device: int, sequence: int) -> Roots:
    row = resolve(connection, device, Moment(sequence))
    return read_roots(reader, node_named(connection, row.root))


def _pairs(
    comparison: Comparison, reader: NodeReader, before: Roots, after: Roots, path: bytes
) -> Iterator[Pair]:
    """Side by side what may differ at a path; `NotFound` where neither has anything."""
    old, new = (find(reader, roots, path) for roots in (before, after))
    if old is None and new is None:
        return _above(before, after, path)
    kinds = {entry.kind for entry in (old, new) if entry is not None}
    return comparison.pairs(old, new) if FOLDER in kinds else iter([(old, new)])


def _above(before: Roots, after: Roots, path: bytes) -> Iterator[Pair]:
    """Of a folder above the roots, the roots below it, by the rest of their paths."""
    prefix = path.rstrip(b"/") + b"/" if path else b""
    old, new = (
        [one._replace(name=one.name[len(prefix) :]) for one in roots if one.name.startswith(prefix)]
        for roots in (before, after)
    )
    if not old and not new:
        raise no_such_path(path)
    return pair(iter(old), iter(new))


def _describe(looked: Entry, old: Entry | None, new: Entry | None, sums: Sums) -> ChangeEntry:
    return ChangeEntry(
        name=shown(looked.name),
        name_bytes=looked.name,
        kind=KIND_NAMES[looked.kind],  # type: ignore[arg-type]
        change=_change(old, new),
        size_before=size_of(old),
        size_after=size_of(new),
        **asdict(sums),
    )


def _change(
    old: Entry | None, new: Entry | None
) -> Literal["added", "removed", "changed", "metadata", "inside"]:
    if old is None:
        return "added"
    return "removed" if new is None else change_between(old, new) or "inside"
