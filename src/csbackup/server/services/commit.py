"""Commits: what a device signed is checked, then published."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass

from csbackup.errors import Conflict, Forbidden, NotFound
from csbackup.format.ids import SnapshotId, UploadId, snapshot_id
from csbackup.format.records import SnapshotRecord
from csbackup.format.snapshot import read_snapshot
from csbackup.protocol.messages import Commit, Committed
from csbackup.rules.access import DeviceCaller
from csbackup.server.catalog import snapshots, uploads
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.services.adopting import adopt_orphans
from csbackup.server.services.publishing import Publication, Publisher, check_place
from csbackup.server.services.signatures import check_signed
from csbackup.server.store import Records, Store


@dataclass(frozen=True, slots=True)
class CommitResult:
    """`new`: False when this very snapshot was committed before."""

    committed: Committed
    new: bool


class Commits:
    """Makes snapshots visible, one at a time for each device."""

    def __init__(self, database: Database, store: Store, records: Records) -> None:
        self._database = database
        self._records = records
        self._publisher = Publisher(database, store, records)
        self._locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

    def commit(
        self, caller: DeviceCaller, upload: UploadId, message: Commit, now_ns: int
    ) -> CommitResult:
        """Make a snapshot visible; the same bytes again give the same answer.

        The lock holds from the first check to the end: of two commits of a device that race, the
        second sees the first, and does not write over its record.
        """
        with self._locks[caller.device_number]:
            before = self._committed_before(caller, snapshot_id(message.snapshot))
            if before is not None:
                return CommitResult(before, new=False)
            publication = self._checked(caller, upload, message, now_ns)
            self._publisher.publish(publication)
        committed = Committed(publication.id, publication.snapshot.sequence, now_ns)
        return CommitResult(committed, new=True)

    def adopt_orphans(self) -> list[str]:
        """Once at start: make visible what a crash left between record and catalog.

        Gives lines for the log, about what was adopted and what could not be.
        """
        return adopt_orphans(self._database, self._records, self._publisher)

    def _committed_before(self, caller: DeviceCaller, snapshot: SnapshotId) -> Committed | None:
        connection = self._database.read()
        row = snapshots.by_id(connection, snapshot)
        if row is None or row.device != caller.device_number:
            return None
        return Committed(row.snapshot, row.sequence, row.received)

    def _checked(
        self, caller: DeviceCaller, upload: UploadId, message: Commit, now_ns: int
    ) -> Publication:
        snapshot = read_snapshot(message.snapshot)
        if (snapshot.account, snapshot.device) != (caller.account, caller.device):
            raise Forbidden("The snapshot is one of another account or device.")
        connection = self._database.read()
        revoked = check_signed(
            connection, caller.device_number, snapshot, message.snapshot, message.signature
        )
        if revoked is not None:
            raise Forbidden("The snapshot is signed by keys that were revoked.")
        _check_upload(connection, caller, upload)
        record = SnapshotRecord(
            caller.device, snapshot.sequence, now_ns, upload, message.snapshot, message.signature
        )
        publication = Publication(caller, snapshot, record)
        check_place(snapshots.newest_snapshot(connection, caller.device_number), publication)
        return publication


def _check_upload(connection: Connection, caller: DeviceCaller, upload: UploadId) -> None:
    row = uploads.find_upload(connection, upload)
    if row is None or row.device != caller.device_number:
        raise NotFound("There is no such upload. Begin a new one.")
    if row.finished is not None:
        raise Conflict("This upload is finished. Begin a new one.")
