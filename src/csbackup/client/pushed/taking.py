"""The way of settings from the server onto this device.

    hear of a revision -> fetch -> check -> merge -> remember -> keep -> report

Nothing that comes is believed: it is within bounds, or it is turned down. What is remembered is
durable before the settings are: a crash in between leaves a change that waits still, and is merged
once more, which changes nothing. A backup that runs ends with the settings it began with.

What a server can do with it is have less backed up, more, or at other times; never run anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from blake3 import blake3

from csbackup.client.config import Home
from csbackup.client.connection import Connection
from csbackup.client.files import LiveFiles
from csbackup.client.log import LOG
from csbackup.client.pushed.memory import Memory, Taken, load_memory, save_memory
from csbackup.client.settings import changing_settings, load_source, save_source
from csbackup.errors import CsbError, NotFound, Refused, ServerIncompatible
from csbackup.protocol.adapter import render
from csbackup.protocol.messages import PushedSettings, SettingsOutcome, SettingsReport
from csbackup.rules.source import SourceSettings, merge, with_home
from csbackup.rules.source_bounds import problems_of

LOCKED = "A person at the device takes no settings from the server (csb settings unlock)."
TAKEN_BACK = "A person at the device took it back."
_ROUNDS = 4  # an answer may bring the next change; then others have their turn
_LONGEST = 400
_DISK_SECONDS = 2.0


def attend(home: Home, connection: Connection) -> int:
    """Tell what changed here, take what waits, answer. The newest revision there is."""
    revision = 0
    for _ in range(_ROUNDS):
        pushed = connection.pushed_settings()
        revision = pushed.revision
        with changing_settings(home):
            report = _Sitting(home, load_memory(home), load_source(home), pushed).next_report()
        if report is None:
            break
        revision = _tell(connection, report) or revision
        _note_told(home, report)
    return revision


def _tell(connection: Connection, report: SettingsReport) -> int:
    """The newest revision; 0 when the server has forgotten the change that this is about."""
    try:
        return connection.report_settings(report).revision
    except Refused as refusal:
        if refusal.problem == NotFound.code:
            return 0
        raise


def differs(home: Home) -> bool:
    """Whether something changed here that the server has not heard of."""
    memory = load_memory(home)
    undelivered = any(not one.told for one in memory.taken)
    return undelivered or memory.told_id != _id_of(load_source(home), memory)


@dataclass(frozen=True, slots=True)
class _Sitting:
    """How it is here, and what the server has. Settings change nowhere else meanwhile."""

    home: Home
    memory: Memory
    own: SourceSettings
    pushed: PushedSettings

    def next_report(self) -> SettingsReport | None:
        """What to tell the server next; what waits is taken where nothing else is to be told."""
        if self.memory.kept != self.pushed.kept:
            save_memory(self.home, replace(self.memory, kept=self.pushed.kept))
        if self.pushed.told_id != _id_of(self.own, self.memory):
            return self._report(0, "told")
        undelivered = (one for one in self.memory.taken if not one.told)
        if (taken := next(undelivered, None)) is not None:
            return self._answer(taken, self.own)
        return self._take() if self.pushed.waiting else None

    def _take(self) -> SettingsReport:
        base, wanted = self.pushed.base, self.pushed.wanted
        if base is None or wanted is None:
            raise ServerIncompatible("The server", "it has settings and does not say which")
        wanted = replace(wanted, folders=with_home(wanted.folders, _home_folder()))
        after = merge(base, wanted, self.own)
        if self.memory.locked:
            return self._report(self.pushed.waiting, "refused", LOCKED)
        if problems := problems_of(after, known=self.own):
            LOG.warning("settings refused: revision %d is out of bounds", self.pushed.waiting)
            return self._report(self.pushed.waiting, "refused", " ".join(problems))
        return self._keep(after)

    def _keep(self, after: SourceSettings) -> SettingsReport:
        taken = self._taken(after)
        try:
            save_memory(self.home, replace(self.memory, kept=self.pushed.kept).with_taken(taken))
            save_source(self.home, after)
        except CsbError as failure:
            return self._report(self.pushed.waiting, "failed", str(failure))
        LOG.info("settings taken: revision %d", taken.revision)
        return self._answer(taken, after)

    def _taken(self, after: SourceSettings) -> Taken:
        """A change that was begun before a crash keeps what was there before it."""
        known = self.memory.find(self.pushed.waiting)
        if known is not None and known.changed != self.pushed.changed:
            known = None  # another one of that number: the server was set up anew
        return Taken(
            revision=self.pushed.waiting,
            changed=self.pushed.changed,
            by=self.pushed.by[:_LONGEST],
            by_owner=self.pushed.by_owner,
            before=known.before if known else self.own,
            after=after,
            warnings=tuple(_warnings(self.own, after)),
            seen=known is not None and known.seen,
        )

    def _answer(self, taken: Taken, settings: SourceSettings) -> SettingsReport:
        report = self._report(taken.revision, "refused" if taken.refused else "applied")
        return replace(
            report,
            settings=settings,
            settings_id=_id_of(settings, self.memory),
            reason=TAKEN_BACK if taken.refused else "",
            warnings=taken.warnings,
            seen=taken.seen or taken.refused,
        )

    def _report(self, revision: int, outcome: SettingsOutcome, reason: str = "") -> SettingsReport:
        return SettingsReport(
            revision=revision,
            outcome=outcome,
            settings=self.own,
            settings_id=_id_of(self.own, self.memory),
            home=_home_folder(),
            reason=reason[:_LONGEST],
            locked=self.memory.locked,
        )


def _note_told(home: Home, report: SettingsReport) -> None:
    """The server acknowledged: it has heard that."""
    with changing_settings(home):
        memory = replace(load_memory(home), told_id=report.settings_id)
        taken = memory.find(report.revision)
        if taken is not None and report.outcome in ("applied", "refused"):
            same = taken.refused == (report.outcome == "refused") and taken.seen <= report.seen
            memory = memory.with_taken(replace(taken, told=same))
        save_memory(home, memory)


def _id_of(settings: SourceSettings, memory: Memory) -> bytes:
    """The same for equal settings: by it the server's knowledge is compared with what is here."""
    said = repr((render(settings), memory.locked, _home_folder()))
    return blake3(said.encode()).digest()


def _warnings(own: SourceSettings, after: SourceSettings) -> Iterator[str]:
    new = tuple(root for root in after.folders.roots if root not in own.folders.roots)
    files = LiveFiles(new, patience_seconds=_DISK_SECONDS)
    for root in new:
        try:
            files.status(root)
        except (TimeoutError, OSError):
            yield f"{root[:_LONGEST].decode(errors='replace')} is not there."


def _home_folder() -> bytes:
    """What `~` stands for here; empty for an account of the system that has no folder."""
    try:
        return os.fsencode(Path.home())
    except RuntimeError:
        return b""
