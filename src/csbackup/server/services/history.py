"""What was backed up when: snapshots, and folders as of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from csbackup.errors import Malformed, NotFound
from csbackup.format.ids import NodeId
from csbackup.format.tree import Report, ReportLine
from csbackup.protocol.messages import Listing, ProblemCount, SnapshotInfo, SnapshotList
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.catalog.snapshots import SnapshotRow
from csbackup.server.services.listing import TreeWalk
from csbackup.server.services.node_reader import NodeReader, listing_missing
from csbackup.server.store import Store

_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Moment:
    """Which snapshot is meant: one by number, or the newest received at or before a time.

    Neither means the newest; the number goes before the time.
    """

    sequence: int | None = None
    at_ns: int | None = None


NEWEST = Moment()


class History:
    """Answers what a device had, at any moment. The caller has checked who may ask."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def snapshots(self, device: int) -> SnapshotList:
        """Oldest first, stubs included."""
        rows = snapshots.snapshots_of(self._database.read(), device)
        return SnapshotList(tuple(_describe(row) for row in rows))

    def listing(
        self, device: int, moment: Moment, path: bytes, *, offset: int, limit: int
    ) -> Listing:
        """A folder at a moment; only the nodes on the way to it are read."""
        with self._database.steady() as connection:
            row = resolve(connection, device, moment)
            reader = self._reader(connection, device)
            walk = TreeWalk(reader, _node(connection, row.root))
            part = walk.folder(path, offset, limit)
        after = offset + len(part.entries)
        return Listing(
            snapshot=row.snapshot,
            sequence=row.sequence,
            received=row.received,
            path=path.decode(errors="replace"),
            path_bytes=path,
            entries=part.entries,
            total=part.total,
            next_offset=after if part.entries and after < part.total else None,
        )

    def report(self, device: int, moment: Moment) -> tuple[ReportLine, ...]:
        """The problems of the run that made a snapshot."""
        with self._database.steady() as connection:
            row = resolve(connection, device, moment)
            node = self._reader(connection, device).read(_node(connection, row.report))
        if not isinstance(node, Report):
            raise Malformed("A report", "something else is kept under its id")
        return node.lines

    def _reader(self, connection: Connection, device: int) -> NodeReader:
        ids = snapshots.device_of(connection, device)
        return NodeReader(connection, self._store, ids.account, ids.account_number)


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


def _node(connection: Connection, number: int | None) -> NodeId:
    if number is None:
        raise listing_missing()
    return snapshots.node_of(connection, number)


def _describe(row: SnapshotRow) -> SnapshotInfo:
    return SnapshotInfo(
        snapshot=row.snapshot,
        sequence=row.sequence,
        started=row.started,
        finished=row.finished,
        received=row.received,
        files=row.totals.files,
        folders=row.totals.folders,
        bytes=row.totals.bytes,
        files_changed=row.totals.files_changed,
        bytes_read=row.totals.bytes_read,
        coverage=row.coverage_ppm / _PPM,
        partial=row.partial,
        problems=tuple(ProblemCount(problem, count) for problem, count in row.problems),
        expired=row.expired,
        signed=row.signed,
        signature=row.signature,
    )
