"""Restore orders: prepared, placed, reported on, withdrawn, over.

An order is known while its row is in the catalog. Its record is written before the row, and goes
after the row says that the order has ended. A crash in between leaves a record: of an order that
nobody was told of, which the next start brings back as if it had been; or of one that has ended,
which the next start removes.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Literal

from csbackup.errors import Conflict, NotFound, TooMany
from csbackup.format.ids import AccountId, DeviceId, OrderId
from csbackup.format.orders import LIFE_NS, check_paths, read_order
from csbackup.format.records import OrderRecord, order_record_name
from csbackup.protocol import messages
from csbackup.rules.access import DeviceCaller, Person
from csbackup.server.catalog.database import QUERIES, Connection, Database, Row
from csbackup.server.catalog.orders import add_order
from csbackup.server.services.limits import SECOND
from csbackup.server.services.order_contents import OrderContents, live_snapshot, totals_of
from csbackup.server.services.order_rows import bring_back, check_names, own_device, read_signed
from csbackup.server.store import Records, Store

MOST_ALIVE = 100
MOST_LINES = 50
_DAY = 24 * 3600 * SECOND
_SHOWN_FOR = 30 * _DAY  # after it would have expired
_CLOCKS_DIFFER = _DAY
_LONGEST_TEXT = 1000
_ENDED = ("done", "failed", "refused")


@dataclass(frozen=True, slots=True)
class Placed:
    info: messages.OrderInfo
    new: bool


class Orders:
    def __init__(self, database: Database, store: Store, records: Records) -> None:
        self._database = database
        self._store = store
        self._records = records
        self._changing = threading.Lock()  # record and catalog together

    def recover(self, now: int) -> list[str]:
        """Put right what a crash left half done. Lines for the log."""
        lines = []
        for account in self._records.accounts():
            row = QUERIES.account_by_id(self._database.read(), account=account)
            if row is not None:
                places = self._database, self._store, self._records
                lines += bring_back(*places, account, row["number"], now)
        return lines

    def prepare(self, person: Person, draft: messages.OrderDraft, now: int) -> messages.OrderPlan:
        """What the browser needs to make the order; changes nothing."""
        paths = check_paths(draft.paths)
        with self._database.steady() as connection:
            device = own_device(connection, person.number, DeviceId(draft.device))
            source = own_device(connection, person.number, DeviceId(draft.source))
            certificate = _current_certificate(connection, device)
            row = live_snapshot(connection, source, draft.sequence)
            contents = OrderContents(connection, self._store, person.account, person.number)
            chosen = contents.choose(row, paths)
            data_keys = contents.data_keys(contents.blocks(chosen))
            highest = QUERIES.order_highest_place(connection, device=device)
        totals = totals_of(chosen)
        return messages.OrderPlan(
            number=max(highest + 1, now // 1_000_000),
            serial=certificate["serial"],
            certificate=certificate["certificate"],
            certificate_signature=certificate["signature"],
            snapshot=row.snapshot,
            received=row.received,
            files=totals.files,
            bytes=totals.bytes,
            data_keys=data_keys,
        )

    def place(self, person: Person, document: bytes, signature: bytes, now: int) -> Placed:
        """Keep an order: its record, then the catalog; the caller answers last."""
        self._end_overdue(now)
        record = OrderRecord(read_order(document).order, now, document, signature)
        with self._changing:
            known = QUERIES.order_by_id(self._database.read(), order_id=record.order)
            if known is None:
                self._keep(person, record, now)
            elif (known["account"], known["document"]) != (person.number, document):
                raise Conflict("There is another order with this id.")
        return Placed(self._info(person, record.order), new=known is None)

    def _keep(self, person: Person, record: OrderRecord, now: int) -> None:
        connection = self._database.read()
        order = read_signed(connection, person.number, record)
        numbers, totals = check_names(connection, self._store, person.account, person.number, order)
        if order.serial != _current_certificate(connection, numbers.device)["serial"]:
            raise Conflict("The device has another certificate by now. Prepare the order again.")
        if order.number <= QUERIES.order_highest_place(connection, device=numbers.device):
            raise Conflict("Another order to that device came before. Prepare this one again.")
        if not now < order.expires_ns <= now + LIFE_NS + _CLOCKS_DIFFER:
            raise Conflict("By this server's clock, the order has expired or holds for too long.")
        if QUERIES.orders_alive_count(connection, account=person.number) >= MOST_ALIVE:
            raise TooMany(f"{MOST_ALIVE} orders are open already. Withdraw some.")

        def change(connection: Connection) -> None:
            QUERIES.orders_forget(connection, before=now - _SHOWN_FOR)
            add_order(connection, record, order, numbers, totals)

        self._records.write(person.account, record.file_name, record.encode())
        self._database.write(change)

    def of_account(self, person: Person, now: int) -> messages.OrderList:
        self._end_overdue(now)
        rows = QUERIES.orders_of_account(self._database.read(), account=person.number)
        return messages.OrderList(tuple(_describe(row) for row in rows))

    def withdraw(self, person: Person, order: OrderId, now: int) -> messages.OrderInfo:
        """Take an order back; one that has ended stays as it is."""
        row = QUERIES.order_by_id(self._database.read(), order_id=order)
        if row is None or row["account"] != person.number:
            raise no_such_order()
        if not row["ended"]:
            self._end(person.account, row["number"], order, "withdrawn", "", now)
        return self._info(person, order)

    def for_device(self, caller: DeviceCaller, now: int) -> messages.DeviceOrderList:
        self._end_overdue(now)
        connection = self._database.read()
        rows = QUERIES.orders_alive_of_device(connection, device=caller.device_number)
        revision = QUERIES.order_revision(connection, device=caller.device_number)
        heads = (messages.DeviceOrderHead(row[0], row[1], row[2]) for row in rows)
        settings = QUERIES.settings_revision(connection, device=caller.device_number)
        return messages.DeviceOrderList(now, revision, tuple(heads), settings)

    def report(
        self, caller: DeviceCaller, order: OrderId, told: messages.OrderReport, now: int
    ) -> messages.OrderVerdict:
        """A device's word of how it goes. What has ended stays ended."""
        self._end_overdue(now)
        connection = self._database.read()
        device = caller.device_number
        row = QUERIES.order_to_device(connection, device=device, order_id=order)
        if row is None:
            raise no_such_order()
        if row["ended"]:
            return messages.OrderVerdict(row["state"])
        ended = told.state in _ENDED
        self._database.write(lambda change: _note(change, row, told, now))
        if ended:
            self._records.remove(caller.account, order_record_name(order))
        row = QUERIES.order_to_device(self._database.read(), device=device, order_id=order)
        return messages.OrderVerdict(row["state"])

    def _end_overdue(self, now: int) -> None:
        for row in list(QUERIES.orders_overdue(self._database.read(), now=now)):
            why = "" if row["is_late"] else "The device was revoked, or taken over."
            state: Literal["expired", "withdrawn"] = "expired" if row["is_late"] else "withdrawn"
            account, order = AccountId(row["account"]), OrderId(row["order_id"])
            self._end(account, row["number"], order, state, why, now)

    def _end(
        self, account: AccountId, number: int, order: OrderId, state: str, message: str, now: int
    ) -> None:
        self._database.write(
            lambda change: QUERIES.order_end(
                change, number=number, state=state, message=message, now=now
            )
        )
        self._records.remove(account, order_record_name(order))

    def _info(self, person: Person, order: OrderId) -> messages.OrderInfo:
        connection = self._database.read()
        row = QUERIES.order_of_account(connection, account=person.number, order_id=order)
        if row is None:
            raise no_such_order()
        return _describe(row)


