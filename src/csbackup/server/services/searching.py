"""Finding names in all snapshots of a device, newest first."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from csbackup.errors import FormatError, RequestError
from csbackup.format.encoding import decode, encode
from csbackup.format.tree import KIND_NAMES, Entry
from csbackup.protocol.messages import SearchHit, SearchPage
from csbackup.rules.comparing import size_of
from csbackup.rules.finding import last_name, name_pattern
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Database
from csbackup.server.catalog.snapshots import LiveSnapshot
from csbackup.server.services.node_reader import RememberingReader
from csbackup.server.services.reaching import Reach
from csbackup.server.services.search_walk import Position, SearchWalk
from csbackup.server.services.trees import join, shown
from csbackup.server.store import Store

Elapsed = Callable[[], float]  # seconds since the request came

_LONGEST_SECONDS = 1.0
_WALKING_SECONDS = 0.3  # at least, however long it took to begin; then what was found is shown
_LONGEST_TRAIL = 2900  # bytes: a cursor is 4000 letters at most
_LITERAL = 2  # a shorter text is in nearly every listing


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: everything up to `position` in snapshot `sequence` is told.

    `top`: the newest snapshot when the search began; those that came since are not looked at.
    """

    top: int
    sequence: int
    position: Position = field(default_factory=Position)

    def encode(self) -> str:
        """Of a trail too long for an address, the folder on it that is not: what is below that
        folder is left out."""
        trail, inside = self.position
        while sum(map(len, trail)) + 3 * len(trail) > _LONGEST_TRAIL:
            trail, inside = trail[:-1], True
        packed = encode([self.top, self.sequence, int(inside), *trail])
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        top, sequence, inside, *trail = decode(packed, "A cursor")
    except (ValueError, binascii.Error, FormatError):
        raise _not_a_cursor() from None
    numbers = {type(top), type(sequence), type(inside)} == {int}
    if not numbers or any(type(name) is not bytes for name in trail):
        raise _not_a_cursor()
    return Cursor(top, sequence, Position(tuple(trail), bool(inside)))


class Search:
    """Answers where a name is or was. The caller has checked who may ask."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def page(
        self, device: int, name: str, *, after: str | None, limit: int, elapsed: Elapsed
    ) -> SearchPage:
        """The next hits; fewer than `limit` when the time is over, or nothing follows."""
        cursor = None if after is None else read_cursor(after)
        pattern = name_pattern(name)
        with self._database.steady() as connection:
            live = snapshots.live(connection, device)[::-1]
            if not live:
                return SearchPage((), None, complete=True)
            ids = snapshots.device_of(connection, device)
            reader = RememberingReader(connection, self._store, ids.account, ids.account_number)
            reach = None
            if len(pattern.literal) >= _LITERAL:
                reach = Reach(connection, reader, ids.account_number, pattern.literal)
                if reach.nothing:
                    return SearchPage((), None, complete=True)
            page = _Page(SearchWalk(reader, reach, pattern), live, limit, elapsed)
            page.fill(cursor or Cursor(live[0].sequence, live[0].sequence))
        following = page.following
        return SearchPage(
            tuple(page.hits), following.encode() if following else None, complete=following is None
        )


class _Page:
    """Collects hits. `following`: where the next page begins, None when nothing is left."""

    def __init__(
        self, walk: SearchWalk, live: Sequence[LiveSnapshot], limit: int, elapsed: Elapsed
    ) -> None:
        self._walk = walk
        self._live = live
        self._limit = limit
        self._elapsed = elapsed
        self._began = elapsed()
        self.hits: list[SearchHit] = []
        self.following: Cursor | None = None

    def fill(self, cursor: Cursor) -> None:
        seen = self._seen(cursor.top)
        whole = max((one.sequence for one in seen if not one.partial), default=0)
        first = self._first(seen, cursor)
        start = cursor.position
        if 0 < first < len(seen) and seen[first].sequence != cursor.sequence:
            start = Position()  # the snapshot that was looked at has expired
        newer = [one.root for one in seen[:first]]
        for number in range(first, len(seen)):
            snapshot = seen[number]
            for step in self._walk.steps(snapshot.root, newer, start):
                if step.hit and step.entry is not None:
                    self.hits.append(_describe(step.entry, step.position, snapshot, whole))
                self.following = Cursor(cursor.top, snapshot.sequence, step.position)
                if self._is_over():
                    return
            newer.append(snapshot.root)
            start, self.following = Position(), None
            if number + 1 < len(seen):
                self.following = Cursor(cursor.top, seen[number + 1].sequence)
                if self._is_over():
                    return

    def _first(self, seen: Sequence[LiveSnapshot], cursor: Cursor) -> int:
        """Which snapshot comes next."""
        if cursor.sequence == cursor.top:
            return 0
        return sum(one.sequence > cursor.sequence for one in seen)

    def _seen(self, top: int) -> Sequence[LiveSnapshot]:
        """The snapshots that the search is about, newest first.

        When the one it began with is gone (a checkpoint was replaced), that which replaced it.
        """
        newer = [one for one in self._live if one.sequence >= top]
        below = [one for one in self._live if one.sequence < top]
        return [*newer[-1:], *below]

    def _is_over(self) -> bool:
        if len(self.hits) >= self._limit:
            return True
        elapsed = self._elapsed()
        walked_enough = elapsed >= self._began + _WALKING_SECONDS
        return walked_enough and (bool(self.hits) or elapsed >= _LONGEST_SECONDS)


def _describe(entry: Entry, position: Position, last: LiveSnapshot, whole: int) -> SearchHit:
    path = position.trail[0]
    for name in position.trail[1:]:
        path = join(path, name)
    return SearchHit(
        name=shown(last_name(path) or path),
        path=shown(path),
        path_bytes=path,
        kind=KIND_NAMES[entry.kind],  # type: ignore[arg-type]
        size=size_of(entry),
        mtime=entry.mtime_ns,
        last_sequence=last.sequence,
        last_received=last.received,
        present=last.sequence >= whole,
    )


def _not_a_cursor() -> RequestError:
    return RequestError("`after` is not what a search gave as `next`.")
