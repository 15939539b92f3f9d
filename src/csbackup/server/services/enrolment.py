"""Enrolling devices, letting new keys speak for them, and revoking them.

A device's record is written before the catalog. A crash in between leaves a certificate that was
never acknowledged and whose token nobody has: the person enrols again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from csbackup.errors import AccountClosing, Conflict, NameTaken, NotFound, RequestError
from csbackup.format.ids import AccountId, DeviceId
from csbackup.format.keys import check_signature
from csbackup.format.records import DeviceRecord
from csbackup.format.snapshot import POWER_PUT, SIGN_CERTIFICATE, Certificate, read_certificate
from csbackup.protocol import messages
from csbackup.rules.access import Person
from csbackup.rules.naming import checked_name, shortened
from csbackup.server.catalog.database import QUERIES, Connection, Database, Row
from csbackup.server.catalog.recorded import insert_certificate
from csbackup.server.services.tokens import DEVICE, new_token, token_hash
from csbackup.server.store.records import Records


@dataclass(frozen=True, slots=True)
class _Enrolment:
    """An enrolment whose certificate holds."""

    person: Person
    request: messages.DeviceEnrolment
    certificate: Certificate
    name: str
    token: str
    now: int

    def record(self, created: int) -> DeviceRecord:
        return DeviceRecord(
            device=self.certificate.device,
            name=self.name,
            os=shortened(self.request.os),
            created_ns=created,
            serial=self.certificate.serial,
            certificate=self.request.certificate,
            signature=self.request.signature,
            token_hash=token_hash(self.token),
        )


class Enrolments:
    def __init__(self, database: Database, records: Records) -> None:
        self._database = database
        self._records = records
        self._changing = threading.Lock()  # record and catalog together

    def enrol(
        self, person: Person, request: messages.DeviceEnrolment, now: int
    ) -> messages.DeviceToken:
        """Make a device known, or let a new key speak for it (`take_over`); its token, told once.

        The very same enrolment may be sent again when the answer was lost: it gets a new token.
        """
        name = checked_name(request.name, "The device")
        certificate = self._check_certificate(person, request)
        enrolment = _Enrolment(person, request, certificate, name, new_token(DEVICE), now)
        with self._changing:
            known = self._row_of(request.device)
            self._check_name(person, name, known)
            if known is None:
                self._add(enrolment)
            else:
                self._go_on(enrolment, known)
        return messages.DeviceToken(enrolment.token)

    def rename(self, person: Person, device: bytes, request: messages.DeviceChange) -> None:
        """Give a device another name, by which people know it from now on.

        The record of its newest certificate says what it is called. The device is not told: its
        own settings keep the name that it enrolled with.
        """
        name = checked_name(request.name, "The device")

        def change(connection: Connection) -> None:
            QUERIES.device_rename(connection, number=row["number"], name=name)

        with self._changing:
            row = self._own(person, device)
            self._check_name(person, name, row)
            for certificate in self._certificates(row)[-1:]:  # none: its records were lost
                record = _record(row, certificate, name=name)
                self._records.write(person.account, record.file_name, record.encode())
            self._database.write(change)

    def revoke(self, person: Person, device: bytes, now: int) -> None:
        """End a device's token for ever. What it backed up stays."""

        def change(connection: Connection) -> None:
            QUERIES.device_revoke(connection, number=row["number"], now=now)
            QUERIES.certificate_revoke_all(connection, device=row["number"], now=now)

        with self._changing:
            row = self._own(person, device)
            if row["revoked"] is None:
                self._write_revocations(row, now)
                self._database.write(change)

    def _check_certificate(self, person: Person, request: messages.DeviceEnrolment) -> Certificate:
        account = QUERIES.account_by_number(self._database.read(), number=person.number)
        if account["closing"] is not None:
            raise AccountClosing
        what = "the device's certificate"
        public = account["account_public"]
        check_signature(public, SIGN_CERTIFICATE, request.certificate, request.signature, what)
        certificate = read_certificate(request.certificate)
        if (certificate.account, certificate.device) != (person.account, request.device):
            raise RequestError("The certificate is for another account or device.")
        if certificate.powers != (POWER_PUT,):
            raise RequestError("The certificate gives powers that devices cannot have.")
        return certificate

    def _check_name(self, person: Person, name: str, known: Row | None) -> None:
        named = QUERIES.device_by_name(self._database.read(), account=person.number, name=name)
        if named is not None and (known is None or named["number"] != known["number"]):
            raise NameTaken(
                f"You have a device called `{name}` already. Choose another name, or go on with "
                "that one by --take-over."
            )

    def _add(self, enrolment: _Enrolment) -> None:
        if enrolment.request.take_over:
            raise _no_such_device()
        if enrolment.certificate.serial != 1:
            raise Conflict("The certificate of a new device has serial 1.")
        record = enrolment.record(enrolment.now)

        def change(connection: Connection) -> None:
            number = QUERIES.device_add(
                connection,
                device=record.device,
                account=enrolment.person.number,
                name=record.name,
                os=record.os,
                version=shortened(enrolment.request.version),
                now=enrolment.now,
            )
            insert_certificate(connection, number, record)

        self._records.write(enrolment.person.account, record.file_name, record.encode())
        self._database.write(change)

    def _go_on(self, enrolment: _Enrolment, known: Row) -> None:
        if known["account"] != enrolment.person.number:
            raise Conflict("There is a device with this id already. Enrol anew.")
        if known["revoked"] is not None:
            raise Conflict("This device is revoked. Enrol a new one.")
        if self._is_current(enrolment, known):
            self._tell_anew(enrolment, known)
        elif not enrolment.request.take_over:
            raise Conflict("This device is enrolled already. Go on with it by --take-over.")
        elif enrolment.certificate.serial != known["serial"] + 1:
            raise Conflict(f"The certificate must have serial {known['serial'] + 1}.")
        else:
            self._take_over(enrolment, known)

    def _is_current(self, enrolment: _Enrolment, known: Row) -> bool:
        newest: bytes = self._certificates(known)[-1]["certificate"]
        return newest == enrolment.request.certificate

    def _tell_anew(self, enrolment: _Enrolment, known: Row) -> None:
        record = replace(enrolment.record(known["created"]), name=known["name"])

        def change(connection: Connection) -> None:
            QUERIES.certificate_new_token(
                connection,
                device=known["number"],
                serial=record.serial,
                token_hash=record.token_hash,
            )

        self._records.write(enrolment.person.account, record.file_name, record.encode())
        self._database.write(change)

    def _take_over(self, enrolment: _Enrolment, known: Row) -> None:
        record = enrolment.record(known["created"])

        def change(connection: Connection) -> None:
            QUERIES.certificate_revoke_all(connection, device=known["number"], now=enrolment.now)
            QUERIES.device_enrolled_anew(
                connection,
                number=known["number"],
                name=record.name,
                os=record.os,
                version=shortened(enrolment.request.version),
                serial=record.serial,
                now=enrolment.now,
            )
            insert_certificate(connection, known["number"], record)

        self._write_revocations(known, enrolment.now)
        self._records.write(enrolment.person.account, record.file_name, record.encode())
        self._database.write(change)

    def _write_revocations(self, row: Row, now: int) -> None:
        for certificate in self._certificates(row):
            if certificate["revoked"] is None:
                record = _record(row, certificate, revoked_ns=now)
                self._records.write(AccountId(row["account_id"]), record.file_name, record.encode())

    def _certificates(self, row: Row) -> list[Row]:
        return list(QUERIES.certificates_of(self._database.read(), device=row["number"]))

    def _row_of(self, device: bytes) -> Row | None:
        found: Row | None = QUERIES.device_by_id(self._database.read(), device=device)
        return found

    def _own(self, person: Person, device: bytes) -> Row:
        row = self._row_of(device)
        if row is None or row["account"] != person.number:
            raise _no_such_device()
        return row


def _record(
    row: Row, certificate: Row, *, name: str = "", revoked_ns: int | None = None
) -> DeviceRecord:
    """The record of a certificate as it is, but for what is given."""
    return DeviceRecord(
        device=DeviceId(row["device"]),
        name=name or row["name"],
        os=row["os"],
        created_ns=row["created"],
        serial=certificate["serial"],
        certificate=certificate["certificate"],
        signature=certificate["signature"],
        token_hash=certificate["token_hash"],
        revoked_ns=revoked_ns or certificate["revoked"] or 0,
    )


def _no_such_device() -> NotFound:
    return NotFound("There is no such device.")
