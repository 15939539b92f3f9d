"""Rows that come from records in place of requests."""

from __future__ import annotations

import sqlite3
from typing import cast

from csbackup.format.ids import DeviceId
from csbackup.format.records import AccountRecord, DeviceRecord
from csbackup.server.catalog.database import QUERIES


def add_account(connection: sqlite3.Connection, record: AccountRecord) -> tuple[int, str]:
    """The account's number, and the name it got: another one when its own is taken."""
    name = record.name
    if QUERIES.rebuild_account_name_is_taken(connection, name=name):
        name = f"{name}-{record.account.hex()[:8]}"
    number = QUERIES.rebuild_account(
        connection,
        account=record.account,
        name=name,
        role=record.role,
        epoch=record.epoch,
        kdf=record.kdf,
        auth_hash=record.auth_hash,
        recovery_auth_hash=record.recovery_auth_hash,
        wrap_password=record.wrap_password,
        wrap_recovery=record.wrap_recovery,
        sealing_public=record.sealing_public,
        account_public=record.account_public,
        quota_bytes=record.quota_bytes,
        created=record.created_ns,
    )
    return cast("int", number), name


def add_device(
    connection: sqlite3.Connection, account: int, records: list[DeviceRecord]
) -> tuple[int, str]:
    """A device with all its certificates; the highest serial says what it is now."""
    newest = max(records, key=lambda record: record.serial)
    name = newest.name
    if QUERIES.rebuild_device_name_is_taken(connection, account=account, name=name):
        name = f"{name}-{newest.device.hex()[:8]}"
    number = QUERIES.rebuild_device(
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
        QUERIES.rebuild_certificate(
            connection,
            device=number,
            serial=record.serial,
            certificate=record.certificate,
            signature=record.signature,
            token_hash=record.token_hash,
            revoked=record.revoked_ns or None,
        )
    return cast("int", number), name


def add_unknown_device(
    connection: sqlite3.Connection, account: int, device: DeviceId
) -> tuple[int, str]:
    """A device of which no record is left; what it sent may be needed by others."""
    name = f"device-{device.hex()[:8]}"
    number = QUERIES.rebuild_device(
        connection,
        device=device,
        account=account,
        name=name,
        os="",
        created=0,
        serial=0,
        revoked=None,
    )
    return cast("int", number), name


def set_version(connection: sqlite3.Connection, device: int, version: str) -> None:
    QUERIES.rebuild_device_version(connection, device=device, version=version)


def derive_uploads(connection: sqlite3.Connection, now_ns: int) -> None:
    """Uploads and last contacts, from packs and snapshots."""
    QUERIES.rebuild_uploads(connection, now=now_ns)
    QUERIES.rebuild_contacts(connection)
