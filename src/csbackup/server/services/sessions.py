"""Sessions: signing in, and knowing callers by their tokens."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from csbackup.errors import NotFound, NotSignedIn, RequestError, StorageFull
from csbackup.format.ids import SHORT, AccountId, DeviceId
from csbackup.protocol import messages
from csbackup.rules.access import Caller, DeviceCaller, Person
from csbackup.rules.naming import folded, spelled
from csbackup.rules.visiting import Visit
from csbackup.server.catalog.database import QUERIES, Connection, Database, Row
from csbackup.server.services.account_checks import check_proof
from csbackup.server.services.account_rows import account_message
from csbackup.server.services.limits import SECOND, Limit, neighbourhood
from csbackup.server.services.tokens import DEVICE, SESSION, new_token, token_hash

BROWSER_IDLE_SECONDS = 60 * 60
BROWSER_SECONDS = 12 * 60 * 60
CLIENT_SECONDS = 60 * 60  # since its last use
CLIENT_LONGEST_SECONDS = 14 * 24 * 60 * 60  # since it began
_NOTED_EACH = 60 * SECOND  # last use and contact are kept to the minute: fewer writes
NOWHERE = Visit()
_NOBODY = b"\0" * 32  # the hash of no proof


@dataclass(frozen=True, slots=True)
class Started:
    """A session as it is told once: its token, and when it ends."""

    token: str
    expires: int
    account: messages.Account

    def message(self, *, with_token: bool) -> messages.Session:
        return messages.Session(self.token if with_token else "", self.expires, self.account)


class Sessions:
    def __init__(self, database: Database, *, failures_per_minute: int = 10) -> None:
        self._database = database
        each, all_accounts = failures_per_minute, 6 * failures_per_minute
        self._failures = Limit("wrong sign-ins", each, 60)  # for an address and account
        self._address_failures = Limit("wrong sign-ins", all_accounts, 60)  # for an address

    def sign_in(
        self, request: messages.SignIn, visit: Visit, now: int, *, browser: bool
    ) -> Started:
        row: Row | None = QUERIES.account_by_name(
            self._database.read(), name=spelled(request.account)
        )
        self.prove(request, row, visit.address, now)
        if row is None:
            raise NotSignedIn
        return self.start(row["number"], now, browser=browser, visit=visit)

    def prove(self, request: messages.SignIn, row: Row | None, address: str, now: int) -> None:
        """Check a proof, counting the wrong ones. Counted before it is checked and given back when
        it was right, so that guesses made at the same time count too."""
        if (request.auth is None) == (request.recovery_auth is None):
            raise RequestError("Give exactly one of `auth` and `recovery_auth`.")
        near = neighbourhood(address)
        key = (near, folded(request.account))
        self._failures.take(key, now)
        self._address_failures.take(near, now)
        if request.auth is not None:
            check_proof(request.auth, row["auth_hash"] if row else _NOBODY)
        if request.recovery_auth is not None:
            check_proof(request.recovery_auth, row["recovery_auth_hash"] if row else _NOBODY)
        self._failures.give_back(key)
        self._address_failures.give_back(near)

    def start(self, number: int, now: int, *, browser: bool, visit: Visit = NOWHERE) -> Started:
        """A new session of an account; those that ended long ago are forgotten."""
        token = new_token(SESSION)
        expires = now + (BROWSER_SECONDS if browser else CLIENT_SECONDS) * SECOND

        def change(connection: Connection) -> Row:
            QUERIES.session_sweep(
                connection, now=now, idle_since=now - BROWSER_IDLE_SECONDS * SECOND
            )
            QUERIES.session_add(
                connection,
                token_hash=token_hash(token),
                account=number,
                now=now,
                expires=expires,
                browser=int(browser),
                session=secrets.token_bytes(SHORT),
                program=visit.program,
                system=visit.system,
                address=visit.address,
            )
            QUERIES.account_signed_in(connection, number=number, now=now)
            row: Row = QUERIES.account_by_number(connection, number=number)
            return row

        return Started(token, expires, account_message(self._database.write(change)))

    def end(self, person: Person) -> None:
        def change(connection: Connection) -> None:
            QUERIES.session_end(connection, token_hash=person.session)

        self._database.write(change)

    def of_account(self, person: Person, now: int) -> messages.SessionList:
        """Where the account is signed in at this time."""
        rows = QUERIES.sessions_of_account(
            self._database.read(),
            account=person.number,
            now=now,
            idle_since=now - BROWSER_IDLE_SECONDS * SECOND,
        )
        return messages.SessionList(tuple(_info(row, person) for row in rows))

    def end_one(self, person: Person, session: bytes) -> None:
        """End one session of the account, which may be the one that asks."""

        def change(connection: Connection) -> int:
            ended: int = QUERIES.session_end_by_name(
                connection, account=person.number, session=session
            )
            return ended

        if not self._database.write(change):
            raise NotFound("There is no such session. It may have ended already.")

    def end_others(self, person: Person) -> None:
        def change(connection: Connection) -> None:
            QUERIES.session_end_others(connection, account=person.number, token_hash=person.session)

        self._database.write(change)

    def recognise(self, token: str, now: int) -> Caller:
        """Who shows this token; nobody when it is unknown, over or revoked."""
        if token.startswith(SESSION):
            return self._person(token_hash(token), now)
        if token.startswith(DEVICE):
            return self._device(token_hash(token), now)
        return None

    def _person(self, hashed: bytes, now: int) -> Person | None:
        row = QUERIES.session_by_hash(self._database.read(), token_hash=hashed)
        if row is None or now >= row["expires"]:
            return None
        idle = now - row["last_used"]
        if row["browser"] and idle > BROWSER_IDLE_SECONDS * SECOND:
            return None
        if idle > _NOTED_EACH:
            self._note(
                partial(
                    QUERIES.session_used,
                    token_hash=hashed,
                    now=now,
                    idle=CLIENT_SECONDS * SECOND,
                    longest=CLIENT_LONGEST_SECONDS * SECOND,
                )
            )
        browser = bool(row["browser"])
        return Person(row["number"], AccountId(row["account"]), row["role"], hashed, browser)

    def _device(self, hashed: bytes, now: int) -> DeviceCaller | None:
        row = QUERIES.device_by_token(self._database.read(), token_hash=hashed)
        if row is None:
            return None
        if now - (row["last_contact"] or 0) > _NOTED_EACH:
            self._note(partial(QUERIES.device_seen, number=row["number"], now=now))
        return DeviceCaller(
            row["account_number"],
            AccountId(row["account"]),
            row["number"],
            DeviceId(row["device"]),
            closing=bool(row["closing"]),
        )

    def _note(self, change: Callable[[Connection], object]) -> None:
        """Keep a time; on a full disk restoring must go on, so it is left out then."""
        with suppress(StorageFull):
            self._database.write(change)


def _info(row: Row, person: Person) -> messages.SessionInfo:
    return messages.SessionInfo(
        session=row["session"],
        program=row["program"],
        system=row["system"],
        address=row["address"],
        browser=bool(row["browser"]),
        created=row["created"],
        last_used=row["last_used"],
        expires=row["expires"],
        current=row["token_hash"] == person.session,
    )
