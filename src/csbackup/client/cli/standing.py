"""Whether this machine is protected, and why not: decided from facts that were gathered before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from csbackup.client.browse.chain import Kept
from csbackup.client.cli.output import age, count, iso, local_time, path_fields, percent, printable
from csbackup.client.cli.service_state import ServiceState
from csbackup.client.keyring import EnrolledDevice
from csbackup.client.last_run import LastRun
from csbackup.client.problems import Group
from csbackup.client.pushed.memory import Taken
from csbackup.client.update.installation import Installed
from csbackup.format.snapshot import Settings
from csbackup.protocol.adapter import render
from csbackup.protocol.messages import UpdateReport
from csbackup.rules.narrowing import effects_of, narrows
from csbackup.rules.problem_classes import advice_on

SECOND = 1_000_000_000
OVERDUE_SECONDS = 2 * 86400
_NAMED = 2
_HARMLESS = ("vanished",)  # was never there to be kept
UNREACHABLE = "server-unreachable"


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What the server says, as far as it answered. `failure`: why it did not, or what is wrong."""

    reached: bool = False
    failure: str = ""
    snapshots: tuple[Kept, ...] | None = None  # oldest first; None: not known
    roots: tuple[bytes, ...] | None = None  # of the newest snapshot
    orders: int = 0  # restore orders to this device
    release: str | None = None  # the version that this device should run


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest snapshot that is known of."""

    id: bytes
    sequence: int
    made_ns: int
    files: int
    bytes: int
    coverage: float
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that `csb status` looked at. `absent`: chosen folders that are not there now."""

    device: EnrolledDevice
    settings: Settings | None
    last: LastRun | None
    server: ServerFacts
    now_ns: int
    absent: tuple[tuple[bytes, str], ...] = ()
    running: bool = False
    service: ServiceState | None = None
    paused_until: int = 0
    unseen: tuple[Taken, ...] = ()  # settings that somebody else changed, newest first
    installed: Installed | None = None
    last_update: UpdateReport | None = None

    @property
    def chosen(self) -> tuple[bytes, ...]:
        return self.settings.roots if self.settings else ()

    @property
    def newest(self) -> Newest | None:
        """As the server says; else as the last run here left it."""
        last = self.last
        if self.server.snapshots is not None:
            return _newest(self.server.snapshots[-1]) if self.server.snapshots else None
        if last is None or not last.succeeded:
            return None
        return Newest(
            last.snapshot, last.sequence, last.succeeded, last.files, last.bytes, last.coverage
        )

    @property
    def first_ns(self) -> int:
        """When the first snapshot was made that is known of; 0: never."""
        if self.server.snapshots is not None:
            return self.server.snapshots[0].received_ns if self.server.snapshots else 0
        return (self.last.first or self.last.succeeded) if self.last else 0

    @property
    def not_kept(self) -> tuple[bytes, ...]:
        """Chosen folders that the newest snapshot does not have."""
        kept = self.server.roots
        if kept is None:
            kept = self.last.roots if self.last else ()
            if not kept:
                return ()
        plain = {root.rstrip(b"/") for root in kept}
        return tuple(root for root in self.chosen if root.rstrip(b"/") not in plain)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The problems of the last run that made a snapshot."""
        return self.last.groups if self.last else ()


@dataclass(frozen=True, slots=True)
class Standing:
    """The facts, and what of them needs attention."""

    facts: Facts
    reasons: tuple[str, ...] = field(default=())

    @property
    def protected(self) -> bool:
        return not self.reasons


def assess(facts: Facts) -> Standing:
    """What needs attention, the worst first."""
    reasons = (*_of_backups(facts), *_of_folders(facts), *_of_settings(facts), *_of_server(facts))
    return Standing(facts, reasons)


def _of_backups(facts: Facts) -> list[str]:
    reasons = []
    last, newest = facts.last, facts.newest
    if not facts.chosen:
        reasons.append("No folder is chosen: csb add PATH.")
    if newest is None:
        reasons.append("No backup was made yet: csb backup.")
    elif facts.now_ns - newest.made_ns > OVERDUE_SECONDS * SECOND:
        when = age((facts.now_ns - newest.made_ns) / SECOND)
        reasons.append(f"The last backup is from {when}: csb backup.")
    if newest is not None and newest.partial:
        reasons.append(
            f"Snapshot {newest.sequence} is of a backup that did not finish: csb backup goes on "
            "where it stopped."
        )
    if last is not None and last.failure and not _says_the_server(facts):
        since = f" (since {local_time(last.failing_since)})" if last.failing_since else ""
        reasons.append(f"The last run did not finish{since}: {last.failure}")
    return reasons


def _says_the_server(facts: Facts) -> bool:
    """Whether the last run failed because of the server, which is told by itself."""
    unreachable = facts.last is not None and facts.last.failure_code == UNREACHABLE
    return unreachable and bool(facts.server.failure)


def _of_folders(facts: Facts) -> list[str]:
    absent = dict(facts.absent)
    reasons = [f"{_together(names)} {why}" for why, names in _by_reason(absent).items()]
    waiting = [root for root in facts.not_kept if root not in absent]
    if waiting and facts.newest is not None:
        reasons.append(f"{_together(waiting)} in no snapshot yet: csb backup.")
    last = facts.last
    if last is None or last.failure and not last.succeeded:
        return reasons
    serious = [group for group in facts.groups if group.kind not in _HARMLESS]
    number = sum(group.number for group in serious)
    if not facts.groups:
        number = last.problems  # a file that an earlier release wrote
    if number:
        share = f"; {percent(last.coverage)} is covered" if last.coverage < 1 else ""
        reasons.append(f"The last backup had {count(number, 'problem')}{share}.")
    elif last.succeeded and 0 < last.coverage < 1:
        reasons.append(f"The last backup covers {percent(last.coverage)}.")
    return reasons


def _of_settings(facts: Facts) -> list[str]:
    """What others changed, each until a person here has seen it."""
    reasons = []
    for taken in facts.unseen:
        narrower = narrows(effects_of(taken.before, taken.after))
        less = ", so that less is backed up, or more seldom" if narrower else ""
        who = printable(taken.by.encode(errors="replace"))
        when = local_time(taken.changed)
        reasons.append(f"{who} changed the settings ({when}){less}: csb settings.")
    return reasons


def _by_reason(absent: dict[bytes, str]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for root, why in absent.items():
        found.setdefault(why, []).append(root)
    return found


def _together(roots: Sequence[bytes]) -> str:
    """The folders, with the verb that goes with them."""
    named = ", ".join(printable(root) for root in roots[:_NAMED])
    more = f" and {len(roots) - _NAMED:,} more" if len(roots) > _NAMED else ""
    return f"{named}{more} {'is' if len(roots) == 1 else 'are'}"


def _of_server(facts: Facts) -> list[str]:
    if not facts.server.failure:
        return []
    since = unreachable_since(facts)
    ending = f" Not reached since {local_time(since)}." if since else ""
    return [facts.server.failure + ending]


def unreachable_since(facts: Facts) -> int:
    """Since when runs do not reach the server; 0 where none found that."""
    last = facts.last
    if facts.server.reached or last is None or last.failure_code != UNREACHABLE or not last.failure:
        return 0
    return last.failing_since


def _newest(kept: Kept) -> Newest:
    snapshot = kept.snapshot
    return Newest(
        kept.id,
        snapshot.sequence,
        kept.received_ns,
        snapshot.totals.files,
        snapshot.totals.bytes,
        snapshot.coverage_ppm / 1_000_000,
        snapshot.partial,
    )


def describe(standing: Standing) -> dict[str, Any]:
    """The same facts for scripts."""
    facts = standing.facts
    server = facts.server
    since = unreachable_since(facts)
    return {
        "protected": standing.protected,
        "reasons": list(standing.reasons),
        "account": facts.device.account_name,
        "device": facts.device.device_name,
        "url": facts.device.url,
        "server_reachable": server.reached,
        "server_failure": server.failure,
        "unreachable_since": iso(since) if since else None,
        "since": iso(facts.first_ns) if facts.first_ns else None,
        "snapshots": len(server.snapshots) if server.snapshots is not None else None,
        "last_snapshot": _newest_json(facts),
        "roots": [printable(root) for root in facts.chosen],
        "roots_absent": [{**path_fields(root), "why": why} for root, why in facts.absent],
        "roots_not_kept": [path_fields(root) for root in facts.not_kept],
        "problems": facts.last.problems if facts.last else 0,
        "problem_classes": [_group_json(group) for group in facts.groups],
        "failure": facts.last.failure if facts.last else "",
        "failure_code": facts.last.failure_code if facts.last else "",
        "running": facts.running,
        "orders": server.orders,
        "paused_until": iso(facts.paused_until) if facts.paused_until else None,
        "settings_unseen": [
            {"revision": taken.revision, "by": taken.by, "changed": iso(taken.changed)}
            for taken in facts.unseen
        ],
        "service": _service_json(facts.service),
        "update": _update_json(facts),
    }


def _newest_json(facts: Facts) -> dict[str, Any] | None:
    newest = facts.newest
    if newest is None:
        return None
    return {
        "id": newest.id.hex(),
        "sequence": newest.sequence,
        "finished": iso(newest.made_ns),
        "age_seconds": round((facts.now_ns - newest.made_ns) / SECOND),
        "files": newest.files,
        "bytes": newest.bytes,
        "coverage": newest.coverage,
        "partial": newest.partial,
    }


def _group_json(group: Group) -> dict[str, Any]:
    return {
        "class": group.kind,
        "number": group.number,
        "advice": advice_on(group.kind).advice,
        "paths": [
            {**path_fields(sample.path), "number": sample.number} for sample in group.samples
        ],
    }


def _update_json(facts: Facts) -> dict[str, Any] | None:
    if facts.installed is None:
        return None
    return {
        "version": str(facts.installed.running),
        "kind": facts.installed.kind,
        "wanted": facts.server.release,
        "last": render(facts.last_update) if facts.last_update else None,
    }


def _service_json(service: ServiceState | None) -> dict[str, Any] | None:
    if service is None:
        return None
    return {
        "process": service.process,
        "every_seconds": service.every_seconds,
        "next_due": iso(service.next_due) if service.next_due else None,
        "failures": service.failures,
        "reasons": [
            {"code": one.code, "until": iso(one.until) if one.until else None}
            for one in service.reasons
        ],
        "continuous": service.continuous,
        "shortfall": service.shortfall,
    }
