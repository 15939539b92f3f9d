"""Snapshots as the catalog knows them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, NamedTuple

from csbackup.format.ids import AccountId, DeviceId, NodeId, SnapshotId
from csbackup.format.records import SnapshotRecord, StubRecord
from csbackup.format.snapshot import Snapshot, Totals
from csbackup.server.catalog.database import QUERIES


@dataclass(frozen=True, slots=True)
class NewestSnapshot:
    """The head of a device."""

    snapshot: SnapshotId
    sequence: int


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """`root` and `report` are numbers of nodes, None when only the stub is left."""

    number: int
    device: int
    snapshot: SnapshotId
    sequence: int
    started: int
    finished: int
    received: int
    partial: bool
    expired: bool
    root: int | None
    report: int | None
    totals: Totals
    coverage_ppm: int
    problems: tuple[tuple[str, int], ...]
    signed: bytes
    signature: bytes


class LiveSnapshot(NamedTuple):
    """A snapshot that can be opened. `root`: its roots' node, `root_number` the catalog's."""

    sequence: int
    received: int
    partial: bool
    root_number: int
    root: NodeId


@dataclass(frozen=True, slots=True)
class SnapshotNodes:
    """The numbers of the nodes that a snapshot names; None for one that is not here."""

    root: int | None
    settings: int | None
    report: int | None


@dataclass(frozen=True, slots=True)
class DeviceIds:
    """Which device, of which account."""

    number: int
    device: DeviceId
    account: AccountId
    account_number: int


def newest_snapshot(connection: sqlite3.Connection, device: int) -> NewestSnapshot:
    """Sequence 0 and an empty id when there is none."""
    row: Any = QUERIES.newest_snapshot(connection, device=device)
    if row is None:
        return NewestSnapshot(SnapshotId(b""), 0)
    return NewestSnapshot(SnapshotId(row["snapshot"]), row["sequence"])


def heads(connection: sqlite3.Connection, account: int) -> list[tuple[bytes, int, bytes]]:
    """Device, sequence and snapshot id of the newest snapshot of every device of an account."""
    return [tuple(row) for row in QUERIES.heads_of_account(connection, account=account)]


def snapshots_of(connection: sqlite3.Connection, device: int) -> list[SnapshotRow]:
    """Oldest first, stubs included."""
    return [_read(row) for row in QUERIES.snapshots_of_device(connection, device=device)]


def live(connection: sqlite3.Connection, device: int) -> list[LiveSnapshot]:
    """Those that can be opened, oldest first."""
    return [LiveSnapshot(*row) for row in QUERIES.live_snapshots(connection, device=device)]


def by_id(connection: sqlite3.Connection, snapshot: SnapshotId) -> SnapshotRow | None:
    return _maybe(QUERIES.snapshot_by_id(connection, snapshot=snapshot))


def by_sequence(connection: sqlite3.Connection, device: int, sequence: int) -> SnapshotRow | None:
    return _maybe(QUERIES.snapshot_by_sequence(connection, device=device, sequence=sequence))


def at_moment(connection: sqlite3.Connection, device: int, moment_ns: int) -> SnapshotRow | None:
    """The newest one received at or before; those that have expired do not count."""
    return _maybe(QUERIES.snapshot_at(connection, device=device, moment=moment_ns))


def newest_live(connection: sqlite3.Connection, device: int) -> SnapshotRow | None:
    """The newest one that has not expired."""
    return _maybe(QUERIES.newest_live_snapshot(connection, device=device))


def first(connection: sqlite3.Connection, device: int) -> SnapshotRow | None:
    """The one received first of those that have not expired."""
    return _maybe(QUERIES.first_snapshot(connection, device=device))


def add_snapshot(
    connection: sqlite3.Connection,
    device: int,
    record: SnapshotRecord,
    snapshot: Snapshot,
    snapshot_id: SnapshotId,
    nodes: SnapshotNodes,
) -> None:
    totals = snapshot.totals
    QUERIES.insert_snapshot(
        connection,
        device=device,
        snapshot=snapshot_id,
        sequence=snapshot.sequence,
        started=snapshot.started_ns,
        finished=snapshot.finished_ns,
        received=record.received_ns,
        partial=int(snapshot.partial),
        root=nodes.root,
        settings=nodes.settings,
        report=nodes.report,
        files=totals.files,
        folders=totals.folders,
        bytes=totals.bytes,
        files_changed=totals.files_changed,
        bytes_read=totals.bytes_read,
        coverage_ppm=snapshot.coverage_ppm,
        problems=json.dumps(snapshot.problems),
        upload=record.upload,
        signed=record.signed,
        signature=record.signature,
    )
    if totals.files_changed:
        QUERIES.device_backed_up_a_file(connection, device=device, received=record.received_ns)


def expire(connection: sqlite3.Connection, device: int, sequence: int) -> None:
    """Only what the stub record holds stays."""
    QUERIES.expire_snapshot(connection, device=device, sequence=sequence)


def add_stub(connection: sqlite3.Connection, device: int, stub: StubRecord) -> None:
    QUERIES.insert_stub(
        connection,
        device=device,
        snapshot=stub.snapshot,
        sequence=stub.sequence,
        received=stub.received_ns,
        signature=stub.signature,
    )


def certificate(
    connection: sqlite3.Connection, device: int, serial: int
) -> tuple[bytes, int | None] | None:
    """A device's certificate, and when it was revoked."""
    row: Any = QUERIES.certificate_by_serial(connection, device=device, serial=serial)
    return None if row is None else (row["certificate"], row["revoked"])


def find_device(connection: sqlite3.Connection, device: DeviceId) -> DeviceIds | None:
    row: Any = QUERIES.device_ids(connection, device=device)
    return None if row is None else DeviceIds(*row)


def device_of(connection: sqlite3.Connection, number: int) -> DeviceIds:
    """The device that the catalog knows by this number."""
    return DeviceIds(*QUERIES.device_ids_by_number(connection, number=number))


def node_of(connection: sqlite3.Connection, number: int) -> NodeId:
    """The id of a node that a snapshot names by number."""
    return NodeId(QUERIES.node_id(connection, number=number))


def _maybe(row: Any) -> SnapshotRow | None:
    return None if row is None else _read(row)


_TOTALS = ("files", "folders", "bytes", "files_changed", "bytes_read")


def _read(row: Any) -> SnapshotRow:
    return SnapshotRow(
        number=row["number"],
        device=row["device"],
        snapshot=SnapshotId(row["snapshot"]),
        sequence=row["sequence"],
        started=row["started"],
        finished=row["finished"],
        received=row["received"],
        partial=bool(row["partial"]),
        expired=bool(row["expired"]),
        root=row["root"],
        report=row["report"],
        totals=Totals(*(row[name] for name in _TOTALS)),
        coverage_ppm=row["coverage_ppm"],
        problems=tuple((problem, count) for problem, count in json.loads(row["problems"])),
        signed=row["signed"],
        signature=row["signature"],
    )
