"""From the ids that nodes name to the numbers that the catalog keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from csbackup.format.ids import NodeId
from csbackup.format.packing import PackItem
from csbackup.format.tree import (
    AnyNode,
    Folder,
    FolderIndex,
    read_node,
    references,
    unpack_node,
)
from csbackup.rules.finding import joined_names, last_name
from csbackup.server.catalog.chunks import find_chunks
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.nodes import FoundNode, NewNode, deletions, find_nodes
from csbackup.server.catalog.numbers import pack_numbers

Read = Callable[[int, int], bytes]  # offset and length in a pack
_CHUNKS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class ReadNode:
    """A node of a pack with the ids it names. `entries`: of a page; an index has those below.

    `names`: those in a listing, joined for searching.
    """

    item: PackItem
    chunks: tuple[bytes, ...]
    nodes: tuple[NodeId, ...]
    entries: int
    index: bool
    names: bytes = b""


def read_nodes(items: Iterable[PackItem], read: Read) -> Iterator[ReadNode]:
    """Every node of a tree pack, checked against its id and its format."""
    return (read_one(item, read(item.offset, item.length)) for item in items)


def read_one(item: PackItem, packed: bytes) -> ReadNode:
    node = read_node(unpack_node(packed, NodeId(item.id)))
    named = references(node)
    entries = len(node.entries) if isinstance(node, Folder) else 0
    index = isinstance(node, FolderIndex)
    return ReadNode(item, named.chunks, named.nodes, entries, index, names_in(node))


def names_in(node: AnyNode) -> bytes:
    """The names in a listing, joined for searching; empty for what is none."""
    if not isinstance(node, Folder):
        return b""
    names = (entry.name for entry in node.entries)
    return joined_names(map(last_name, names) if node.roots else names)


def numbers_of_chunks(
    connection: Connection, account: int, nodes: Iterable[ReadNode]
) -> dict[bytes, int]:
    """The numbers of the chunks that `nodes` name, of those that are here."""
    return find_chunks(connection, account, {chunk for node in nodes for chunk in node.chunks})


@dataclass(frozen=True, slots=True)
class Draft:
    """A node on its way into the catalog. `chunks`: packed numbers, None when one is not here."""

    item: PackItem
    chunks: bytes | None
    children: tuple[NodeId, ...]
    entries: int
    index: bool
    names: bytes


@dataclass(slots=True)
class Drafts:
    """The nodes of one pack, on their way into the catalog.

    What was looked up holds while the catalog's `deletions` stay the same.
    """

    account: int
    deletions: int = -1
    drafts: list[Draft] = field(default_factory=list)
    _known: dict[bytes, FoundNode] = field(default_factory=dict)

    def look_up(self, connection: Connection, nodes: Iterable[ReadNode]) -> None:
        """Find what `nodes` name."""
        self.deletions = deletions(connection)
        for batch in in_batches(nodes):
            numbers = numbers_of_chunks(connection, self.account, batch)
            self.drafts += [_draft(node, numbers) for node in batch]
        self._look_up_children(connection)

    def rows(self, connection: Connection, first: int) -> list[NewNode]:
        """The rows of the nodes, numbered from `first`; children stand before their parents.

        A node that misses something stays incomplete, until a commit completes it; so do all,
        should something have been deleted since.
        """
        if deletions(connection) != self.deletions:
            return [_incomplete(draft) for draft in self.drafts]
        self._look_up_children(connection)
        return [self._row(draft, number) for number, draft in enumerate(self.drafts, start=first)]

    def _look_up_children(self, connection: Connection) -> None:
        children = {child for draft in self.drafts for child in draft.children}
        wanted = {child for child in children if not self._is_whole(child)}
        self._known.update(find_nodes(connection, self.account, wanted))

    def _is_whole(self, node: bytes) -> bool:
        found = self._known.get(node)
        return found is not None and found.complete

    def _row(self, draft: Draft, number: int) -> NewNode:
        children = [self._known[child] for child in draft.children if self._is_whole(child)]
        if draft.chunks is None or len(children) < len(draft.children):
            return _incomplete(draft)
        entries = sum(child.entries for child in children) if draft.index else draft.entries
        self._known[draft.item.id] = FoundNode(number, True, entries)
        packed = pack_numbers(child.number for child in children)
        return NewNode(*_place(draft.item), True, entries, draft.chunks, packed, draft.names)


def in_batches(nodes: Iterable[ReadNode]) -> Iterator[list[ReadNode]]:
    """Some at a time: the ids that a million entries name take 100 MB."""
    batch: list[ReadNode] = []
    named = 0
    for node in nodes:
        batch.append(node)
        named += len(node.chunks)
        if named >= _CHUNKS_AT_ONCE:
            yield batch
            batch, named = [], 0
    if batch:
        yield batch


def _draft(node: ReadNode, numbers: dict[bytes, int]) -> Draft:
    found = [numbers[chunk] for chunk in node.chunks if chunk in numbers]
    chunks = pack_numbers(found) if len(found) == len(node.chunks) else None
    return Draft(node.item, chunks, node.nodes, node.entries, node.index, node.names)


def _incomplete(draft: Draft) -> NewNode:
    return NewNode(*_place(draft.item), False, draft.entries, b"", b"", draft.names)


def _place(item: PackItem) -> tuple[bytes, int, int, int]:
    return item.id, item.offset, item.length, item.plain_length
