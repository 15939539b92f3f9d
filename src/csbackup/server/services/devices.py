"""Devices: who may look into them, and what is shown of them."""

from __future__ import annotations

import json
from collections.abc import Callable

from csbackup.errors import NotFound
from csbackup.format.ids import DeviceId
from csbackup.protocol import messages
from csbackup.rules.access import DeviceCaller, Person, may_see_device
from csbackup.rules.attention import OVERDUE_AFTER_SECONDS, DeviceFacts, judge_device
from csbackup.rules.naming import shortened
from csbackup.server.catalog.database import QUERIES, Connection, Database, Row
from csbackup.server.services.limits import SECOND

_LONGEST_REASON = 1000
_UPLOAD_IS_RUNNING = 5 * 60 * SECOND  # an upload that was heard of within this


class Devices:
    def __init__(
        self,
        database: Database,
        *,
        heads: Callable[[int], tuple[messages.DeviceHead, ...]],
        release_for: Callable[[DeviceCaller, int], str | None],
        overdue_after_seconds: int = OVERDUE_AFTER_SECONDS,
    ) -> None:
        self._database = database
        self._heads = heads
        self._release_for = release_for
        self._overdue_after_seconds = overdue_after_seconds

    def certificates(
        self, caller: Person | DeviceCaller, device: bytes
    ) -> messages.CertificateList:
        number = self.visible(caller, device)
        rows = QUERIES.certificates_of(self._database.read(), device=number)
        return messages.CertificateList(
            tuple(
                messages.CertificateInfo(
                    row["serial"], row["certificate"], row["signature"], row["revoked"]
                )
                for row in rows
            )
        )

    def visible(self, caller: Person | DeviceCaller, device: bytes) -> int:
        """The catalog's number of a device whose listings the caller may read; else `NotFound`."""
        row = self._row_of(device)
        if row is None or not may_see_device(
            caller, owner=row["account"], device=DeviceId(row["device"])
        ):
            raise _no_such_device()
        number: int = row["number"]
        return number

    def number_of(self, device: bytes) -> int:
        """The catalog's number of a device, for who may see them all."""
        row = self._row_of(device)
        if row is None:
            raise _no_such_device()
        number: int = row["number"]
        return number

    def check_in(
        self, caller: DeviceCaller, request: messages.CheckIn, now: int
    ) -> messages.CheckInAnswer:
        def change(connection: Connection) -> None:
            QUERIES.device_checked_in(
                connection,
                number=caller.device_number,
                os=shortened(request.os),
                version=shortened(request.version),
                state=request.state,
                now=now,
            )
            _note_updates(connection, caller.device_number, request)

        self._database.write(change)
        orders = QUERIES.orders_alive_count_of_device(
            self._database.read(), device=caller.device_number, now=now
        )
        settings = QUERIES.settings_revision(self._database.read(), device=caller.device_number)
        heads = self._heads(caller.account_number)
        release = self._release_for(caller, now)
        return messages.CheckInAnswer(now, heads, (), orders, settings, release)

    def of_account(self, number: int, now: int) -> messages.DeviceList:
        return self._overview(number, now)

    def all(self, now: int) -> messages.DeviceList:
        return self._overview(0, now)

    def _overview(self, account: int, now: int) -> messages.DeviceList:
        rows = QUERIES.device_overview(self._database.read(), account=account)
        return messages.DeviceList(tuple(self._device(row, now) for row in rows))

    def _device(self, row: Row, now: int) -> messages.Device:
        facts = _facts(row, now)
        after = self._overdue_after_seconds
        verdict = judge_device(facts, now=now, overdue_after_seconds=after)
        return messages.Device(
            device=row["device"],
            account=row["account_name"],
            name=row["name"],
            os=row["os"],
            version=row["version"],
            created=row["created"],
            serial=row["serial"],
            revoked=row["revoked"],
            last_contact=_last_contact(row),
            last_file_backed_up=row["last_file_backed_up"],
            last_snapshot=row["last_snapshot"],
            snapshots=row["snapshots"],
            files=row["files"] or 0,
            bytes=row["bytes"] or 0,
            stored_bytes=row["stored_bytes"],
            coverage=facts.coverage,
            problems=facts.problems,
            state=verdict.state,
            reason=verdict.reason,
            overdue_after_seconds=after,
        )

    def _row_of(self, device: bytes) -> Row | None:
        found: Row | None = QUERIES.device_by_id(self._database.read(), device=device)
        return found


def _note_updates(connection: Connection, device: int, request: messages.CheckIn) -> None:
    """What is not said stays as it was: not everything that checks in knows of updates."""
    if request.target:
        target = shortened(request.target)
        QUERIES.device_said_target(connection, number=device, target=target)
    report = request.update
    if report is not None:
        QUERIES.device_said_update(
            connection,
            number=device,
            state=report.state,
            version=shortened(report.version),
            code=shortened(report.code),
            reason=report.reason[:_LONGEST_REASON],
        )


def _facts(row: Row, now: int) -> DeviceFacts:
    contact, snapshot = row["last_contact"], row["last_snapshot"]
    uploading = (row["upload_contact"] or 0) > now - _UPLOAD_IS_RUNNING
    said = row["state"] == "running" and (contact or 0) > (snapshot or 0)
    counts = json.loads(row["problems"]) if row["problems"] else []
    ppm = row["coverage_ppm"]
    return DeviceFacts(
        created=row["created"],
        revoked=row["revoked"],
        last_contact=contact,
        last_snapshot=snapshot,
        says_running=said or uploading,
        problems=sum(count for _, count in counts),
        coverage=1.0 if ppm is None else ppm / 1_000_000,
        says_paused=row["state"] == "paused",
    )


def _last_contact(row: Row) -> int | None:
    """Whatever came last: a word of the device is noted once in a while, a snapshot always."""
    known = (row["last_contact"], row["upload_contact"], row["last_snapshot"])
    return max((moment for moment in known if moment is not None), default=None)


def _no_such_device() -> NotFound:
    return NotFound("There is no such device.")
