"""What a restore order needs: from paths of a snapshot to files, blocks and sealed data keys.

The trees are walked by the numbers that the catalog keeps, so a million files take some seconds and
a few megabytes of memory; no listing but those on the way to the paths is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from csbackup.errors import NotFound, PackDamaged, TooLarge
from csbackup.format.ids import AccountId
from csbackup.format.orders import MAX_KEYS
from csbackup.format.sealing import HEADER_BYTES, sealed_data_key
from csbackup.format.tree import FOLDER, Entry
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.chunks import find_chunks
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.marks import Marks
from csbackup.server.catalog.nodes import FoundNode, find_nodes
from csbackup.server.catalog.orders import (
    Gathered,
    OrderTotals,
    PlaceInPack,
    one_block_of_each_upload,
)
from csbackup.server.catalog.snapshots import SnapshotRow
from csbackup.server.services.listing import TreeWalk
from csbackup.server.services.node_reader import NodeReader, listing_missing
from csbackup.server.services.trees import no_such_path
from csbackup.server.store import Store


@dataclass(frozen=True, slots=True)
class Chosen:
    """Something that is to be put back, and the folders on the way to it."""

    path: bytes
    entry: Entry
    above: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class OrderContents:
    """One account's contents, seen through one connection."""

    connection: Connection
    store: Store
    account: AccountId
    account_number: int

    def choose(self, row: SnapshotRow, paths: Sequence[bytes]) -> list[Chosen]:
        """What the paths name, everything without any; what lies in another one counts once."""
        if row.root is None:
            raise listing_missing()
        reader = NodeReader(self.connection, self.store, self.account, self.account_number)
        walk = TreeWalk(reader, snapshots.node_of(self.connection, row.root))
        found: dict[bytes, Chosen] = {}
        for path in paths or (b"",):
            for one in _at(walk, path):
                found[one.path] = one
        return [one for one in found.values() if not _is_inside(one.path, found)]

    def blocks(self, chosen: Iterable[Chosen]) -> Marks:
        """The blocks that hold the contents, and the extras of the folders above."""
        gathered = Gathered(self.connection, self.account_number)
        entries = [entry for one in chosen for entry in (*one.above, one.entry)]
        chunks = {entry.extras for entry in entries if entry.extras}
        nodes = set()
        for one in chosen:
            chunks.update(_own_chunks(one.entry))
            nodes.update(_own_nodes(one.entry))
        gathered.add_nodes(found.number for found in self._found(nodes))
        numbers = find_chunks(self.connection, self.account_number, chunks)
        gathered.add_chunks(sorted(numbers.values()))
        return gathered.blocks

    def _found(self, nodes: set[bytes]) -> Iterable[FoundNode]:
        return find_nodes(self.connection, self.account_number, nodes).values()

    def data_keys(self, blocks: Marks) -> tuple[bytes, ...]:
        """The sealed data keys of these blocks, each once: all of an upload have the same."""
        uploads = one_block_of_each_upload(self.connection, blocks)
        if len(uploads) > MAX_KEYS:
            raise TooLarge(
                f"What was chosen was written by {len(uploads):,} backups; one order can bring "
                f"the keys of {MAX_KEYS:,}. Choose fewer folders."
            )
        found = (self._sealed_key(places) for places in uploads.values())
        return tuple(dict.fromkeys(key for key in found if key is not None))

    def _sealed_key(self, places: Iterable[PlaceInPack]) -> bytes | None:
        for pack, offset in places:
            try:
                return sealed_data_key(self.store.read(self.account, pack, offset, HEADER_BYTES))
            except PackDamaged:
                continue
        return None  # the device finds out which files it is about, and names them


def totals_of(chosen: Iterable[Chosen]) -> OrderTotals:
    files = size = 0
    for one in chosen:
        is_folder = one.entry.kind == FOLDER
        files += one.entry.subtree_files if is_folder else 1
        size += one.entry.subtree_bytes if is_folder else one.entry.size
    return OrderTotals(files, size)


def live_snapshot(connection: Connection, device: int, sequence: int) -> SnapshotRow:
    row = snapshots.by_sequence(connection, device, sequence)
    if row is None or row.expired:
        raise NotFound(f"Snapshot {sequence} of that device is not here, or has expired.")
    return row


def _at(walk: TreeWalk, path: bytes) -> list[Chosen]:
    way = walk.way(path)
    if way:
        return [Chosen(path.rstrip(b"/") or path, way[-1], tuple(way[:-1]))]
    roots = walk.roots_below(path)
    if not roots:
        raise no_such_path(path)
    return [Chosen(root.name, root, ()) for root in roots]


def _is_inside(path: bytes, others: Iterable[bytes]) -> bool:
    return any(path != other and path.startswith(other.rstrip(b"/") + b"/") for other in others)


def _own_chunks(entry: Entry) -> list[bytes]:
    return [] if entry.kind == FOLDER else list(entry.inline_chunks or ())


def _own_nodes(entry: Entry) -> list[bytes]:
    if entry.kind == FOLDER:
        return [entry.tree]
    return [entry.chunk_list] if entry.chunk_list else []
