"""Which packs are here, who sent them, and how much room an account has left."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, cast

from csbackup.format.ids import AccountId, PackId, UploadId
from csbackup.server.catalog.database import QUERIES


@dataclass(frozen=True, slots=True)
class PackRow:
    """A pack as it is received. `account` and `device` are numbers."""

    account: int
    pack: PackId
    device: int
    upload: UploadId
    kind: int
    size: int
    received: int


def find_pack(connection: sqlite3.Connection, account: int, pack: PackId) -> PackRow | None:
    row: Any = QUERIES.pack_by_id(connection, account=account, pack=pack)
    if row is None:
        return None
    _, device, upload, kind, size, received = row
    return PackRow(account, pack, device, UploadId(upload), kind, size, received)


def add_pack(connection: sqlite3.Connection, row: PackRow) -> int:
    """The new pack's number."""
    number = QUERIES.insert_pack(
        connection,
        account=row.account,
        pack=row.pack,
        device=row.device,
        upload=row.upload,
        kind=row.kind,
        size=row.size,
        received=row.received,
    )
    QUERIES.count_account_bytes(connection, account=row.account, size=row.size)
    QUERIES.count_device_bytes(connection, device=row.device, size=row.size)
    return cast("int", number)


def exceeds_quota(connection: sqlite3.Connection, account: int, more_bytes: int) -> bool:
    quota, stored = QUERIES.account_room(connection, account=account)
    return bool(quota) and stored + more_bytes > quota


def is_empty(connection: sqlite3.Connection, account: int) -> bool:
    """Whether nothing of this account is stored yet."""
    return not QUERIES.account_has_packs(connection, account=account)


def account_id(connection: sqlite3.Connection, account: int) -> AccountId:
    return AccountId(QUERIES.account_id_of(connection, account=account))
