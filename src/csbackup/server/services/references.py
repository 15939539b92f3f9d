"""From the ids that nodes name to the numbers that the catalog keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from csbackup.format.ids import NodeId
from csbackup.format.packing import PackItem
from csbackup.format.tree import Folder, FolderIndex, read_node, references, unpack_node
from csbackup.server.catalog.chunks import find_chunks
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.nodes import Completion, FoundNode, NewNode, deletions, find_nodes
from csbackup.server.catalog.numbers import pack_numbers

Read = Callable[[int, int], bytes]  # offset and length in a pack


@dataclass(frozen=True, slots=True)
class ReadNode:
    """A node of a pack with the ids it names. `entries`: of a page; an index has those below."""

    item: PackItem
    chunks: tuple[bytes, ...]
    nodes: tuple[NodeId, ...]
    entries: int
    index: bool


def read_nodes(items: Iterable[PackItem], read: Read) -> list[ReadNode]:
    """Every node of a tree pack, checked against its id and its format."""
    return [read_one(item, read(item.offset, item.length)) for item in items]


def read_one(item: PackItem, packed: bytes) -> ReadNode:
    node = read_node(unpack_node(packed, NodeId(item.id)))
    named = references(node)
    entries = len(node.entries) if isinstance(node, Folder) else 0
    return ReadNode(item, named.chunks, named.nodes, entries, isinstance(node, FolderIndex))


@dataclass(slots=True)
class Known:
    """What has been looked up so far; it holds while the catalog's `deletions` stay the same."""

    account: int
    deletions: int = -1
    chunks: dict[bytes, int] = field(default_factory=dict)
    nodes: dict[bytes, FoundNode] = field(default_factory=dict)

    def look_up(self, connection: Connection, nodes: Sequence[ReadNode]) -> None:
        """Find what `nodes` name and what is not known yet."""
        now = deletions(connection)
        if now != self.deletions:
            self.chunks.clear()
            self.nodes.clear()
            self.deletions = now
        chunks = {chunk for node in nodes for chunk in node.chunks} - self.chunks.keys()
        self.chunks.update(find_chunks(connection, self.account, chunks))
        wanted = {child for node in nodes for child in node.nodes if not self._whole(child)}
        self.nodes.update(find_nodes(connection, self.account, wanted))

    def _whole(self, node: bytes) -> bool:
        found = self.nodes.get(node)
        return found is not None and found.complete

    def completion(self, node: ReadNode, number: int) -> Completion | None:
        """What the catalog keeps of a node, or None when something it names is not here."""
        chunks = [self.chunks.get(chunk) for chunk in node.chunks]
        children = [self.nodes.get(child) for child in node.nodes]
        found_chunks = [chunk for chunk in chunks if chunk is not None]
        found = [child for child in children if child is not None and child.complete]
        if len(found_chunks) < len(chunks) or len(found) < len(children):
            return None
        entries = sum(child.entries for child in found) if node.index else node.entries
        packed = pack_numbers(child.number for child in found)
        return Completion(entries, pack_numbers(found_chunks), packed, number)


def resolve(nodes: Sequence[ReadNode], known: Known, first: int) -> list[NewNode]:
    """The rows of a pack's nodes, numbered from `first`; children stand before their parents.

    A node that misses something stays incomplete, until a commit completes it.
    """
    rows = []
    for number, node in enumerate(nodes, start=first):
        found = known.completion(node, number)
        item = node.item
        if found is None:
            row = NewNode(*_place(item), False, node.entries, b"", b"")
        else:
            row = NewNode(*_place(item), True, found.entries, found.chunks, found.children)
            known.nodes[item.id] = FoundNode(number, True, found.entries)
        rows.append(row)
    return rows


def _place(item: PackItem) -> tuple[bytes, int, int, int]:
    return item.id, item.offset, item.length, item.plain_length
