"""Finding names in all snapshots of a device, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from csbackup.format.tree import FOLDER, KIND_NAMES, Entry
from csbackup.protocol.messages import SearchHit, SearchPage
from csbackup.rules.comparing import size_of
from csbackup.rules.finding import name_matcher
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Database
from csbackup.server.catalog.snapshots import LiveSnapshot
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.trees import entries, join, read_roots, shown
from csbackup.server.store import Store

Spent = Callable[[], bool]


class Search:
    """Answers where a name is or was. The caller has checked who may ask."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def page(
        self, device: int, name: str, *, after: str | None, limit: int, spent: Spent
    ) -> SearchPage:
        first = int(after) if after is not None and after.isdigit() else 0
        matches = name_matcher(name)
        with self._database.steady() as connection:
            ids = snapshots.device_of(connection, device)
            reader = NodeReader(connection, self._store, ids.account, ids.account_number)
            live = snapshots.live(connection, device)[::-1]
            whole = max((one.sequence for one in live if not one.partial), default=0)
            found = list(islice(_hits(reader, live, matches), first, first + limit + 1))
        hits = tuple(
            SearchHit(
                name=shown(path.rpartition(b"/")[2] or path),
                path=shown(path),
                path_bytes=path,
                kind=KIND_NAMES[entry.kind],  # type: ignore[arg-type]
                size=size_of(entry),
                mtime=entry.mtime_ns,
                last_sequence=snapshot.sequence,
                last_received=snapshot.received,
                present=snapshot.sequence >= whole,
            )
            for snapshot, path, entry in found[:limit]
        )
        complete = len(found) <= limit
        return SearchPage(hits, None if complete else str(first + limit), complete)


def _hits(
    reader: NodeReader, live: list[LiveSnapshot], matches: Callable[[bytes], bool]
) -> Iterator[tuple[LiveSnapshot, bytes, Entry]]:
    seen: set[bytes] = set()
    for snapshot in live:
        for path, entry in _everything(reader, snapshot):
            if path not in seen and matches(path.rpartition(b"/")[2]):
                seen.add(path)
                yield snapshot, path, entry


def _everything(reader: NodeReader, snapshot: LiveSnapshot) -> Iterator[tuple[bytes, Entry]]:
    waiting = [iter([(root.name, root) for root in read_roots(reader, snapshot.root)])]
    while waiting:
        found = next(waiting[-1], None)
        if found is None:
            waiting.pop()
            continue
        yield found
        path, entry = found
        if entry.kind == FOLDER:
            inside = entries(reader, entry.tree)
            waiting.append(iter([(join(path, one.name), one) for one in inside]))
