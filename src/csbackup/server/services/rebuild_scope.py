"""What the steps of rebuilding one account share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from csbackup.format.ids import AccountId, DeviceId
from csbackup.server.catalog.database import Database
from csbackup.server.store import Records, Store


@dataclass(slots=True)
class Tally:
    """What has been found so far; `tell` after every pack."""

    tell: Callable[[int], None]
    accounts: int = 0
    devices: int = 0
    packs: int = 0
    snapshots: int = 0
    problems: list[str] = field(default_factory=list)

    def count_pack(self) -> None:
        self.packs += 1
        self.tell(self.packs)


@dataclass(frozen=True, slots=True)
class Scope:
    """One account. `devices` grows: from ids to the numbers they got."""

    database: Database
    store: Store
    records: Records
    account: AccountId
    number: int
    tally: Tally
    devices: dict[DeviceId, int] = field(default_factory=dict)

    def problem(self, text: str) -> None:
        self.tally.problems.append(text)
