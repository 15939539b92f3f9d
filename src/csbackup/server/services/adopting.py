"""Snapshots whose record is durable while the catalog does not know them: a crash came between.

Such a snapshot was not acknowledged, or the catalog is an older copy: it cannot be told which, so
the snapshot is made visible, as long as it is whole. What cannot be adopted stays as a file.
"""

from __future__ import annotations

from collections.abc import Iterator

from csbackup.errors import CsbError
from csbackup.format.ids import SHORT, AccountId, DeviceId
from csbackup.format.records import SnapshotRecord, read_snapshot_record
from csbackup.format.snapshot import read_snapshot
from csbackup.rules.access import DeviceCaller
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.services.deletion import is_erased
from csbackup.server.services.publishing import Publication, Publisher, check_place
from csbackup.server.services.signatures import check_signed
from csbackup.server.store import Records


def adopt_orphans(database: Database, records: Records, publisher: Publisher) -> list[str]:
    """Lines for the log, about what was adopted and what could not be."""
    lines = []
    for account in records.accounts():
        if is_erased(records, account):
            continue
        for name in _orphans(database, records, account):
            try:
                _adopt(database, records, publisher, account, name)
                lines.append(f"Adopted {name}: a crash had come between record and catalog.")
            except CsbError as problem:
                lines.append(
                    f"{name} is not in the catalog and cannot be adopted: {problem} "
                    "If this catalog is an older copy, run `csb-server rebuild`."
                )
    return lines


def _orphans(database: Database, records: Records, account: AccountId) -> Iterator[str]:
    """The names of snapshot records that are newer than the catalog's newest, in order."""
    newest: dict[str, int] = {}
    for name in records.names(account):
        word, _, rest = name.partition("-")
        device, _, sequence = rest.partition("-")
        if word != "snapshot" or len(device) != 2 * SHORT:
            continue
        if device not in newest:
            newest[device] = _newest_sequence(database.read(), device)
        if int(sequence) > newest[device]:
            yield name


def _newest_sequence(connection: Connection, device: str) -> int:
    found = snapshots.find_device(connection, DeviceId(bytes.fromhex(device)))
    return 0 if found is None else snapshots.newest_snapshot(connection, found.number).sequence


def _adopt(
    database: Database, records: Records, publisher: Publisher, account: AccountId, name: str
) -> None:
    record = read_snapshot_record(records.read(account, name) or b"")
    connection = database.read()
    caller = _caller(connection, record)
    snapshot = read_snapshot(record.signed)
    check_signed(connection, caller.device_number, snapshot, record.signed, record.signature)
    publication = Publication(caller, snapshot, record)
    check_place(snapshots.newest_snapshot(connection, caller.device_number), publication)
    publisher.publish(publication)


def _caller(connection: Connection, record: SnapshotRecord) -> DeviceCaller:
    ids = snapshots.find_device(connection, record.device)
    if ids is None:
        raise CsbError("The catalog does not know its device.")
    return DeviceCaller(ids.account_number, ids.account, ids.number, ids.device)
