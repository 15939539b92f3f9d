"""Nodes that came before what they name: read again, and resolved, when a commit needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from csbackup.errors import FormatError
from csbackup.format.ids import NodeId
from csbackup.format.packing import PackItem
from csbackup.format.tree import Folder, FolderIndex, read_node, references
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.nodes import (
    Completion,
    FoundNode,
    deletions,
    find_nodes,
    find_places,
)
from csbackup.server.catalog.numbers import pack_numbers
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.references import ReadNode, in_batches, numbers_of_chunks

MOST_NAMED = 1000  # so many missing ids are named at once
_BATCH = 256  # so many nodes are looked up at once


@dataclass(slots=True)
class Settlement:
    """What makes some nodes complete, in this order; or what is missing for it.

    It holds while the catalog's `deletions` stay the same.
    """

    completions: list[Completion] = field(default_factory=list)
    missing: list[tuple[str, bytes]] = field(default_factory=list)
    deletions: int = -1


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An incomplete node all of whose chunks are here."""

    node: NodeId
    number: int
    chunks: bytes
    children: tuple[NodeId, ...]
    entries: int
    index: bool


class Settling:
    """Finds out what the nodes below some given ones need, touching incomplete nodes only."""

    def __init__(self, connection: Connection, reader: NodeReader, account: int) -> None:
        self._connection = connection
        self._reader = reader
        self._account = account
        self._waiting: list[_Waiting] = []
        self._found: dict[bytes, FoundNode] = {}
        self._settlement = Settlement()

    def settle(self, wanted: Sequence[NodeId]) -> Settlement:
        """Go down level by level, then complete from the bottom up."""
        self._settlement.deletions = deletions(self._connection)
        seen = set(wanted)
        level = list(seen)
        while level:
            following: list[NodeId] = []
            for at in range(0, len(level), _BATCH):
                following += self._visit(level[at : at + _BATCH])
            level = [node for node in dict.fromkeys(following) if node not in seen]
            seen.update(level)
        self._complete()
        return self._settlement

    def _visit(self, nodes: list[NodeId]) -> list[NodeId]:
        """The children that may have to be visited too."""
        found = find_nodes(self._connection, self._account, nodes)
        self._found.update(found)
        self._miss("node", [node for node in nodes if node not in found])
        incomplete = [node for node in nodes if node in found and not found[node].complete]
        children: list[NodeId] = []
        for batch in in_batches(self._read(incomplete)):
            chunks = numbers_of_chunks(self._connection, self._account, batch)
            for one in batch:
                self._note(one, found[one.item.id].number, chunks)
                children += one.nodes
        return children

    def _read(self, nodes: list[NodeId]) -> Iterator[ReadNode]:
        """The nodes with what they name; a damaged one counts as missing, so it is sent again."""
        for node, places in find_places(self._connection, self._account, nodes).items():
            if node not in self._found:
                continue
            try:
                opened = read_node(self._reader.plain(node, places))
            except FormatError:
                self._miss("node", [node])
                continue
            named = references(opened)
            entries = len(opened.entries) if isinstance(opened, Folder) else 0
            item = PackItem(node, 0, 0)
            yield ReadNode(
                item, named.chunks, named.nodes, entries, isinstance(opened, FolderIndex)
            )

    def _note(self, node: ReadNode, number: int, known: dict[bytes, int]) -> None:
        numbers = [known.get(chunk) for chunk in node.chunks]
        here = [found for found in numbers if found is not None]
        if len(here) < len(numbers):
            self._miss("chunk", [c for c in node.chunks if c not in known])
            return
        id_, chunks = NodeId(node.item.id), pack_numbers(here)
        waiting = _Waiting(id_, number, chunks, node.nodes, node.entries, node.index)
        self._waiting.append(waiting)

    def _miss(self, kind: str, ids: Sequence[bytes]) -> None:
        room = MOST_NAMED - len(self._settlement.missing)
        self._settlement.missing += [(kind, one) for one in ids[:room]]

    def _complete(self) -> None:
        """Children stand further down mostly, so a pass from the end completes nearly all."""
        waiting, before = self._waiting[::-1], -1
        while len(waiting) != before:
            before = len(waiting)
            waiting = [node for node in waiting if not self._completed(node)]

    def _completed(self, node: _Waiting) -> bool:
        children = [self._found[child] for child in node.children if child in self._found]
        if len(children) < len(node.children) or not all(child.complete for child in children):
            return False
        entries = sum(child.entries for child in children) if node.index else node.entries
        packed = pack_numbers(child.number for child in children)
        self._settlement.completions.append(Completion(entries, node.chunks, packed, node.number))
        self._found[node.node] = FoundNode(node.number, True, entries)
        return True
