"""Removing the accounts whose deletion is due, for good."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from csbackup.format.ids import AccountId
from csbackup.format.records import DeletionRecord
from csbackup.server.catalog.database import QUERIES, Database
from csbackup.server.catalog.erasing import erase_batch
from csbackup.server.services.deletion import find_deletion
from csbackup.server.store import Records, Store


class Stopped(Exception):
    """The server ends: the rest is removed after its next start."""


class Eraser:
    def __init__(
        self, database: Database, store: Store, records: Records, changing: threading.Lock
    ) -> None:
        """`changing` is held by whoever changes an account's records."""
        self._database = database
        self._store = store
        self._records = records
        self._changing = changing
        self._stopping = threading.Event()

    def erase_due(self, now: int) -> Iterator[str]:
        """Remove every account that is due, and what is left of those removed before.

        Gives lines for the log, as it goes. What is left: a crash came in between, an upload was
        on its way, or an older copy of the catalog was put back.
        """
        for account in self._records.accounts():
            record = self._begun(account, now)
            if record is None or not self._is_left(record):
                continue
            try:
                self._erase(record)
            except Stopped:
                return
            yield f"Account {account.hex()} is deleted, with everything it stored."

    def stop(self) -> None:
        """Let `erase_due` end soon, from another thread."""
        self._stopping.set()

    def _begun(self, account: AccountId, now: int) -> DeletionRecord | None:
        """The deletion that is due, from now on beyond taking back."""
        with self._changing:
            record = find_deletion(self._records, account)
            if record is None or (not record.begun_ns and now < record.due_ns):
                return None
            if not record.begun_ns:
                record = replace(record, begun_ns=now)
                self._records.write(account, record.file_name, record.encode())
            return record

    def _is_left(self, record: DeletionRecord) -> bool:
        return (
            self._number(record.account) is not None
            or self._records.names(record.account) != [record.file_name]
            or next(self._store.packs(record.account), None) is not None
        )

    def _erase(self, record: DeletionRecord) -> None:
        """The record of the deletion says that it has begun: after a crash at any point the next
        start goes on, and `rebuild` leaves the account out.

        1. The other records: with the wrapped keys the last means to open the contents is gone.
        2. The catalog, batch by batch. Nobody lists what is about to go.
        3. The packs.

        The record itself stays: an old copy of the catalog cannot bring the account back.
        """
        self._records.clear(record.account, keep=record.file_name)
        number = self._number(record.account)
        while number is not None and self._database.write(partial(erase_batch, account=number)):
            if self._stopping.is_set():
                raise Stopped
        self._store.clear(record.account)

    def _number(self, account: AccountId) -> int | None:
        row = QUERIES.account_by_id(self._database.read(), account=account)
        return None if row is None else row["number"]
