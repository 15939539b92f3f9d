"""A new catalog out of packs and records: the old one is not looked at."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from csbackup.errors import FormatError
from csbackup.format.ids import AccountId
from csbackup.format.records import AccountRecord, read_account_record
from csbackup.server.catalog.database import CATALOG, Database
from csbackup.server.catalog.rebuilding import add_account, derive_uploads
from csbackup.server.durable import sync_folder
from csbackup.server.services.deletion import find_deletion
from csbackup.server.services.rebuild_devices import rebuild_devices
from csbackup.server.services.rebuild_orders import rebuild_orders
from csbackup.server.services.rebuild_packs import rebuild_packs
from csbackup.server.services.rebuild_scope import Scope, Tally
from csbackup.server.services.rebuild_settings import rebuild_settings
from csbackup.server.services.rebuild_snapshots import rebuild_snapshots
from csbackup.server.services.rollout_rows import bring_back_rollouts
from csbackup.server.store import Records, Store
from csbackup.server.store.server_records import ServerRecords

_NEW = f"{CATALOG}.new"
_BESIDE = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What the new catalog knows, and what is missing or damaged."""

    accounts: int
    devices: int
    packs: int
    snapshots: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    packs: int
    packs_total: int


def needs_rebuild(data: Path) -> bool:
    """Whether records are here and the catalog is not: never start on an empty one then."""
    records, catalog = data / "records", data / CATALOG
    has_records = records.is_dir() and any(records.iterdir())
    return has_records and not (catalog.exists() and catalog.stat().st_size)


def rebuild(
    data: Path,
    store: Store,
    records: Records,
    *,
    now_ns: int,
    progress: Callable[[RebuildProgress], None] | None = None,
) -> RebuildReport:
    """Make the catalog anew; the caller holds the folder's lock.

    The new catalog is written beside the old one, closed and fsynced. Then the old one goes, then
    the new one gets its name. A crash before leaves the old one; in between none, which
    `needs_rebuild` notices: nothing is lost, since all of it is made anew.
    Sessions and invitations end; the tokens of devices hold, since their records have them.
    """
    total = sum(1 for account in store.accounts() for _ in store.packs(account))

    def tell(packs: int) -> None:
        if progress is not None:
            progress(RebuildProgress(packs, total))

    _remove(data, _NEW)
    database = Database(data / _NEW)
    try:
        tally = _fill(database, store, records, Tally(tell), now_ns)
        tally.problems.extend(bring_back_rollouts(database, ServerRecords(data)))
    finally:
        database.close()
    _swap_in(data)
    problems = tuple(tally.problems)
    return RebuildReport(tally.accounts, tally.devices, tally.packs, tally.snapshots, problems)


def _fill(database: Database, store: Store, records: Records, tally: Tally, now_ns: int) -> Tally:
    for account in sorted({*records.accounts(), *store.accounts()}):
        deletion = find_deletion(records, account)
        if deletion is not None and deletion.begun_ns:
            continue  # the next start removes what is left of it
        record = _account_record(records, account, tally)
        if record is None:
            continue
        due_ns = None if deletion is None else deletion.due_ns
        number, name = database.write(partial(add_account, record=record, closing=due_ns))
        tally.accounts += 1
        if name != record.name:
            tally.problems.append(f"The name {record.name} was taken; the account is now {name}.")
        scope = Scope(database, store, records, account, number, tally)
        rebuild_devices(scope)
        rebuild_settings(scope)
        rebuild_packs(scope)
        rebuild_snapshots(scope)
        rebuild_orders(scope, now_ns)
    database.write(lambda connection: derive_uploads(connection, now_ns))
    return tally


def _account_record(records: Records, account: AccountId, tally: Tally) -> AccountRecord | None:
    """The record with the highest epoch that can be read."""
    names = [name for name in records.names(account) if name.startswith("account-")]
    for name in reversed(names):
        try:
            return read_account_record(records.read(account, name) or b"")
        except FormatError as problem:
            tally.problems.append(f"records/{account.hex()}/{name}: {problem}")
    tally.problems.append(
        f"Account {account.hex()} has no record that can be read: what it stored stays, unlisted."
    )
    return None


def _swap_in(data: Path) -> None:
    """The old catalog's log must never meet the new catalog, so all of the old goes first."""
    descriptor = os.open(data / _NEW, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _remove(data, CATALOG)
    (data / _NEW).replace(data / CATALOG)
    sync_folder(data)


def _remove(data: Path, name: str) -> None:
    for ending in _BESIDE:
        (data / f"{name}{ending}").unlink(missing_ok=True)
    sync_folder(data)
