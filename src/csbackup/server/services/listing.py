"""One folder of a snapshot: down a path, reading only the nodes on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, KIND_NAMES, AnyNode, Entry, FolderIndex
from csbackup.protocol.messages import ListingEntry
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.sorting import AS_KEPT, MOST_SORTED, Order, not_sorted_so_far
from csbackup.server.services.trees import (
    entries,
    listing_entries,
    no_such_path,
    read_roots,
    root_of,
    way,
)

_FOLDER_MODE = 0o755


@dataclass(frozen=True, slots=True)
class FolderPart:
    """Some entries of a folder, and how many it has altogether; `end`: how far they can be had."""

    entries: tuple[ListingEntry, ...]
    total: int
    end: int


class TreeWalk:
    """Finds what lies at a path.

    The roots have whole paths as names. Of a folder above them we know only which roots lie below
    it; the empty path lists the roots themselves.
    """

    def __init__(self, reader: NodeReader, roots: NodeId) -> None:
        self._reader = reader
        self._roots = read_roots(reader, roots)

    def folder(self, path: bytes, offset: int, limit: int, order: Order = AS_KEPT) -> FolderPart:
        """The entries of a folder from `offset` on; of anything else the entry itself."""
        found = self.way(path)
        entry = found[-1] if found else None
        if entry is not None and entry.kind != FOLDER:
            return FolderPart((describe(entry),), 1, 1)
        if entry is not None:
            return self._in_order(entry.tree, offset, limit, order)
        above = [describe(root) for root in self._roots] if not path else self._above(path)
        if not above and path.strip(b"/"):
            raise no_such_path(path)
        shown = order.first(above, offset + limit)[offset:]
        return FolderPart(tuple(shown), len(above), len(above))

    def _in_order(self, tree: NodeId, offset: int, limit: int, order: Order) -> FolderPart:
        """A long folder is sorted by name as it is kept, with folders among the files: that way
        only the pages that are shown are read."""
        node = self._reader.read(tree)
        if order.as_kept:
            return self._part(node, offset, limit)
        total = self._length(node)
        if total > MOST_SORTED and order.by_name:
            return self._by_name(node, total, offset, limit, descending=order.descending)
        end = min(total, MOST_SORTED)
        if end <= offset < total:
            raise not_sorted_so_far()
        found = order.first(entries(self._reader, tree), min(offset + limit, end))
        return _describe_part(found[offset:], total, end)

    def way(self, path: bytes) -> list[Entry]:
        """The entries from the root down to a path; empty for a folder above the roots."""
        found = way(self._reader, self._roots, path)
        if not found and root_of(self._roots, path) is not None:
            raise no_such_path(path)
        return found

    def roots_below(self, path: bytes) -> list[Entry]:
        """The roots in a folder above them; all of them below the empty path."""
        prefix = path.rstrip(b"/") + b"/"
        return [root for root in self._roots if not path or root.name.startswith(prefix)]

    def _by_name(
        self, node: AnyNode, total: int, offset: int, limit: int, *, descending: bool
    ) -> FolderPart:
        if not descending:
            return self._part(node, offset, limit)
        end = max(0, total - offset)
        start = max(0, end - limit)
        part = self._part(node, start, end - start)
        return FolderPart(part.entries[::-1], total, total)

    def _length(self, node: AnyNode) -> int:
        if isinstance(node, FolderIndex):
            return sum(self._reader.entry_counts(node.pages))
        return len(listing_entries(node))

    def _part(self, node: AnyNode, offset: int, limit: int) -> FolderPart:
        if not isinstance(node, FolderIndex):
            whole = listing_entries(node)
            return _describe_part(whole[offset : offset + limit], len(whole))
        counts = self._reader.entry_counts(node.pages)
        found: list[Entry] = []
        start = 0
        for number, count in enumerate(counts):
            first = max(0, offset - start)
            if first < count and len(found) < limit:
                page = node.check_page(number, self._reader.read(node.pages[number]))
                found += page.entries[first : first + limit - len(found)]
            start += count
        return _describe_part(found, start)

    def _above(self, path: bytes) -> list[ListingEntry]:
        """What lies in a folder above the roots: the first step towards each of them."""
        prefix = path.rstrip(b"/") + b"/"
        steps: dict[bytes, list[Entry]] = {}
        for root in self._roots:
            if root.name.startswith(prefix):
                step = root.name[len(prefix) :].partition(b"/")[0]
                steps.setdefault(step, []).append(root)
        return [_step(name, prefix, roots) for name, roots in sorted(steps.items())]


def describe(entry: Entry, name: bytes | None = None) -> ListingEntry:
    """An entry as people see it."""
    shown = entry.name if name is None else name
    is_folder = entry.kind == FOLDER
    return ListingEntry(
        name=shown.decode(errors="replace"),
        name_bytes=shown,
        kind=KIND_NAMES[entry.kind],  # type: ignore[arg-type]
        size=entry.subtree_bytes if is_folder else entry.size,
        files=entry.subtree_files if is_folder else 0,
        mtime=entry.mtime_ns,
        mode=entry.mode,
    )


def _describe_part(entries: Sequence[Entry], total: int, end: int = 0) -> FolderPart:
    return FolderPart(tuple(describe(entry) for entry in entries), total, end or total)


def _step(name: bytes, prefix: bytes, roots: list[Entry]) -> ListingEntry:
    if len(roots) == 1 and roots[0].name == prefix + name:
        return describe(roots[0], name)
    return ListingEntry(
        name=name.decode(errors="replace"),
        name_bytes=name,
        kind="folder",
        size=sum(root.subtree_bytes or root.size for root in roots),
        files=sum(root.subtree_files or int(root.kind != FOLDER) for root in roots),
        mtime=max(root.mtime_ns for root in roots),
        mode=_FOLDER_MODE,
    )
