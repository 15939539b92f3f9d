"""What a device may read for a restore order: the order with its proof, and its blocks alone."""

from __future__ import annotations

from collections.abc import Sequence

from csbackup.errors import NotFound, PackDamaged
from csbackup.format.ids import OrderId, PackId
from csbackup.format.orders import read_order
from csbackup.format.snapshot import read_snapshot
from csbackup.protocol import messages
from csbackup.rules.access import DeviceCaller
from csbackup.server.catalog.chunks import chunks_in
from csbackup.server.catalog.database import QUERIES, Connection, Database, Row
from csbackup.server.catalog.marks import Marks, unpack_marks
from csbackup.server.catalog.orders import find_ordered_blocks, spans_in_pack
from csbackup.server.services.order_contents import OrderContents, live_snapshot
from csbackup.server.services.ordering import no_such_order
from csbackup.server.store import Store

_NOT_ORDERED = "This is not part of the order, or the order has ended."


class OrderReading:
    """A device gets blocks by a live order to it, and only those that its tree needs."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def document(self, caller: DeviceCaller, order: OrderId, now: int) -> messages.DeviceOrder:
        with self._database.steady() as connection:
            row = _live(connection, caller, order, now)
            kept = live_snapshot(connection, row["source"], row["sequence"])
            serial = read_snapshot(kept.signed).serial
            certificate = QUERIES.certificate_by_serial(
                connection, device=row["source"], serial=serial
            )
            signed = QUERIES.order_document(connection, number=row["number"])
        return messages.DeviceOrder(
            now=now,
            state=row["state"],
            document=signed["document"],
            signature=signed["signature"],
            source_name=row["source_name"],
            snapshot=kept.signed,
            snapshot_signature=kept.signature,
            received=kept.received,
            certificate=certificate["certificate"],
            certificate_signature=certificate["signature"],
            files=row["files"],
            bytes=row["bytes"],
        )

    def locate(
        self, caller: DeviceCaller, order: OrderId, ids: Sequence[bytes], now: int
    ) -> list[tuple[bytes, int, int, bytes]]:
        """As `Downloads.locate`, but of the order's blocks."""
        blocks = self._blocks(caller, order, now)
        with self._database.steady() as connection:
            found = find_ordered_blocks(connection, caller.account_number, ids, blocks)
            return [
                (block.pack, block.offset, block.length, chunks_in(connection, block))
                for block in found
            ]

    def pack_size(self, caller: DeviceCaller, order: OrderId, pack: PackId, now: int) -> int:
        """`NotFound` for a pack that has no block of the order."""
        if not self._spans(caller, order, pack, now):
            raise NotFound(_NOT_ORDERED)
        stored = self._store.size(caller.account, pack)
        if stored is None:
            raise PackDamaged(pack, "its file is missing")
        return stored

    def read_pack(
        self,
        caller: DeviceCaller,
        order: OrderId,
        pack: PackId,
        offset: int,
        length: int,
        now: int,
    ) -> bytes:
        """`NotFound` unless blocks of the order cover all of it."""
        spans = self._spans(caller, order, pack, now)
        if not any(start <= offset and offset + length <= end for start, end in spans):
            raise NotFound(_NOT_ORDERED)
        return self._store.read(caller.account, pack, offset, length)

    def _spans(
        self, caller: DeviceCaller, order: OrderId, pack: PackId, now: int
    ) -> list[tuple[int, int]]:
        blocks = self._blocks(caller, order, now)
        return spans_in_pack(self._database.read(), caller.account_number, pack, blocks)

    def _blocks(self, caller: DeviceCaller, order: OrderId, now: int) -> Marks:
        """Found once, at the first question, and kept in the catalog."""
        with self._database.steady() as connection:
            row = _live(connection, caller, order, now)
            if row["blocks"] is not None:
                return unpack_marks(row["blocks"])
            marks = self._find_blocks(connection, caller, row)
        packed, number = marks.pack(), row["number"]
        self._database.write(
            lambda change: QUERIES.order_set_blocks(change, number=number, blocks=packed)
        )
        return marks

    def _find_blocks(self, connection: Connection, caller: DeviceCaller, row: Row) -> Marks:
        signed = QUERIES.order_document(connection, number=row["number"])
        paths = read_order(signed["document"]).paths
        account = caller.account
        contents = OrderContents(connection, self._store, account, caller.account_number)
        kept = live_snapshot(connection, row["source"], row["sequence"])
        return contents.blocks(contents.choose(kept, paths))


def _live(connection: Connection, caller: DeviceCaller, order: OrderId, now: int) -> Row:
    row: Row | None = QUERIES.order_to_device(
        connection, device=caller.device_number, order_id=order
    )
    if row is None or row["ended"] or row["expires"] <= now:
        raise no_such_order()
    return row
