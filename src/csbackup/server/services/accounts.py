"""Accounts: registering, and changing what unlocks them.

An account's record is written before the catalog. A crash in between leaves a record of a state
that was never acknowledged: the catalog does not know it, and the next change replaces it.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from csbackup.errors import Conflict, NameTaken, NotSignedIn, RegistrationClosed
from csbackup.format.ids import SHORT, AccountId
from csbackup.format.keys import FLOOR, KdfParameters
from csbackup.format.records import AccountRecord
from csbackup.protocol import messages
from csbackup.rules.access import Person, may_register, read_ip
from csbackup.rules.naming import checked_name, folded, spelled
from csbackup.server.catalog.database import QUERIES, Connection, Database, Row
from csbackup.server.catalog.recorded import insert_account
from csbackup.server.services.account_checks import (
    check_password_change,
    check_proof,
    check_recovery_change,
    check_registration,
)
from csbackup.server.services.account_rows import account_message, account_record
from csbackup.server.services.deletion import find_deletion
from csbackup.server.services.invitations import read_invitation
from csbackup.server.services.limits import Limit, neighbourhood
from csbackup.server.services.tokens import proof_hash, token_hash
from csbackup.server.store.records import Records


@dataclass(frozen=True, slots=True)
class Registering:
    """Who may register, what a new account gets, how often one address may."""

    policy: str = "local"
    quota_bytes: int = 0
    most_per_hour: int = 60


class Accounts:
    def __init__(
        self,
        database: Database,
        records: Records,
        registering: Registering,
        secret: bytes,
        changing: threading.Lock,
    ) -> None:
        """`secret` makes the answers about unknown accounts; `changing` is held by whoever
        changes an account's record and its row, one at a time."""
        self._database = database
        self._records = records
        self._registering = registering
        self._registrations = Limit("registrations", registering.most_per_hour, 3600)
        self._proofs = Limit("wrong passwords", 10, 60)
        self._secret = secret
        self._changing = changing

    def kdf(self, request: messages.KdfRequest) -> messages.KdfAnswer:
        """How to stretch a password; who asks cannot tell whether the account exists."""
        row = self._by_name(request.account)
        if row is not None:
            return messages.KdfAnswer(row["account"], row["kdf"], row["epoch"])
        name = folded(request.account)
        salt = self._made_up("salt", name)
        parameters = KdfParameters(salt, FLOOR.memory_kib, FLOOR.passes, FLOOR.lanes)
        return messages.KdfAnswer(self._made_up("account", name), parameters.encode(), 1)

    def may_register(self, address: str) -> bool:
        return may_register(self._registering.policy, address)

    def needs_admin(self) -> bool:
        return not QUERIES.account_count_admins(self._database.read())["admins"]

    def register(self, request: messages.Registration, address: str, now: int) -> int:
        """Make the account; the number the catalog gives it."""
        if not request.invitation and not self.may_register(address):
            raise RegistrationClosed(_why_closed(address))
        self._registrations.take(neighbourhood(address), now)
        name = checked_name(request.name, "The account")
        check_registration(request)
        with self._changing:
            role = self._role_of_new(request, name, now)
            record = self._new_record(request, name, role, now)
            self._records.write(record.account, record.file_name, record.encode())
            return self._database.write(
                lambda connection: _add(connection, record, request.invitation)
            )

    def account(self, person: Person) -> messages.Account:
        return account_message(self._row(person.number))

    def change_password(
        self, person: Person, request: messages.PasswordChange, now: int
    ) -> messages.Account:
        """Only the new password unlocks from now on; every other session ends."""
        check_password_change(request)
        self._proofs.take(person.number, now)
        new: dict[str, Any] = {
            "epoch": request.epoch,
            "kdf": request.kdf,
            "auth_hash": proof_hash(request.auth),
            "wrap_password": request.wrap_password,
        }

        def change(connection: Connection) -> None:
            QUERIES.account_set_password(connection, number=person.number, **new)
            QUERIES.session_end_others(connection, account=person.number, token_hash=person.session)

        with self._changing:
            row = self._row(person.number)
            check_proof(request.proof, row["auth_hash"], row["recovery_auth_hash"])
            self._proofs.give_back(person.number)
            if request.epoch != row["epoch"] + 1:
                raise Conflict("The password was changed meanwhile. Sign in again.")
            self._carry_out(row, new, change)
            self._forget_records_before(row["account"], request.epoch)
        return self.account(person)

    def change_recovery(
        self, person: Person, request: messages.RecoveryChange, now: int
    ) -> messages.Account:
        """Only the new recovery key unlocks from now on."""
        check_recovery_change(request)
        self._proofs.take(person.number, now)
        new: dict[str, Any] = {
            "recovery_auth_hash": proof_hash(request.recovery_auth),
            "wrap_recovery": request.wrap_recovery,
        }

        def change(connection: Connection) -> None:
            QUERIES.account_set_recovery(connection, number=person.number, **new)

        with self._changing:
            row = self._row(person.number)
            check_proof(request.proof, row["auth_hash"])
            self._proofs.give_back(person.number)
            self._carry_out(row, new, change)
        return self.account(person)

    def make_admin(self, name: str) -> bool:
        """Give an account the role of an admin; False when there is no such account."""

        def change(connection: Connection) -> None:
            QUERIES.account_set_role(connection, number=number, role="admin")

        with self._changing:
            row = self._by_name(name)
            if row is None:
                return False
            number = row["number"]
            self._carry_out(row, {"role": "admin"}, change)
        return True

    def _by_name(self, name: str) -> Row | None:
        found: Row | None = QUERIES.account_by_name(self._database.read(), name=spelled(name))
        return found

    def _row(self, number: int) -> Row:
        row: Row | None = QUERIES.account_by_number(self._database.read(), number=number)
        if row is None:
            raise NotSignedIn
        return row

    def _made_up(self, what: str, name: str) -> bytes:
        message = f"{what}\0{name}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).digest()[:SHORT]

    def _role_of_new(self, request: messages.Registration, name: str, now: int) -> str:
        """The role of an account that may be made; raises when name, id or code do not allow it."""
        connection = self._database.read()
        role = "user"
        if request.invitation:
            role = read_invitation(connection, request.invitation, name, now).role
        if QUERIES.account_by_name(connection, name=name):
            raise NameTaken(f"There is an account `{name}` already. Choose another name.")
        known = QUERIES.account_by_id(connection, account=request.account_id)
        if known or find_deletion(self._records, AccountId(request.account_id)):
            raise Conflict("There is an account with this id already. Register anew.")
        return role

    def _new_record(
        self, request: messages.Registration, name: str, role: str, now: int
    ) -> AccountRecord:
        return AccountRecord(
            account=AccountId(request.account_id),
            epoch=1,
            name=name,
            role=role,
            created_ns=now,
            kdf=request.kdf,
            auth_hash=proof_hash(request.auth),
            recovery_auth_hash=proof_hash(request.recovery_auth),
            wrap_password=request.wrap_password,
            wrap_recovery=request.wrap_recovery,
            sealing_public=request.sealing_public,
            account_public=request.account_public,
            quota_bytes=self._registering.quota_bytes,
        )

    def _carry_out(
        self, row: Row, new: dict[str, Any], change: Callable[[Connection], None]
    ) -> None:
        """Record first, then the catalog. A crash in between leaves the old state in the catalog:
        nothing was acknowledged, and the old password still unlocks."""
        record = account_record(row, new)
        self._records.write(record.account, record.file_name, record.encode())
        self._database.write(change)

    def _forget_records_before(self, account: AccountId, epoch: int) -> None:
        """Old records hold old wraps, which an old password still opens."""
        newest = f"account-{epoch:08d}"
        for name in self._records.names(account):
            if name.startswith("account-") and name < newest:
                self._records.remove(account, name)


def _why_closed(address: str) -> str:
    closed = "This server does not take registrations from here."
    if read_ip(address) is not None:
        return closed
    return f"{closed} Something passes requests on, and it cannot be told from where they come."


def _add(connection: Connection, record: AccountRecord, code: str) -> int:
    if code:
        QUERIES.invitation_use(connection, code_hash=token_hash(code), now=record.created_ns)
    return insert_account(connection, record, record.name)
