"""Nodes out of the packs, each checked against its id, from another pack where one is damaged."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from csbackup.errors import FormatError, NotFound
from csbackup.format.ids import AccountId, NodeId
from csbackup.format.tree import AnyNode, Folder, FolderIndex, reread_node, unpack_node
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.nodes import FoundNode, NodePlace, find_nodes, find_places
from csbackup.server.store import Store

_MOST_KEPT = 8000  # entries; they take about 5 MB


class NodeReader:
    """Reads the nodes of one account; what is asked for is read, and nothing else."""

    def __init__(
        self, connection: Connection, store: Store, account: AccountId, account_number: int
    ) -> None:
        self._connection = connection
        self._store = store
        self._account = account
        self._number = account_number

    def read(self, node: NodeId) -> AnyNode:
        """`NotFound` when no pack has it, the pack's damage when none has it whole.

        What the catalog lists was checked when it came in, and its id says that it is the same.
        """
        places = find_places(self._connection, self._number, [node]).get(node, [])
        return reread_node(self.plain(node, places))

    def entry_counts(self, pages: Sequence[NodeId]) -> list[int]:
        """How many entries each page of a long folder has, without reading them."""
        found = find_nodes(self._connection, self._number, pages)
        return [self._count(page, found) for page in pages]

    def numbers(self, nodes: Sequence[NodeId]) -> dict[bytes, int]:
        """The catalog's numbers of those that are here."""
        found = find_nodes(self._connection, self._number, nodes)
        return {node: one.number for node, one in found.items()}

    def _count(self, page: NodeId, found: dict[bytes, FoundNode]) -> int:
        if page not in found:
            raise listing_missing()
        return found[page].entries

    def plain(self, node: NodeId, places: Sequence[NodePlace]) -> bytes:
        """The bytes of a node, from the first place where they are whole."""
        damage: FormatError | None = None
        for place in places:
            try:
                return unpack_node(self.packed(place), node)
            except FormatError as problem:
                damage = damage or problem
        if damage is not None:
            raise damage
        raise listing_missing()

    def packed(self, place: NodePlace) -> bytes:
        """What lies at a place, unchecked."""
        return self._store.read(self._account, place.pack, place.offset, place.length)


class RememberingReader(NodeReader):
    """Keeps what it read last; for one request, which reads the upper folders again and again."""

    def __init__(
        self, connection: Connection, store: Store, account: AccountId, account_number: int
    ) -> None:
        super().__init__(connection, store, account, account_number)
        self._kept: OrderedDict[NodeId, AnyNode] = OrderedDict()
        self._room = _MOST_KEPT

    def read(self, node: NodeId) -> AnyNode:
        if node in self._kept:
            self._kept.move_to_end(node)
            return self._kept[node]
        opened = super().read(node)
        self._kept[node] = opened
        self._room -= _weight(opened)
        while self._room < 0 and len(self._kept) > 1:
            self._room += _weight(self._kept.popitem(last=False)[1])
        return opened


def _weight(node: AnyNode) -> int:
    if isinstance(node, Folder):
        return 1 + len(node.entries)
    return 1 + len(node.pages) if isinstance(node, FolderIndex) else 1


def listing_missing() -> NotFound:
    return NotFound("A listing of this snapshot is not here: a pack was lost. Ask the admin.")
