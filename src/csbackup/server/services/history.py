"""What was backed up when: snapshots, and folders as of a moment."""

from __future__ import annotations

from csbackup.errors import Malformed
from csbackup.format.tree import Report, ReportLine
from csbackup.protocol.messages import (
    Listing,
    ProblemCount,
    ReportEntry,
    ReportPage,
    SnapshotInfo,
    SnapshotList,
)
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.catalog.snapshots import SnapshotRow
from csbackup.server.services.listing import TreeWalk
from csbackup.server.services.moments import Moment, node_named, resolve
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.sorting import AS_KEPT, Order
from csbackup.server.services.trees import shown
from csbackup.server.store import Store

_PPM = 1_000_000


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
        self,
        device: int,
        moment: Moment,
        path: bytes,
        *,
        offset: int,
        limit: int,
        order: Order = AS_KEPT,
    ) -> Listing:
        """A folder at a moment; as it is kept, only the nodes on the way to it are read."""
        with self._database.steady() as connection:
            row = resolve(connection, device, moment)
            reader = self._reader(connection, device)
            walk = TreeWalk(reader, node_named(connection, row.root))
            part = walk.folder(path, offset, limit, order)
        after = offset + len(part.entries)
        return Listing(
            snapshot=row.snapshot,
            sequence=row.sequence,
            received=row.received,
            path=path.decode(errors="replace"),
            path_bytes=path,
            entries=part.entries,
            total=part.total,
            next_offset=after if part.entries and after < part.end else None,
        )

    def report(self, device: int, moment: Moment, *, offset: int, limit: int) -> ReportPage:
        """The problems of the run that made a snapshot."""
        with self._database.steady() as connection:
            row = resolve(connection, device, moment)
            node = self._reader(connection, device).read(node_named(connection, row.report))
        if not isinstance(node, Report):
            raise Malformed("A report", "something else is kept under its id")
        page = node.lines[offset : offset + limit]
        after = offset + len(page)
        return ReportPage(
            lines=tuple(map(_describe_line, page)),
            total=len(node.lines),
            next_offset=after if page and after < len(node.lines) else None,
        )

    def _reader(self, connection: Connection, device: int) -> NodeReader:
        ids = snapshots.device_of(connection, device)
        return NodeReader(connection, self._store, ids.account, ids.account_number)


def _describe_line(line: ReportLine) -> ReportEntry:
    return ReportEntry(line.problem, shown(line.path), line.path, line.message)


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
