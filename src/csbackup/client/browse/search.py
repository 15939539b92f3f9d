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
from csbackup.format.tree import FOLDER, Entry
from csbackup.rules.finding import glob_of

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
            assert inner.entry is not None  # noqa: S101  it waits because it is a folder's
            reader.read_ahead(inner.entry, folder.coming_folders())
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

    def coming_folders(self) -> Iterator[Entry]:
        """Those that will be entered next."""
        for found in itertools.chain((found for _, found in self.waiting), self.coming):
            if found.entry is not None and found.entry.kind == FOLDER:
                yield found.entry


def _first(pair: tuple[bytes, Found]) -> bytes:
    return pair[0]


def _matcher(pattern: str) -> Callable[[bytes], bool]:
    whole = "/" in pattern
    wanted = glob_of(pattern)
    if whole and wanted == pattern and not pattern.startswith(("/", "*")):
        wanted = f"*/{wanted}"
    flags = 0 if pattern != pattern.lower() else re.IGNORECASE
    compiled = re.compile(fnmatch.translate(wanted), flags)

    def matches(path: bytes) -> bool:
        text = clean(path).decode(errors="surrogateescape")
        return bool(compiled.match(text if whole else text.rpartition("/")[2]))

    return matches