def no_such_order() -> NotFound:
    return NotFound("There is no such order.")


def _current_certificate(connection: Connection, device: int) -> Row:
    newest: Row = list(QUERIES.certificates_of(connection, device=device))[-1]
    if newest["revoked"] is not None:
        raise Conflict("The device is revoked: nothing can be written there.")
    return newest


def _note(connection: Connection, row: Row, told: messages.OrderReport, now: int) -> None:
    lines = [
        [_cut(line.problem), _cut(line.path), _cut(line.message)]
        for line in told.problem_lines[:MOST_LINES]
    ]
    ended = told.state in _ENDED
    QUERIES.order_report(
        connection,
        number=row["number"],
        state=told.state,
        ended=int(ended),
        needs_person=int(told.needs_person and not ended),
        files_done=max(0, told.files_done),
        bytes_done=max(0, told.bytes_done),
        files_skipped=max(0, told.files_skipped),
        problems=max(0, told.problems),
        problem_lines=json.dumps(lines),
        message=_cut(told.message),
        now=now,
        revised=int(ended or (told.state == "accepted" != row["state"])),
    )


def _cut(text: str) -> str:
    return text[:_LONGEST_TEXT]


def _describe(row: Row) -> messages.OrderInfo:
    lines = json.loads(row["problem_lines"])
    return messages.OrderInfo(
        order=row["order_id"],
        number=row["place"],
        device=row["device"],
        device_name=row["device_name"],
        source=row["source"],
        source_name=row["source_name"],
        sequence=row["sequence"],
        received=row["snapshot_received"] or 0,
        paths=tuple(json.loads(row["paths"])),
        paths_total=row["paths_total"],
        target=row["target"],
        overwrite=bool(row["overwrite"]),
        created=row["created"],
        expires=row["expires"],
        state=row["state"],
        needs_person=bool(row["needs_person"]),
        files=row["files"],
        bytes=row["bytes"],
        files_done=row["files_done"],
        bytes_done=row["bytes_done"],
        files_skipped=row["files_skipped"],
        problems=row["problems"],
        problem_lines=tuple(messages.OrderProblem(*line) for line in lines),
        message=row["message"],
        updated=row["updated"],
    )
