"""Nodes fetched from the server in batches, checked against their ids, and kept for a while."""

from __future__ import annotations

import contextlib
import itertools
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from csbackup.errors import ContentMissing, FormatError, Malformed
from csbackup.format.ids import ChunkId, NodeId, split_ids
from csbackup.format.snapshot import Settings, read_settings
from csbackup.format.tree import (
    FOLDER,
    AnyNode,
    ChunkList,
    ChunkPage,
    Entry,
    Folder,
    FolderIndex,
    Report,
    SettingsNode,
    read_node,
    unpack_node,
)

PAGES_AT_ONCE = 8
NODES_AT_ONCE = 200
NODES_AHEAD = 600
ENTRIES_AHEAD = 12_000
ROUNDS_AHEAD = 3
KEPT_BYTES = 6 * 1024 * 1024  # of plain nodes; parsed they take about five times as much


class NodeSource(Protocol):
    """Whoever has nodes, as they lie in packs."""

    def nodes(self, ids: Sequence[bytes], /) -> dict[NodeId, bytes]: ...


class NodeReader:
    """Nodes by id; for one thread."""

    def __init__(self, source: NodeSource, kept_bytes: int = KEPT_BYTES) -> None:
        self._source = source
        self._limit = kept_bytes
        self._kept: OrderedDict[NodeId, tuple[AnyNode, int]] = OrderedDict()
        self._size = 0

    def node(self, id: NodeId) -> AnyNode:
        return self.several([id])[id]

    def several(self, ids: Iterable[NodeId]) -> dict[NodeId, AnyNode]:
        """All of these, with one question for those that are not at hand."""
        wanted = dict.fromkeys(ids)
        found = {id: self._kept[id][0] for id in wanted if id in self._kept}
        missing = [id for id in wanted if id not in found]
        for id in found:
            self._kept.move_to_end(id)
        if missing:
            found |= self._fetch(missing)
        return found

    def entries(self, tree: NodeId) -> Iterator[Entry]:
        """A folder's entries, in order, page by page."""
        node = self.node(tree)
        if isinstance(node, FolderIndex):
            for at in range(0, len(node.pages), PAGES_AT_ONCE):
                pages = node.pages[at : at + PAGES_AT_ONCE]
                read = self.several(pages)
                for number, page in enumerate(pages, at):
                    yield from node.check_page(number, read[page]).entries
        else:
            yield from _a_listing(node).entries

    def entry(self, tree: NodeId, name: bytes) -> Entry | None:
        """The entry called `name` in a folder; of a long folder one page is read."""
        node = self.node(tree)
        if isinstance(node, FolderIndex):
            number = sum(first <= name for first in node.first_names) - 1
            if number < 0:
                return None
            node = node.check_page(number, self.node(node.pages[number]))
        return next((entry for entry in _a_listing(node).entries if entry.name == name), None)

    def roots(self, id: NodeId) -> tuple[Entry, ...]:
        node = self.node(id)
        if not isinstance(node, Folder) or not node.roots:
            raise Malformed("The list of roots", "it is something else")
        return node.entries

    def settings(self, id: NodeId) -> Settings:
        node = self.node(id)
        if not isinstance(node, SettingsNode):
            raise Malformed("A snapshot's settings", "they are something else")
        return read_settings(node)

    def report(self, id: NodeId) -> Report:
        node = self.node(id)
        if not isinstance(node, Report):
            raise Malformed("A snapshot's report", "it is something else")
        return node

    def chunks(self, entry: Entry) -> Iterator[ChunkId]:
        """A file's chunk ids, in order; a chunk list is read page by page."""
        if entry.chunk_list is None:
            yield from entry.inline_chunks or ()
            return
        pages = self.node(entry.chunk_list)
        if not isinstance(pages, ChunkList):
            raise Malformed("A file's chunk list", "it is something else")
        for id in pages.pages:
            page = self.node(id)
            if not isinstance(page, ChunkPage):
                raise Malformed("A file's chunk list", "a page of it is something else")
            yield from map(ChunkId, split_ids(page.chunks))

    def holds(self, id: NodeId) -> bool:
        return id in self._kept

    def read_ahead(self, folder: Entry, coming: Iterable[Entry]) -> None:
        """Fetch a folder's listing, unless it is at hand, with those that will be needed soon: one
        question for many. `coming`: the folders that are entered next.

        What is below a folder bounds how long its listing is.
        """
        if self.holds(folder.tree):
            return
        missing = (one for one in coming if not self.holds(one.tree))
        level = [folder, *itertools.islice(missing, NODES_AT_ONCE - 1)]
        nodes = entries = 0
        for _ in range(ROUNDS_AHEAD):
            below: list[Entry] = []
            while level:
                if nodes >= NODES_AHEAD or entries >= ENTRIES_AHEAD:
                    return
                some, level = _some_of(level, ENTRIES_AHEAD - entries)
                read = self.try_several([one.tree for one in some])
                nodes += len(some)
                for node in read.values():
                    if isinstance(node, Folder):
                        entries += len(node.entries)
                        below += [entry for entry in node.entries if entry.kind == FOLDER]
            level = [one for one in below if not self.holds(one.tree)]

    def try_several(self, ids: Sequence[NodeId]) -> dict[NodeId, AnyNode]:
        """Those of these that can be had; what is wrong with the others shows in their turn."""
        packed = self._source.nodes(ids)
        found = {}
        for id in ids:
            with contextlib.suppress(FormatError):
                plain = unpack_node(packed.get(id, b""), id)
                found[id] = read_node(plain)
                self._keep(id, found[id], len(plain))
        return found

    def _fetch(self, ids: list[NodeId]) -> dict[NodeId, AnyNode]:
        packed = self._source.nodes(ids)
        found = {}
        for id in ids:
            if id not in packed:
                raise ContentMissing(f"the listing {id.hex()}")
            plain = unpack_node(packed[id], id)
            found[id] = read_node(plain)
            self._keep(id, found[id], len(plain))
        return found

    def _keep(self, id: NodeId, node: AnyNode, size: int) -> None:
        self._kept[id] = (node, size)
        self._size += size
        while self._size > self._limit and len(self._kept) > 1:
            self._size -= self._kept.popitem(last=False)[1][1]


def _a_listing(node: AnyNode) -> Folder:
    if not isinstance(node, Folder) or node.roots:
        raise Malformed("A folder's listing", "it is something else")
    return node


def _some_of(folders: list[Entry], most_entries: int) -> tuple[list[Entry], list[Entry]]:
    """The first of these, no more than a question may name and memory should hold; the others."""
    size = 0
    for number, folder in enumerate(folders[:NODES_AT_ONCE]):
        size += folder.subtree_files
        if number and size > most_entries:
            return folders[:number], folders[number:]
    return folders[:NODES_AT_ONCE], folders[NODES_AT_ONCE:]
