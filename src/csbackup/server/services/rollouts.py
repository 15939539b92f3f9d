"""Which release devices should run: set by an admin, given to devices when they check in.

The server only names a version. Whether a device becomes it, the device decides by the release's
signatures.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from csbackup.errors import NotFound, RequestError
from csbackup.format.ids import SHORT, DeviceId
from csbackup.format.records import RolloutRecord
from csbackup.protocol import messages
from csbackup.rules.access import DeviceCaller, Person
from csbackup.rules.rollout import (
    TOLD,
    Rollout,
    RolloutVerdict,
    Target,
    is_held,
    judge_device,
    judge_rollout,
)
from csbackup.server.catalog.database import QUERIES, Database
from csbackup.server.services.releases import KeptRelease, Releases
from csbackup.server.services.rollout_rows import (
    facts_of,
    insert_rollout,
    report_of,
    rollout_of,
)
from csbackup.server.store.server_records import ServerRecords

MOST_HOURS = 24 * 90
MOST_FIRST = 100
_HISTORY = 50


class Rollouts:
    def __init__(self, database: Database, records: ServerRecords, releases: Releases) -> None:
        self._database = database
        self._records = records
        self._releases = releases
        self._changing = threading.Lock()  # record and catalog together

    def overview(self, now: int) -> messages.ReleaseOverview:
        with self._database.steady() as connection:
            rollout = rollout_of(QUERIES.rollout_newest(connection))
            rows = list(QUERIES.rollout_devices(connection))
            history = list(QUERIES.rollout_history(connection, limit=_HISTORY))
        verdict = judge_rollout(self._understood(rollout), map(facts_of, rows))
        return messages.ReleaseOverview(
            now,
            tuple(_info(one) for one in self._releases.all()),
            rollout,
            verdict.goes_on,
            tuple(
                messages.DeviceRelease(
                    device=row["device"],
                    account=row["account_name"],
                    name=row["name"],
                    version=row["version"],
                    target=row["target"],
                    last_contact=row["last_contact"],
                    standing=verdict.standings[DeviceId(row["device"])],
                    update=report_of(row),
                )
                for row in rows
            ),
            tuple(
                messages.RolloutChange(row["changed"], row["account_name"] or "", rollout_of(row))
                for row in history
            ),
        )

    def set(self, person: Person, wanted: messages.Rollout, now: int) -> None:
        """From the next check-in of each device on."""
        self._check(wanted)
        self._keep(lambda _: wanted, person.account, now)

    def release_for(self, caller: DeviceCaller, now: int) -> str | None:
        """What this device is told to run; None: to stay as it is."""
        connection = self._database.read()
        rollout = rollout_of(QUERIES.rollout_newest(connection))
        understood = self._understood(rollout)
        if understood.target is None or understood.stage == "off":
            return None
        if rollout.automatic_hours is not None and rollout.stage == "first":
            understood = self._gone_on(understood, now)
        tally = QUERIES.rollout_tally(connection, version=rollout.version)
        facts = facts_of(QUERIES.rollout_device(connection, number=caller.device_number))
        held = is_held(back=tally["back"], stayed=tally["stayed"])
        return rollout.version if judge_device(understood, facts, held=held) in TOLD else None

    def _gone_on(self, understood: Rollout, now: int) -> Rollout:
        """To all, when it is time; it is kept like a change that somebody made."""
        rows = list(QUERIES.rollout_devices(self._database.read()))
        if not _is_due(judge_rollout(understood, map(facts_of, rows)), now):
            return understood

        def to_all(newest: messages.Rollout) -> messages.Rollout | None:
            same = newest.stage == "first" and newest.version == str(target)
            return messages.Rollout(newest.version, "all") if same else None

        target = understood.target.version if understood.target else None
        self._keep(to_all, b"", now)
        return self._understood(rollout_of(QUERIES.rollout_newest(self._database.read())))

    def _keep(
        self,
        change: Callable[[messages.Rollout], messages.Rollout | None],
        account: bytes,
        now: int,
    ) -> None:
        """The record first, then the row: a crash in between is made good at the next start."""
        with self._changing:
            newest = QUERIES.rollout_newest(self._database.read())
            wanted = change(rollout_of(newest))
            if wanted is None:
                return
            record = RolloutRecord(
                number=newest["number"] + 1 if newest else 1,
                changed_ns=now,
                account=account,
                version=wanted.version or "",
                stage=wanted.stage,
                first=b"".join(wanted.first),
                automatic_hours=wanted.automatic_hours or 0,
            )
            self._records.write(record.file_name, record.encode())
            self._database.write(lambda connection: insert_rollout(connection, record))

    def _check(self, wanted: messages.Rollout) -> None:
        if wanted.stage == "off":
            return
        if wanted.version is None:
            raise RequestError("Say which release, or set the stage `off`.")
        self._releases.get(wanted.version)
        if wanted.stage == "first" and not 0 < len(wanted.first) <= MOST_FIRST:
            raise RequestError(f"Name the first devices, at most {MOST_FIRST}.")
        for device in wanted.first:
            if len(device) != SHORT or not self._is_known(device):
                raise NotFound("There is no such device.")
        if wanted.automatic_hours is not None and not 0 < wanted.automatic_hours <= MOST_HOURS:
            raise RequestError(f"`automatic_hours` is between 1 and {MOST_HOURS}.")

    def _is_known(self, device: bytes) -> bool:
        return QUERIES.device_by_id(self._database.read(), device=device) is not None

    def _understood(self, rollout: messages.Rollout) -> Rollout:
        first = frozenset(DeviceId(device) for device in rollout.first)
        return Rollout(self._target(rollout.version), rollout.stage, first, rollout.automatic_hours)

    def _target(self, version: str | None) -> Target | None:
        try:
            kept = self._releases.get(version) if version else None
        except NotFound:  # it was removed since: nobody is told to run what nobody can get
            return None
        if kept is None or kept.manifest is None:
            return None
        manifest = kept.manifest
        return Target(manifest.version, manifest.min_version, frozenset(manifest.files))


def _is_due(verdict: RolloutVerdict, now: int) -> bool:
    return verdict.goes_on is not None and verdict.goes_on <= now


def _info(kept: KeptRelease) -> messages.ReleaseInfo:
    manifest = kept.manifest
    return messages.ReleaseInfo(
        version=str(kept.version),
        released=manifest.released_ns if manifest else 0,
        expires=manifest.expires_ns if manifest else 0,
        min_version=str(manifest.min_version) if manifest else "",
        targets=tuple(sorted(manifest.files)) if manifest else (),
        signed=kept.signed,
        problem=kept.problem,
    )
