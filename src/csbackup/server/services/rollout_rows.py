"""Rows and records of the rollout, and what they mean to the rule."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, cast

from csbackup.errors import FormatError
from csbackup.format.ids import SHORT, DeviceId
from csbackup.format.records import RolloutRecord, read_rollout_record
from csbackup.protocol import messages
from csbackup.rules.rollout import DeviceFacts, Stage, Update
from csbackup.server.catalog.database import QUERIES, Connection, Database, Row
from csbackup.server.store.server_records import ServerRecords

NO_ROLLOUT = messages.Rollout(None, "off")


def insert_rollout(connection: Connection, record: RolloutRecord) -> None:
    account = QUERIES.account_number_of(connection, account=record.account)
    QUERIES.rollout_add(
        connection,
        number=record.number,
        changed=record.changed_ns,
        account=account,
        version=record.version,
        stage=record.stage,
        first=record.first,
        automatic_hours=record.automatic_hours,
    )


def bring_back_rollouts(database: Database, records: ServerRecords) -> Iterable[str]:
    """Rows for records that have none; what could not be read."""
    known = {row["number"] for row in QUERIES.rollout_history(database.read(), limit=-1)}
    problems = []
    for name, content in records.read_all().items():
        try:
            record = read_rollout_record(content)
        except FormatError as problem:
            problems.append(f"records/server/{name}: {problem}")
            continue
        if record.number not in known:
            database.write(partial(insert_rollout, record=record))
    return problems


def rollout_of(row: Row | None) -> messages.Rollout:
    if row is None:
        return NO_ROLLOUT
    return messages.Rollout(
        row["version"] or None,
        cast("Stage", row["stage"]),
        tuple(devices_in(row["first"])),
        row["automatic_hours"] or None,
    )


def devices_in(first: bytes) -> list[DeviceId]:
    return [DeviceId(first[at : at + SHORT]) for at in range(0, len(first), SHORT)]


def facts_of(row: Any) -> DeviceFacts:
    return DeviceFacts(
        device=DeviceId(row["device"]),
        version=row["version"],
        target=row["target"],
        revoked=row["revoked"] is not None,
        update=cast("Update | None", row["update_state"] or None),
        update_version=row["update_version"],
        runs_since=row["version_since"],
    )


def report_of(row: Row) -> messages.UpdateReport | None:
    if not row["update_state"]:
        return None
    return messages.UpdateReport(
        cast("Update", row["update_state"]),
        row["update_version"],
        row["update_code"],
        row["update_reason"],
    )
