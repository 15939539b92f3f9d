"""Where settings of devices are kept: as records, then in the catalog, both as the same JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from csbackup.errors import NotFound
from csbackup.format.ids import AccountId, DeviceId, TemplateId
from csbackup.format.records import (
    SettingsRecord,
    TemplateRecord,
    ToldRecord,
    settings_record_name,
    template_record_name,
)
from csbackup.protocol.adapter import Blob, Hex, parse, render
from csbackup.protocol.messages import SettingsEvent
from csbackup.rules.source import PARTS, Part, SourceChange, SourceSettings
from csbackup.server.catalog.database import QUERIES, Connection, Database, Row
from csbackup.server.store import Records

MOST_KEPT = 200  # changes of one device; older ones are forgotten


@dataclass(frozen=True, slots=True)
class Told:
    """What a device said last, which template it follows, and what its owner may change here."""

    settings: SourceSettings | None = None
    at: int = 0
    home: Blob = b""
    settings_id: Hex = b""
    locked: bool = False
    person_may: tuple[Part, ...] = PARTS
    follows: Hex = b""


@dataclass(frozen=True, slots=True)
class Kept:
    """A change, with the settings that its author saw. Null: the device's first word."""

    event: SettingsEvent
    base: SourceSettings | None


@dataclass(frozen=True, slots=True)
class KeptTemplate:
    name: str
    revision: int
    everyone: bool
    change: SourceChange
    person_may: tuple[Part, ...]
    changed: int
    by: str


@dataclass(frozen=True, slots=True)
class Target:
    """A device whose settings are looked at. `number` and `owner` are the catalog's."""

    number: int
    device: DeviceId
    name: str
    owner: int
    account: AccountId
    account_name: str
    revoked: bool


class SettingsShelf:
    """Reads, and writes the record before the catalog.

    A crash in between leaves a record that is newer than its row: `rebuild` brings it back; until
    then the change was not acknowledged, and made again it has the same number.
    """

    def __init__(self, database: Database, records: Records) -> None:
        self._database = database
        self._records = records

    def target(self, device: bytes) -> Target:
        row = QUERIES.settings_device(self._database.read(), device=device)
        if row is None:
            raise NotFound("There is no such device.")
        return _target(row)

    def account_name(self, account: int) -> str:
        name: str = QUERIES.account_by_number(self._database.read(), number=account)["name"]
        return name

    def told(self, device: int) -> Told:
        row = QUERIES.settings_of(self._database.read(), device=device)
        return Told() if row is None else read_told(row["document"])

    def revision(self, device: int) -> int:
        found: int = QUERIES.settings_revision(self._database.read(), device=device)
        return found

    def event(self, device: int, revision: int) -> Kept | None:
        row = QUERIES.settings_event(self._database.read(), device=device, revision=revision)
        return None if row is None else read_kept(row["document"])

    def waiting(self, device: int) -> Kept | None:
        row = QUERIES.settings_waiting(self._database.read(), device=device)
        return None if row is None else read_kept(row["document"])

    def events(self, device: int, before: int, most: int) -> list[Kept]:
        """Newest first."""
        connection = self._database.read()
        rows = QUERIES.settings_events(connection, device=device, before=before, most=most)
        return [read_kept(row["document"]) for row in rows]

    def unseen(self, device: int) -> list[Kept]:
        rows = QUERIES.settings_unseen(self._database.read(), device=device)
        return [read_kept(row["document"]) for row in rows]

    def keep(self, target: Target, told: Told | None, events: Sequence[Kept]) -> None:
        """Records first, then everything in one transaction."""
        for kept in events:
            document = written(kept).encode()
            record = SettingsRecord(target.device, kept.event.revision, document)
            self._records.write(target.account, record.file_name, record.encode())
        if told is not None:
            said = ToldRecord(target.device, written(told).encode())
            self._records.write(target.account, said.file_name, said.encode())
        old = self._database.write(lambda change: put_rows(change, target.number, told, events))
        for revision in old:
            name = settings_record_name(target.device, revision)
            self._records.remove(target.account, name)

    def templates(self, account: int, *, admin: bool) -> list[tuple[TemplateId, KeptTemplate]]:
        """The account's own, and for an admin those for everyone; by name."""
        connection = self._database.read()
        rows = QUERIES.templates_of(connection, account=account, admin=int(admin))
        return [(TemplateId(row["template"]), read_template(row["document"])) for row in rows]

    def template(self, template: bytes) -> tuple[KeptTemplate, int, AccountId] | None:
        """With the number and the id of the account that made it."""
        row = QUERIES.template_by_id(self._database.read(), template=template)
        if row is None:
            return None
        return read_template(row["document"]), row["account"], AccountId(row["account_id"])

    def followers(self, template: bytes) -> list[Target]:
        rows = QUERIES.template_devices(self._database.read(), template=template)
        return [_target(row) for row in rows]

    def keep_template(
        self, template: TemplateId, owner: int, account: AccountId, kept: KeptTemplate
    ) -> None:
        record = TemplateRecord(template, written(kept).encode())
        self._records.write(account, record.file_name, record.encode())
        self._database.write(lambda change: put_template(change, template, owner, kept))

    def forget_template(self, template: TemplateId, account: AccountId) -> None:
        """Out of the catalog first: a crash in between leaves a record that `rebuild` would bring
        back, which nobody follows."""
        self._database.write(lambda change: QUERIES.template_forget(change, template=template))
        self._records.remove(account, template_record_name(template))


def put_rows(
    connection: Connection, device: int, told: Told | None, events: Iterable[Kept]
) -> list[int]:
    """The revisions that were forgotten to make room."""
    if told is not None:
        QUERIES.settings_keep(
            connection, device=device, follows=told.follows or None, document=written(told)
        )
    for kept in events:
        event = kept.event
        QUERIES.settings_event_keep(
            connection,
            device=device,
            revision=event.revision,
            state=event.state,
            unseen=int(event.needs_seeing and event.seen is None),
            document=written(kept),
        )
    rows = QUERIES.settings_old(connection, device=device, most=MOST_KEPT)
    old = [row["revision"] for row in list(rows)]
    for revision in old:
        QUERIES.settings_forget(connection, device=device, revision=revision)
    return old


def put_template(
    connection: Connection, template: TemplateId, owner: int, kept: KeptTemplate
) -> None:
    QUERIES.template_keep(
        connection,
        template=template,
        account=owner,
        everyone=int(kept.everyone),
        name=kept.name,
        document=written(kept),
    )


def written(document: Told | Kept | KeptTemplate) -> str:
    return json.dumps(render(document))


def read_told(document: str | bytes) -> Told:
    return parse(Told, _loaded(document), "It")


def read_kept(document: str | bytes) -> Kept:
    return parse(Kept, _loaded(document), "It")


def read_template(document: str | bytes) -> KeptTemplate:
    return parse(KeptTemplate, _loaded(document), "It")


def _loaded(document: str | bytes) -> Any:
    return json.loads(document)


def _target(row: Row) -> Target:
    return Target(
        number=row["number"],
        device=DeviceId(row["device"]),
        name=row["name"],
        owner=row["account"],
        account=AccountId(row["account_id"]),
        account_name=row["account_name"],
        revoked=row["revoked"] is not None,
    )
