"""Rows that come from records in place of requests."""

from __future__ import annotations

import sqlite3

from csbackup.format.ids import DeviceId
from csbackup.format.records import AccountRecord, DeviceRecord
from csbackup.server.catalog.database import QUERIES
from csbackup.server.catalog.recorded import insert_account, insert_certificate


def add_account(
    connection: sqlite3.Connection, record: AccountRecord, closing: int | None = None
) -> tuple[int, str]:
    """The account's number, and the name it got: another one when its own is taken.

    `closing`: when it will be deleted.
    """
    name = record.name
    if QUERIES.rebuild_account_name_is_taken(connection, name=name):
        name = f"{name}-{record.account.hex()[:8]}"
    number = insert_account(connection, record, name)
    QUERIES.account_set_closing(connection, number=number, closing=closing)
    return number, name


def add_device(
    connection: sqlite3.Connection, account: int, records: list[DeviceRecord]
) -> tuple[int, str]:
    """A device with all its certificates; the highest serial says what it is now."""
    newest = max(records, key=lambda record: record.serial)
    name = newest.name
    if QUERIES.rebuild_device_name_is_taken(connection, account=account, name=name):
        name = f"{name}-{newest.device.hex()[:8]}"
    number: int = QUERIES.rebuild_device(
        connection,
        device=newest.device,
        account=account,
        name=name,
        os=newest.os,
        created=newest.created_ns,
        serial=newest.serial,
        revoked=newest.revoked_ns or None,
    )
    for record in records:
        insert_certificate(connection, number, record)
    return number, name


def add_unknown_device(
    connection: sqlite3.Connection, account: int, device: DeviceId
) -> tuple[int, str]:
    """A device of which no record is left; what it sent may be needed by others."""
    name = f"device-{device.hex()[:8]}"
    number: int = QUERIES.rebuild_device(
        connection,
        device=device,
        account=account,
        name=name,
        os="",
        created=0,
        serial=0,
        revoked=None,
    )
    return number, name


def set_version(connection: sqlite3.Connection, device: int, version: str) -> None:
    QUERIES.rebuild_device_version(connection, device=device, version=version)


def derive_uploads(connection: sqlite3.Connection, now_ns: int) -> None:
    """Uploads and last contacts, from packs and snapshots."""
    QUERIES.rebuild_uploads(connection, now=now_ns)
    QUERIES.rebuild_contacts(connection)
