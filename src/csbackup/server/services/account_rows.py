"""An account's row in the catalog, as its record and as its owner sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from csbackup.format.records import AccountRecord
from csbackup.protocol import messages
from csbackup.server.catalog.database import Row


def account_message(row: Row) -> messages.Account:
    return messages.Account(
        account_id=row["account"],
        name=row["name"],
        role=row["role"],
        epoch=row["epoch"],
        kdf=row["kdf"],
        wrap_password=row["wrap_password"],
        wrap_recovery=row["wrap_recovery"],
        sealing_public=row["sealing_public"],
        account_public=row["account_public"],
        quota_bytes=row["quota_bytes"],
        stored_bytes=row["stored_bytes"],
        created=row["created"],
        closing=row["closing"],
    )


def account_record(row: Row, new: Mapping[str, Any]) -> AccountRecord:
    """The record of an account as it will be once `new` is in its row."""
    value = {**dict(row), **new}
    return AccountRecord(
        account=value["account"],
        epoch=value["epoch"],
        name=value["name"],
        role=value["role"],
        created_ns=value["created"],
        kdf=value["kdf"],
        auth_hash=value["auth_hash"],
        recovery_auth_hash=value["recovery_auth_hash"],
        wrap_password=value["wrap_password"],
        wrap_recovery=value["wrap_recovery"],
        sealing_public=value["sealing_public"],
        account_public=value["account_public"],
        quota_bytes=value["quota_bytes"],
    )
