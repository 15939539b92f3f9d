"""How much came, went and changed below two folders; what is equal is not read."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, Entry, FolderIndex
from csbackup.rules.comparing import Pair, pair, size_of
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.trees import listing_entries

_ENTRIES_AT_ONCE = 1000

Trees = tuple[NodeId, NodeId]


@dataclass(slots=True)
class Sums:
    """What a changed file grew by counts as added, what it shrank by as removed."""

    files_added: int = 0
    files_removed: int = 0
    files_changed: int = 0
    bytes_added: int = 0
    bytes_removed: int = 0

    def add(self, other: Sums) -> None:
        self.files_added += other.files_added
        self.files_removed += other.files_removed
        self.files_changed += other.files_changed
        self.bytes_added += other.bytes_added
        self.bytes_removed += other.bytes_removed


class KnownSums:
    """The sums of folders that were compared lately: who asks again gets further."""

    def __init__(self, most: int = 5000) -> None:
        self._most = most
        self._sums: OrderedDict[Trees, Sums] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, trees: Trees) -> Sums | None:
        with self._lock:
            return self._sums.get(trees)

    def keep(self, trees: Trees, sums: Sums) -> None:
        """They are never changed afterwards."""
        with self._lock:
            self._sums[trees] = sums
            if len(self._sums) > self._most:
                self._sums.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Frame:
    """A pair of folders on the way, with the sums so far."""

    trees: Trees
    pairs: Iterator[Pair]
    sums: Sums


class Comparison:
    """Of two snapshots. `exact`: nothing was left out because the time was over."""

    def __init__(self, reader: NodeReader, known: KnownSums, is_over: Callable[[], bool]) -> None:
        self._reader = reader
        self._known = known
        self._is_over = is_over
        self.exact = True

    def sums(self, old: Entry | None, new: Entry | None) -> Sums:
        """Of an entry and all below; lower bounds once the time is over."""
        total = Sums()
        waiting: list[_Frame] = []
        self._visit((old, new), total, waiting)
        for number in count(1):
            if not waiting or self._stops(number):
                break
            frame = waiting[-1]
            both = next(frame.pairs, None)
            if both is None:
                self._known.keep(frame.trees, frame.sums)
                waiting.pop()
                (waiting[-1].sums if waiting else total).add(frame.sums)
            elif not self._visit(both, frame.sums, waiting):
                break
        for frame in waiting:
            total.add(frame.sums)
        return total

    def pairs(self, old: Entry | None, new: Entry | None) -> Iterator[Pair]:
        """Side by side what may differ in two folders: pages that both have are not read."""
        before, after = _tree(old), _tree(new)
        if before == after:
            return iter(())
        nodes = [self._reader.read(tree) if tree is not None else None for tree in (before, after)]
        pages = [set(node.pages) if isinstance(node, FolderIndex) else set() for node in nodes]
        common = pages[0] & pages[1]

        def apart(number: int) -> Iterator[Entry]:
            node = nodes[number]
            if isinstance(node, FolderIndex):
                for at, page in enumerate(node.pages):
                    if page not in common:
                        yield from node.check_page(at, self._reader.read(page)).entries
            elif node is not None:
                yield from listing_entries(node)

        return pair(apart(0), apart(1))

    def _visit(self, both: Pair, sums: Sums, waiting: list[_Frame]) -> bool:
        """Add what is known, or go down; False when there is no time for that."""
        before, after = _tree(both[0]), _tree(both[1])
        if before is None or after is None:
            sums.add(_own(*both))
            return True
        known = Sums() if before == after else self._known.get((before, after))
        if known is not None:
            sums.add(known)
            return True
        if self._stops():
            return False
        waiting.append(_Frame((before, after), self.pairs(*both), Sums()))
        return True

    def _stops(self, number: int = 0) -> bool:
        """Whether the time is over; asked now and then where entries are many."""
        if number % _ENTRIES_AT_ONCE or not self._is_over():
            return False
        self.exact = False
        return True


def _tree(entry: Entry | None) -> NodeId | None:
    return entry.tree if entry is not None and entry.kind == FOLDER else None


def _own(old: Entry | None, new: Entry | None) -> Sums:
    """Of two entries, at most one of which is a folder."""
    if old == new:
        return Sums()
    if old is not None and new is not None and FOLDER not in (old.kind, new.kind):
        grown = new.size - old.size
        return Sums(files_changed=1, bytes_added=max(grown, 0), bytes_removed=max(-grown, 0))
    return Sums(
        files_added=_files(new),
        files_removed=_files(old),
        bytes_added=size_of(new),
        bytes_removed=size_of(old),
    )


def _files(entry: Entry | None) -> int:
    if entry is None:
        return 0
    return entry.subtree_files if entry.kind == FOLDER else 1
