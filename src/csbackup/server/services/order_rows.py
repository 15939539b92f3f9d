"""From a record of a restore order to its row in the catalog, also when the catalog is new."""

from __future__ import annotations

from csbackup.errors import Conflict, CsbError, NotFound, SignatureInvalid
from csbackup.format.ids import AccountId, DeviceId
from csbackup.format.keys import check_signature
from csbackup.format.orders import SIGN_ORDER, Order, read_order
from csbackup.format.records import OrderRecord, read_order_record
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import QUERIES, Connection, Database
from csbackup.server.catalog.orders import OrderNumbers, OrderTotals, add_order
from csbackup.server.services.order_contents import OrderContents, live_snapshot, totals_of
from csbackup.server.store import Records, Store


def read_signed(connection: Connection, account: int, record: OrderRecord) -> Order:
    """The order, if its account signed it."""
    public = QUERIES.account_by_number(connection, number=account)["account_public"]
    check_signature(public, SIGN_ORDER, record.document, record.signature, "the order")
    order = read_order(record.document)
    if order.order != record.order:
        raise SignatureInvalid("the order")
    return order


def check_names(
    connection: Connection, store: Store, account: AccountId, number: int, order: Order
) -> tuple[OrderNumbers, OrderTotals]:
    """That what the order names is there, and the account's own."""
    if order.account != account:
        raise NotFound("The order is one of another account.")
    device = own_device(connection, number, order.device)
    source = own_device(connection, number, order.source)
    row = live_snapshot(connection, source, order.sequence)
    if row.snapshot != order.snapshot:
        raise Conflict("The order names another snapshot of that number. Prepare it again.")
    contents = OrderContents(connection, store, account, number)
    totals = totals_of(contents.choose(row, order.paths))
    return OrderNumbers(number, device, source), totals


def own_device(connection: Connection, account: int, device: DeviceId) -> int:
    found = snapshots.find_device(connection, device)
    if found is None or found.account_number != account:
        raise NotFound("There is no such device.")
    return found.number


def bring_back(
    database: Database, store: Store, records: Records, account: AccountId, number: int, now: int
) -> list[str]:
    """Orders whose record is here and which the catalog does not know; the records of those that
    are over go. Lines about what could not be brought back."""
    lines = []
    for name in records.names(account):
        if not name.startswith("order-"):
            continue
        try:
            record = read_order_record(records.read(account, name) or b"")
            if _is_over(database.read(), record, now):
                records.remove(account, name)
            else:
                _bring_back(database, store, account, number, record)
        except CsbError as problem:
            lines.append(f"Left out {name}: {problem}")
    return lines


def _is_over(connection: Connection, record: OrderRecord, now: int) -> bool:
    known = QUERIES.order_by_id(connection, order_id=record.order)
    if known is not None:
        return bool(known["ended"])
    return read_order(record.document).expires_ns <= now


def _bring_back(
    database: Database, store: Store, account: AccountId, number: int, record: OrderRecord
) -> None:
    connection = database.read()
    if QUERIES.order_by_id(connection, order_id=record.order) is not None:
        return
    order = read_signed(connection, number, record)
    numbers, totals = check_names(connection, store, account, number, order)
    database.write(lambda change: add_order(change, record, order, numbers, totals))
