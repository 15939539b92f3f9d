"""Uploads: backups on their way, each with the lease that shields what it brought."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from csbackup.format.ids import UploadId
from csbackup.server.catalog.database import QUERIES


@dataclass(frozen=True, slots=True)
class UploadRow:
    """`finished`: when its last snapshot was committed, None while it runs."""

    device: int
    last_contact: int
    finished: int | None


def find_upload(connection: sqlite3.Connection, upload: UploadId) -> UploadRow | None:
    row: Any = QUERIES.upload_by_id(connection, upload=upload)
    return None if row is None else UploadRow(*row)


def open_upload(connection: sqlite3.Connection, upload: UploadId, device: int, now_ns: int) -> None:
    QUERIES.open_upload(connection, upload=upload, device=device, now=now_ns)


def touch_upload(connection: sqlite3.Connection, upload: UploadId, now_ns: int) -> None:
    """Renew the lease."""
    QUERIES.touch_upload(connection, upload=upload, now=now_ns)


def finish_upload(connection: sqlite3.Connection, upload: UploadId, now_ns: int) -> None:
    QUERIES.finish_upload(connection, upload=upload, now=now_ns)
