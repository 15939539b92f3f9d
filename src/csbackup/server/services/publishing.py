"""Making a checked snapshot visible: its record, then the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from csbackup.errors import MissingReferences, NotNext
from csbackup.format.ids import NodeId, SnapshotId, snapshot_id
from csbackup.format.records import SnapshotRecord, StubRecord, snapshot_record_name
from csbackup.format.snapshot import Snapshot
from csbackup.rules.access import DeviceCaller
from csbackup.server.catalog import snapshots, uploads
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.catalog.nodes import complete_nodes, deletions, find_nodes
from csbackup.server.catalog.snapshots import NewestSnapshot, SnapshotNodes, SnapshotRow
from csbackup.server.services.completing import Settlement, Settling
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.store import Records, Store

REPLACED = "replaced"  # why a checkpoint expired: stands in its stub


@dataclass(frozen=True, slots=True)
class Publication:
    """A snapshot that is about to become visible; its signature has been checked."""

    device: DeviceCaller
    snapshot: Snapshot
    record: SnapshotRecord

    @property
    def id(self) -> SnapshotId:
        return snapshot_id(self.record.signed)

    @property
    def named_nodes(self) -> tuple[NodeId, NodeId, NodeId]:
        return self.snapshot.roots, self.snapshot.settings, self.snapshot.report


class _CatalogMoved(Exception):
    """Something was deleted since the references were looked up: look again."""


class Publisher:
    """The caller holds the device's lock, so that nobody publishes for this device meanwhile."""

    def __init__(self, database: Database, store: Store, records: Records) -> None:
        self._database = database
        self._store = store
        self._records = records

    def publish(self, publication: Publication) -> None:
        """Records first, catalog second; the caller answers last.

        1. The snapshot's record. A crash after it leaves a snapshot that is whole, though nobody
           was told: the next start adopts it, and the device that tries again hears that it was
           committed. A failure without a crash leaves a record that the device's next commit
           writes over.
        2. The stub of the checkpoint that this one replaces, now that this one is durable.
        3. The catalog, in one transaction that checks references and place once more.
        4. The checkpoint's record goes. A crash before leaves it beside its stub, which outweighs
           it.
        """
        while True:
            settlement = self._settle(publication)
            record = publication.record
            self._records.write(publication.device.account, record.file_name, record.encode())
            replaced = self._write_stub(publication)
            try:
                self._make_visible(publication, settlement, replaced)
                break
            except _CatalogMoved:
                continue
        if replaced is not None:
            name = snapshot_record_name(record.device, replaced.sequence)
            self._records.remove(publication.device.account, name)

    def _settle(self, publication: Publication) -> Settlement:
        device = publication.device
        with self._database.steady() as connection:
            reader = NodeReader(connection, self._store, device.account, device.account_number)
            settling = Settling(connection, reader, device.account_number)
            settlement = settling.settle(publication.named_nodes)
        if settlement.missing:
            raise missing_references(settlement.missing)
        return settlement

    def _write_stub(self, publication: Publication) -> SnapshotRow | None:
        """The checkpoint that this snapshot replaces, if any."""
        device = publication.device
        before = snapshots.by_sequence(
            self._database.read(), device.device_number, publication.snapshot.sequence - 1
        )
        if before is None or not before.partial or before.expired:
            return None
        stub = StubRecord(
            device.device,
            before.sequence,
            before.received,
            before.snapshot,
            before.signature,
            REPLACED,
        )
        self._records.write(device.account, stub.file_name, stub.encode())
        return before

    def _make_visible(
        self, publication: Publication, settlement: Settlement, replaced: SnapshotRow | None
    ) -> None:
        device = publication.device

        def change(connection: Connection) -> None:
            if deletions(connection) != settlement.deletions:
                raise _CatalogMoved
            check_place(snapshots.newest_snapshot(connection, device.device_number), publication)
            complete_nodes(connection, settlement.completions)
            nodes = _checked_nodes(connection, publication)
            if replaced is not None:
                snapshots.expire(connection, device.device_number, replaced.sequence)
            snapshots.add_snapshot(
                connection,
                device.device_number,
                publication.record,
                publication.snapshot,
                publication.id,
                nodes,
            )
            _close_upload(connection, publication)

        self._database.write(change)


def _checked_nodes(connection: Connection, publication: Publication) -> SnapshotNodes:
    """Complete nodes only: what is not is named, and the transaction is taken back."""
    account = publication.device.account_number
    found = find_nodes(connection, account, publication.named_nodes)
    missing = [
        ("node", bytes(node))
        for node in publication.named_nodes
        if node not in found or not found[node].complete
    ]
    if missing:
        raise missing_references(missing)
    return SnapshotNodes(*(found[node].number for node in publication.named_nodes))


def _close_upload(connection: Connection, publication: Publication) -> None:
    """A checkpoint renews the lease; a whole snapshot ends the upload."""
    record = publication.record
    if publication.snapshot.partial:
        uploads.touch_upload(connection, record.upload, record.received_ns)
    else:
        uploads.finish_upload(connection, record.upload, record.received_ns)


def check_place(newest: NewestSnapshot, publication: Publication) -> None:
    """`NotNext` unless the snapshot follows the newest one of its device."""
    snapshot = publication.snapshot
    if snapshot.sequence != newest.sequence + 1 or snapshot.previous != newest.snapshot:
        raise NotNext(
            f"The newest snapshot of this device is number {newest.sequence}; "
            "the one that was sent does not follow it.",
            sequence=newest.sequence,
            snapshot=newest.snapshot.hex(),
        )


def missing_references(missing: list[tuple[str, bytes]]) -> MissingReferences:
    return MissingReferences(
        "The snapshot needs chunks or listings that are not here. Send them, then commit again.",
        missing=[{"kind": kind, "id": one.hex()} for kind, one in missing],
    )
