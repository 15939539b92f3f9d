"""What a restore fetches: nodes, the places of chunks, and bytes of packs."""

from __future__ import annotations

from collections.abc import Sequence

from csbackup.errors import NotFound, PackDamaged
from csbackup.format.ids import AccountId, NodeId, PackId
from csbackup.server.catalog.chunks import chunks_in, find_blocks
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.catalog.nodes import NodePlace, find_places
from csbackup.server.catalog.packs import PackRow, account_id, find_pack
from csbackup.server.store import Store

ANSWER_BYTES = 16 * 1024 * 1024  # about so much of nodes in one answer


class Downloads:
    """Serves an account its own things, sealed as they are."""

    def __init__(
        self, database: Database, store: Store, *, answer_bytes: int = ANSWER_BYTES
    ) -> None:
        self._database = database
        self._store = store
        self._answer_bytes = answer_bytes

    def nodes(self, account: int, ids: Sequence[bytes]) -> list[tuple[NodeId, bytes]]:
        """Nodes as they lie in the packs, as far as they are here.

        After about 16 MiB the answer ends: whoever asked asks again for the rest. An empty answer
        means that none of them is here.
        """
        connection = self._database.read()
        owner = account_id(connection, account)
        places = find_places(connection, account, ids)
        found: list[tuple[NodeId, bytes]] = []
        room = self._answer_bytes
        for node in dict.fromkeys(map(NodeId, ids)):
            packed = self._packed(owner, places.get(node, []))
            if packed is not None:
                found.append((node, packed))
                room -= len(packed)
            if room <= 0:
                break
        return found

    def _packed(self, account: AccountId, places: Sequence[NodePlace]) -> bytes | None:
        for place in places:
            try:
                return self._store.read(account, place.pack, place.offset, place.length)
            except PackDamaged:
                continue
        return None

    def locate(self, account: int, ids: Sequence[bytes]) -> list[tuple[bytes, int, int, bytes]]:
        """The blocks that hold these chunks: pack, offset, length, ids of all chunks in it.

        Of several blocks with one chunk the newest of a device that is not revoked is named. Each
        block stands once, sorted by pack and offset.
        """
        with self._database.steady() as connection:
            blocks = sorted(set(find_blocks(connection, account, ids).values()))
            return [
                (block.pack, block.offset, block.length, chunks_in(connection, block))
                for block in blocks
            ]

    def pack_size(self, account: int, pack: PackId) -> int:
        """How much of the pack can be read: less than once was, where its file was cut short.

        `NotFound` when the account has no such pack, `PackDamaged` when its file is gone.
        """
        connection = self._database.read()
        row = _listed(connection, account, pack)
        stored = self._store.size(account_id(connection, account), pack)
        if stored is None:
            raise PackDamaged(pack, "its file is missing")
        return min(row.size, stored)

    def read_pack(self, account: int, pack: PackId, offset: int, length: int) -> bytes:
        """Exactly `length` bytes; `PackDamaged` when they are not all there."""
        connection = self._database.read()
        _listed(connection, account, pack)
        return self._store.read(account_id(connection, account), pack, offset, length)


def _listed(connection: Connection, account: int, pack: PackId) -> PackRow:
    row = find_pack(connection, account, pack)
    if row is None:
        raise NotFound("There is no such pack.")
    return row
