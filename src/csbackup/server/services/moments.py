"""Which snapshot of a device is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from csbackup.errors import NotFound
from csbackup.format.ids import NodeId
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.snapshots import SnapshotRow
from csbackup.server.services.node_reader import listing_missing


@dataclass(frozen=True, slots=True)
class Moment:
    """Which snapshot is meant: one by number, or the newest received at or before a time.

    Neither means the newest; the number goes before the time.
    """

    sequence: int | None = None
    at_ns: int | None = None


NEWEST = Moment()


def resolve(connection: Connection, device: int, moment: Moment) -> SnapshotRow:
    """The snapshot that a moment means; `NotFound` says why there is none."""
    if moment.sequence is not None:
        return _numbered(connection, device, moment.sequence)
    if moment.at_ns is None:
        row = snapshots.newest_live(connection, device)
        if row is None:
            raise NotFound("This device has no snapshot yet.")
        return row
    return _received_by(connection, device, moment.at_ns)


def node_named(connection: Connection, number: int | None) -> NodeId:
    """The node that a snapshot names by number."""
    if number is None:
        raise listing_missing()
    return snapshots.node_of(connection, number)


def _numbered(connection: Connection, device: int, sequence: int) -> SnapshotRow:
    row = snapshots.by_sequence(connection, device, sequence)
    if row is None:
        raise NotFound(f"This device has no snapshot {sequence}.")
    if row.expired:
        raise NotFound(f"Snapshot {sequence} has expired: its contents are no longer kept.")
    return row


def _received_by(connection: Connection, device: int, at_ns: int) -> SnapshotRow:
    row = snapshots.at_moment(connection, device, at_ns)
    if row is not None:
        return row
    first = snapshots.first(connection, device)
    if first is None:
        raise NotFound("This device has no snapshot yet.")
    raise NotFound(
        f"There is no snapshot from before {_text(at_ns)}; the first is of {_text(first.received)}."
    )


def _text(time_ns: int) -> str:
    """To the second, in UTC."""
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
