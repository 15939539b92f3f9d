"""One folder of a snapshot: down a path, reading only the nodes on it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from csbackup.errors import Malformed, NotFound
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, KIND_NAMES, AnyNode, Entry, Folder, FolderIndex
from csbackup.protocol.messages import ListingEntry
from csbackup.server.services.node_reader import NodeReader

_FOLDER_MODE = 0o755


@dataclass(frozen=True, slots=True)
class FolderPart:
    """Some entries of a folder, and how many it has altogether."""

    entries: tuple[ListingEntry, ...]
    total: int


class TreeWalk:
    """Finds what lies at a path.

    The roots have whole paths as names. Of a folder above them we know only which roots lie below
    it; the empty path lists the roots themselves.
    """

    def __init__(self, reader: NodeReader, roots: NodeId) -> None:
        self._reader = reader
        self._roots = self._entries(reader.read(roots), roots=True)

    def folder(self, path: bytes, offset: int, limit: int) -> FolderPart:
        """The entries of a folder from `offset` on; of anything else the entry itself."""
        entry = self._find(path)
        if entry is not None and entry.kind != FOLDER:
            return FolderPart((describe(entry),), 1)
        if entry is not None:
            return self._part(self._reader.read(entry.tree), offset, limit)
        above = [describe(root) for root in self._roots] if not path else self._above(path)
        if not above and path.strip(b"/"):
            raise no_such_path(path)
        return FolderPart(tuple(above[offset : offset + limit]), len(above))

    def way(self, path: bytes) -> list[Entry]:
        """The entries from the root down to a path; empty for a folder above the roots."""
        root = self._root_of(path)
        if root is None:
            return []
        found = [root]
        for name in _parts(path[len(root.name) :]):
            found.append(self._child(found[-1], name, path))
        return found

    def roots_below(self, path: bytes) -> list[Entry]:
        """The roots in a folder above them; all of them below the empty path."""
        prefix = path.rstrip(b"/") + b"/"
        return [root for root in self._roots if not path or root.name.startswith(prefix)]

    def _find(self, path: bytes) -> Entry | None:
        """The entry at a path; None for a folder above the roots, and where nothing is."""
        found = self.way(path)
        return found[-1] if found else None

    def _root_of(self, path: bytes) -> Entry | None:
        """The root that holds a path: of several the longest."""
        holding = [root for root in self._roots if path and _holds(root.name, path)]
        return max(holding, key=lambda root: len(root.name), default=None)

    def _child(self, parent: Entry, name: bytes, path: bytes) -> Entry:
        if parent.kind != FOLDER:
            raise no_such_path(path)
        node = self._reader.read(parent.tree)
        if isinstance(node, FolderIndex):
            number = bisect_right(node.first_names, name) - 1
            if number < 0:
                raise no_such_path(path)
            node = node.check_page(number, self._reader.read(node.pages[number]))
        for entry in self._entries(node):
            if entry.name == name:
                return entry
        raise no_such_path(path)

    def _part(self, node: AnyNode, offset: int, limit: int) -> FolderPart:
        if not isinstance(node, FolderIndex):
            entries = self._entries(node)
            return _describe_part(entries[offset : offset + limit], len(entries))
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

    def _entries(self, node: AnyNode, *, roots: bool = False) -> tuple[Entry, ...]:
        if not isinstance(node, Folder) or node.roots != roots:
            raise Malformed("A listing", "something else is kept under its id")
        return node.entries

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


def no_such_path(path: bytes) -> NotFound:
    return NotFound(f"There is no {path.decode(errors='replace')} in this snapshot.")


def _describe_part(entries: Sequence[Entry], total: int) -> FolderPart:
    return FolderPart(tuple(describe(entry) for entry in entries), total)


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


def _parts(path: bytes) -> Iterator[bytes]:
    return (part for part in path.split(b"/") if part)


def _holds(root: bytes, path: bytes) -> bool:
    folder = root.rstrip(b"/") + b"/"
    return path.rstrip(b"/") == root.rstrip(b"/") or path.startswith(folder)
