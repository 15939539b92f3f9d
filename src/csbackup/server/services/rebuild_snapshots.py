"""An account's snapshots and stubs, out of their records."""

from __future__ import annotations

from csbackup.errors import FormatError
from csbackup.format.ids import DeviceId, NodeId, snapshot_id
from csbackup.format.records import (
    SnapshotRecord,
    StubRecord,
    read_snapshot_record,
    read_stub_record,
)
from csbackup.format.snapshot import Snapshot, read_snapshot
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.nodes import find_nodes
from csbackup.server.catalog.rebuilding import set_version
from csbackup.server.catalog.snapshots import SnapshotNodes
from csbackup.server.services.completing import MOST_NAMED, Settling
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.publishing import REPLACED
from csbackup.server.services.rebuild_devices import device_number
from csbackup.server.services.rebuild_scope import Scope
from csbackup.server.services.signatures import check_signed

_Place = tuple[DeviceId, int]  # device and sequence


def rebuild_snapshots(scope: Scope) -> None:
    """A stub outweighs the record of its snapshot: it was written later."""
    stubs = _stubs(scope)
    records = {place: one for place, one in _records(scope).items() if place not in stubs}
    for place in sorted({*stubs, *records}):
        if place in stubs:
            _add_stub(scope, stubs[place])
        else:
            _add_snapshot(scope, records[place])


def _stubs(scope: Scope) -> dict[_Place, StubRecord]:
    found = {}
    for name in _names(scope, "stub-"):
        try:
            stub = read_stub_record(scope.records.read(scope.account, name) or b"")
            found[stub.device, stub.sequence] = stub
        except FormatError as problem:
            scope.problem(f"records/{scope.account.hex()}/{name}: {problem}")
    return found


def _records(scope: Scope) -> dict[_Place, SnapshotRecord]:
    found = {}
    for name in _names(scope, "snapshot-"):
        try:
            record = read_snapshot_record(scope.records.read(scope.account, name) or b"")
            found[record.device, record.sequence] = record
        except FormatError as problem:
            scope.problem(f"records/{scope.account.hex()}/{name}: {problem}")
    return found


def _names(scope: Scope, start: str) -> list[str]:
    return [name for name in scope.records.names(scope.account) if name.startswith(start)]


def _add_stub(scope: Scope, stub: StubRecord) -> None:
    device = device_number(scope, stub.device)
    scope.database.write(lambda connection: snapshots.add_stub(connection, device, stub))


def _add_snapshot(scope: Scope, record: SnapshotRecord) -> None:
    """Visible even when something is missing: what is there can still be restored."""
    device = device_number(scope, record.device)
    named = f"snapshot {record.sequence} of device {record.device.hex()}"
    try:
        snapshot = read_snapshot(record.signed)
        check_signed(scope.database.read(), device, snapshot, record.signed, record.signature)
    except FormatError as problem:
        scope.problem(f"Left out {named}: {problem}")
        return
    missing = _missing(scope, snapshot)
    if missing:
        count = f"{missing} or more" if missing >= MOST_NAMED else str(missing)
        scope.problem(f"Damaged: {named} misses {count} chunks or listings.")

    def change(connection: Connection) -> None:
        nodes = _nodes(connection, scope.number, snapshot)
        id_ = snapshot_id(record.signed)
        snapshots.add_snapshot(connection, device, record, snapshot, id_, nodes)
        set_version(connection, device, snapshot.client)

    scope.database.write(change)
    scope.tally.snapshots += 1
    if not missing:
        _replace_checkpoint(scope, device, record)


def _missing(scope: Scope, snapshot: Snapshot) -> int:
    with scope.database.steady() as connection:
        reader = NodeReader(connection, scope.store, scope.account, scope.number)
        named = [snapshot.roots, snapshot.settings, snapshot.report]
        return len(Settling(connection, reader, scope.number).settle(named).missing)


def _nodes(connection: Connection, account: int, snapshot: Snapshot) -> SnapshotNodes:
    found = find_nodes(connection, account, [snapshot.roots, snapshot.settings, snapshot.report])

    def number(node: NodeId) -> int | None:
        return found[node].number if node in found else None

    return SnapshotNodes(number(snapshot.roots), number(snapshot.settings), number(snapshot.report))


def _replace_checkpoint(scope: Scope, device: int, record: SnapshotRecord) -> None:
    """A crash may have come between the record of a snapshot and the stub of its checkpoint."""
    before = snapshots.by_sequence(scope.database.read(), device, record.sequence - 1)
    if before is None or not before.partial or before.expired:
        return
    stub = StubRecord(
        record.device, before.sequence, before.received, before.snapshot, before.signature, REPLACED
    )
    scope.records.write(scope.account, stub.file_name, stub.encode())
    scope.database.write(lambda found: snapshots.expire(found, device, before.sequence))
