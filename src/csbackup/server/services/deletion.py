"""Deleting an account: said beforehand, asked for with a proof, and taken back while it waits.

The record is the truth: as long as it is there, the account waits to be deleted. The catalog
follows.
"""

from __future__ import annotations

import threading

from csbackup.errors import Conflict, FormatError, NotSignedIn, RequestError
from csbackup.format.ids import AccountId
from csbackup.format.records import (
    DeletionRecord,
    deletion_record_name,
    read_deletion_record,
)
from csbackup.protocol import messages
from csbackup.rules.access import Person
from csbackup.rules.naming import folded
from csbackup.server.catalog.database import QUERIES, Connection, Database, Row
from csbackup.server.services.account_checks import check_proof
from csbackup.server.services.account_rows import account_message
from csbackup.server.services.limits import SECOND, Limit
from csbackup.server.store import Records

_DAY = 24 * 60 * 60 * SECOND


class Deletions:
    def __init__(
        self, database: Database, records: Records, changing: threading.Lock, *, days: int
    ) -> None:
        """`changing` is held by whoever changes an account's records; `days` it waits."""
        self._database = database
        self._records = records
        self._changing = changing
        self._days = days
        self._proofs = Limit("wrong passwords", 10, 60)

    def plan(self, person: Person) -> messages.Deletion:
        """What would go, or will go."""
        connection = self._database.read()
        row = self._row(person)
        belongings = QUERIES.account_belongings(connection, number=person.number)
        last = QUERIES.account_is_last_admin(connection, number=person.number)
        return messages.Deletion(
            due=row["closing"], days=self._days, last_admin=bool(last), **dict(belongings)
        )

    def ask(self, person: Person, request: messages.DeletionRequest, now: int) -> messages.Deletion:
        """From now on its devices are refused, and all other sessions have ended.

        Record first, then the catalog. A crash in between leaves a deletion that nobody was told
        of: `settle` makes the next start say so, and it can be taken back.
        """
        self._proofs.take(person.number, now)
        with self._changing:
            row = self._row(person)
            check_proof(request.proof, row["auth_hash"], row["recovery_auth_hash"])
            self._proofs.give_back(person.number)
            self._check(person, request, row)
            record = DeletionRecord(person.account, now, now + self._days * _DAY)
            self._records.write(record.account, record.file_name, record.encode())
            self._close(person.number, record.due_ns, others_than=person.session)
        return self.plan(person)

    def take_back(self, person: Person) -> messages.Account:
        """Keep the account: its devices go on. Harmless when nobody asked for its deletion.

        The record goes first. A crash in between leaves an account that seems to wait and does not;
        `settle` puts that right.
        """
        with self._changing:
            row = self._row(person)
            if row["closing"] is not None:
                self._records.remove(person.account, deletion_record_name(person.account))
                self._close(person.number, None)
        return account_message(self._row(person))

    def settle(self) -> None:
        """Once at start: the catalog says of every account what its record says."""
        due = {
            record.account: record.due_ns
            for account in self._records.accounts()
            if (record := find_deletion(self._records, account)) is not None
        }
        connection = self._database.read()
        known = {row["account"]: row for row in QUERIES.accounts_closing(connection)}
        for account in {*due, *known}:
            row = QUERIES.account_by_id(connection, account=account)
            if row is not None and row["closing"] != due.get(account):
                self._close(row["number"], due.get(account))

    def _check(self, person: Person, request: messages.DeletionRequest, row: Row) -> None:
        if folded(request.name) != folded(row["name"]):
            raise RequestError("That is not the name of this account. Nothing was changed.")
        if row["closing"] is not None:
            raise Conflict("This account waits to be deleted already.")
        if QUERIES.account_is_last_admin(self._database.read(), number=person.number):
            raise Conflict(
                "This is the last admin: the server would have none. Make another account an admin "
                "first, by `csb-server admin create NAME`."
            )

    def _close(self, number: int, due: int | None, *, others_than: bytes | None = None) -> None:
        def change(connection: Connection) -> None:
            QUERIES.account_set_closing(connection, number=number, closing=due)
            if others_than is not None:
                QUERIES.session_end_others(connection, account=number, token_hash=others_than)

        self._database.write(change)

    def _row(self, person: Person) -> Row:
        row: Row | None = QUERIES.account_by_number(self._database.read(), number=person.number)
        if row is None:
            raise NotSignedIn
        return row


def find_deletion(records: Records, account: AccountId) -> DeletionRecord | None:
    """The account's deletion, if one was asked for; one that cannot be read deletes nothing."""
    content = records.read(account, deletion_record_name(account))
    try:
        return None if content is None else read_deletion_record(content)
    except FormatError:
        return None


def is_erased(records: Records, account: AccountId) -> bool:
    """Whether what is left of an account is only waiting to be removed."""
    record = find_deletion(records, account)
    return record is not None and record.begun_ns > 0
