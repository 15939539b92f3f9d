"""What an admin sees of the server: accounts and totals."""

from __future__ import annotations

from pathlib import Path

from csbackup.protocol import messages
from csbackup.server.catalog.database import QUERIES, Database
from csbackup.server.store import Store


class Overview:
    def __init__(
        self, database: Database, store: Store, *, folder: Path, version: str, started: int
    ) -> None:
        self._database = database
        self._store = store
        self._folder = folder
        self._version = version
        self._started = started

    def accounts(self) -> messages.AccountList:
        rows = QUERIES.admin_accounts(self._database.read())
        return messages.AccountList(tuple(messages.AccountSummary(**dict(row)) for row in rows))

    def status(self) -> messages.ServerStatus:
        totals = QUERIES.admin_totals(self._database.read())
        return messages.ServerStatus(
            version=self._version,
            started=self._started,
            free_bytes=self._store.free_bytes(),
            data_folder=str(self._folder),
            **dict(totals),
        )
