"""Finding files by name in a snapshot."""

from __future__ import annotations

import bisect
import fnmatch
import itertools
import re
from collections import deque
from collections.abc import Callable, Iterator

from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.paths import Found, children, clean
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, Folder

NODES_AT_ONCE = 200
NODES_AHEAD = 600
ROUNDS_AHEAD = 4
ENTRIES_AHEAD = 500


def search(reader: NodeReader, roots: NodeId, pattern: str) -> Iterator[Found]:
    """Everything whose name matches, sorted by path; a pattern with a slash is compared with the
    whole path.

    `*`, `?` and `[...]` as in a shell. Without them, any name that contains the text; case
    matters only where the pattern has capitals.
    """
    matches = _matcher(pattern)
    for found in everything(reader, roots):
        if matches(found.path):
            yield found


def everything(reader: NodeReader, roots: NodeId) -> Iterator[Found]:
    """All of a snapshot, sorted by path; in memory are only the folders on the way."""
    stack = [_Folder(children(reader, roots, Found(b"", None, None)))]
    while stack:
        folder = stack[-1]
        coming = folder.peek()
        waiting = folder.waiting
        if waiting and (coming is None or waiting[0][0] < coming.path):
            inner = waiting.pop(0)[1]
            _read_ahead(reader, inner, folder)
            stack.append(_Folder(children(reader, roots, inner)))
        elif coming is None:
            stack.pop()
        else:
            yield folder.take()


class _Folder:
    """A folder on the way, some of its entries at hand.

    `waiting`: folders that were told, by the path with which their contents begin. In the order
    of paths `a.txt` comes between the folder `a` and what is in it.
    """

    def __init__(self, entries: Iterator[Found]) -> None:
        self._entries = entries
        self.coming: deque[Found] = deque()
        self.waiting: list[tuple[bytes, Found]] = []

    def peek(self) -> Found | None:
        if not self.coming:
            self.coming.extend(itertools.islice(self._entries, ENTRIES_AHEAD))
        return self.coming[0] if self.coming else None

    def take(self) -> Found:
        found = self.coming.popleft()
        if found.entry is not None and found.entry.kind == FOLDER:
            bisect.insort(self.waiting, (found.path.rstrip(b"/") + b"/", found), key=_first)
        return found

    def trees(self) -> Iterator[NodeId]:
        """Of the folders that will be entered next."""
        several = itertools.chain((found for _, found in self.waiting), self.coming)
        for found in several:
            if found.entry is not None and found.entry.kind == FOLDER:
                yield found.entry.tree


def _read_ahead(reader: NodeReader, inner: Found, outer: _Folder) -> None:
    """Fetch a listing with those that will be needed soon: one question for many."""
    assert inner.entry is not None  # noqa: S101  only what lies above the roots has none
    if reader.holds(inner.entry.tree):
        return
    beside = itertools.islice(outer.trees(), NODES_AT_ONCE - 1)
    level = [inner.entry.tree, *(id for id in beside if not reader.holds(id))]
    nodes = 0
    for _ in range(ROUNDS_AHEAD):
        below: list[NodeId] = []
        read = reader.try_several(level[:NODES_AT_ONCE])
        nodes += len(read)
        for node in read.values():
            if isinstance(node, Folder):
                below += [entry.tree for entry in node.entries if entry.kind == FOLDER]
        level = [id for id in dict.fromkeys(below) if not reader.holds(id)]
        if not level or nodes >= NODES_AHEAD:
            return


def _first(pair: tuple[bytes, Found]) -> bytes:
    return pair[0]


def _matcher(pattern: str) -> Callable[[bytes], bool]:
    whole = "/" in pattern
    wanted = pattern if any(letter in pattern for letter in "*?[") else f"*{pattern}*"
    if whole and wanted == pattern and not pattern.startswith(("/", "*")):
        wanted = f"*/{wanted}"
    flags = 0 if pattern != pattern.lower() else re.IGNORECASE
    compiled = re.compile(fnmatch.translate(wanted), flags)

    def matches(path: bytes) -> bool:
        text = clean(path).decode(errors="surrogateescape")
        return bool(compiled.match(text if whole else text.rpartition("/")[2]))

    return matches
