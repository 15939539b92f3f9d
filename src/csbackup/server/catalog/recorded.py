"""Rows that say what a record says: of an account, of a device's certificate."""

from __future__ import annotations

import sqlite3
from typing import cast

from csbackup.format.records import AccountRecord, DeviceRecord
from csbackup.server.catalog.database import QUERIES


def insert_account(connection: sqlite3.Connection, record: AccountRecord, name: str) -> int:
    """The account's number. `name`: the record's, or another one where that is taken."""
    number = QUERIES.account_add(
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
    return cast("int", number)


def insert_certificate(connection: sqlite3.Connection, device: int, record: DeviceRecord) -> None:
    QUERIES.certificate_add(
        connection,
        device=device,
        serial=record.serial,
        certificate=record.certificate,
        signature=record.signature,
        token_hash=record.token_hash,
        revoked=record.revoked_ns or None,
    )
