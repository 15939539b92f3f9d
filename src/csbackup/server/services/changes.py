"""What differs in one folder between two snapshots, with sums of everything below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, KIND_NAMES, Entry, FolderIndex
from csbackup.protocol.messages import ChangeEntry, ChangeList
from csbackup.rules.comparing import Pair, change_between, pair, size_of
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Database
from csbackup.server.services.moments import Moment, node_named, resolve
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.trees import (
    Roots,
    find,
    listing_entries,
    no_such_path,
    read_roots,
    shown,
)
from csbackup.server.store import Store

Elapsed = Callable[[], float]  # seconds since the request came

_LONGEST_SECONDS = 1.0


@dataclass(slots=True)
class Sums:
    """How many files came, went and changed, and the bytes of it."""

    files_added: int = 0
    files_removed: int = 0
    files_changed: int = 0
    bytes_added: int = 0
    bytes_removed: int = 0

    def add(self, other: Sums) -> None:
        for field in fields(Sums):
            name = field.name
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Changes:
    """Answers what is different. The caller has checked who may ask."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

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
        with self._database.steady() as connection:
            ids = snapshots.device_of(connection, device)
            reader = NodeReader(connection, self._store, ids.account, ids.account_number)
            before, after = (
                read_roots(
                    reader,
                    node_named(connection, resolve(connection, device, Moment(one)).root),
                )
                for one in sequences
            )
            comparison = _Comparison(reader, elapsed)
            page: list[ChangeEntry] = []
            sums, total = Sums(), 0
            for old, new in comparison.level(before, after, path):
                entry, below = comparison.describe(old, new)
                if entry is None:
                    continue
                sums.add(below)
                total += 1
                if total > offset and len(page) < limit:
                    page.append(entry)
        shown_until = offset + len(page)
        return ChangeList(
            from_sequence=sequences[0],
            to_sequence=sequences[1],
            path=shown(path),
            path_bytes=path,
            entries=tuple(page),
            total=total,
            next_offset=shown_until if page and shown_until < total else None,
            files_added=sums.files_added,
            files_removed=sums.files_removed,
            files_changed=sums.files_changed,
            bytes_added=sums.bytes_added,
            bytes_removed=sums.bytes_removed,
            exact=comparison.exact,
        )


class _Comparison:
    def __init__(self, reader: NodeReader, elapsed: Elapsed) -> None:
        self._reader = reader
        self._elapsed = elapsed
        self.exact = True

    def level(self, before: Roots, after: Roots, path: bytes) -> Iterator[Pair]:
        """Side by side what may differ at a path; `NotFound` where neither has anything."""
        old, new = (find(self._reader, roots, path) for roots in (before, after))
        if old is None and new is None:
            yield from _above(before, after, path)
        elif FOLDER not in (_kind(old), _kind(new)):
            yield old, new
        else:
            yield from self._pairs(old, new)

    def describe(self, old: Entry | None, new: Entry | None) -> tuple[ChangeEntry | None, Sums]:
        """None for what is equal."""
        if old == new:
            return None, Sums()
        sums = self._sums(old, new)
        looked = new or old
        change = "added" if old is None else "removed" if new is None else None
        if old is not None and new is not None:
            change = change_between(old, new) or "inside"
        entry = ChangeEntry(
            name=shown(looked.name),  # type: ignore[union-attr]
            name_bytes=looked.name,  # type: ignore[union-attr]
            kind=KIND_NAMES[looked.kind],  # type: ignore[union-attr,arg-type]
            change=change,  # type: ignore[arg-type]
            size_before=size_of(old),
            size_after=size_of(new),
            files_added=sums.files_added,
            files_removed=sums.files_removed,
            files_changed=sums.files_changed,
            bytes_added=sums.bytes_added,
            bytes_removed=sums.bytes_removed,
        )
        return entry, sums

    def _sums(self, old: Entry | None, new: Entry | None) -> Sums:
        """Of an entry and all below; what is equal is not read."""
        sums = Sums()
        waiting: list[Iterator[Pair]] = [iter([(old, new)])]
        while waiting:
            both = next(waiting[-1], None)
            if both is None:
                waiting.pop()
            elif _kind(both[0]) == _kind(both[1]) == FOLDER:
                if self._elapsed() >= _LONGEST_SECONDS:
                    self.exact = False
                    break
                waiting.append(self._pairs(*both))
            elif both[0] != both[1]:
                sums.add(_own(*both))
        return sums

    def _pairs(self, old: Entry | None, new: Entry | None) -> Iterator[Pair]:
        """What may differ in a folder: pages that both have are not read."""
        trees = [
            entry.tree if entry is not None and entry.kind == FOLDER else None
            for entry in (old, new)
        ]
        if trees[0] == trees[1]:
            return iter(())
        return pair(*_entries_apart(self._reader, trees[0], trees[1]))


def _entries_apart(
    reader: NodeReader, before: NodeId | None, after: NodeId | None
) -> tuple[Iterator[Entry], Iterator[Entry]]:
    nodes = [reader.read(tree) if tree is not None else None for tree in (before, after)]
    pages = [set(node.pages) if isinstance(node, FolderIndex) else set() for node in nodes]
    both = pages[0] & pages[1]

    def rest(index: int) -> Iterator[Entry]:
        node = nodes[index]
        if isinstance(node, FolderIndex):
            for number, page in enumerate(node.pages):
                if page not in both:
                    yield from node.check_page(number, reader.read(page)).entries
        elif node is not None:
            yield from listing_entries(node)

    return rest(0), rest(1)


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


def _kind(entry: Entry | None) -> int | None:
    return None if entry is None else entry.kind


def _own(old: Entry | None, new: Entry | None) -> Sums:
    """Of two entries, at most one of which is a folder."""
    if FOLDER in (_kind(old), _kind(new)) or old is None or new is None:
        sums = Sums()
        if old is not None:
            sums.files_removed, sums.bytes_removed = _files(old), size_of(old)
        if new is not None:
            sums.files_added, sums.bytes_added = _files(new), size_of(new)
        return sums
    grown = new.size - old.size
    return Sums(files_changed=1, bytes_added=max(grown, 0), bytes_removed=max(-grown, 0))


def _files(entry: Entry) -> int:
    return entry.subtree_files if entry.kind == FOLDER else 1
