"""What a device and the server say to each other about the device's settings."""

from __future__ import annotations

from dataclasses import replace

from csbackup.errors import NotFound, RequestError
from csbackup.protocol import messages
from csbackup.rules.access import DeviceCaller
from csbackup.rules.source import PARTS, Part
from csbackup.server.services.settings_changes import seen_now
from csbackup.server.services.settings_kept import Kept, Told
from csbackup.server.services.settings_revisions import Author, Revisions, Standing, new_event
from csbackup.server.services.templates import Templates

_LONGEST_TEXT = 1000
_LONGEST_PATH = 4096
_MOST_WARNINGS = 50
_MOST_VALUES = 20_000  # folders and patterns that a person may have chosen on the device
_DEVICE = Author("", True, "device")


class SettingsTelling:
    def __init__(self, revisions: Revisions, templates: Templates) -> None:
        self._revisions = revisions
        self._shelf = revisions.shelf
        self._templates = templates

    def revision(self, device: int) -> int:
        """The newest one of a device, by the catalog's number."""
        return self._shelf.revision(device)

    def for_device(self, caller: DeviceCaller) -> messages.PushedSettings:
        standing = self._revisions.standing(self._shelf.target(caller.device))
        kept = tuple(part for part in PARTS if part not in standing.person_may)
        told_id = standing.told.settings_id
        if standing.waiting is None:
            return messages.PushedSettings(standing.revision, 0, told_id, kept)
        event = standing.waiting.event
        return messages.PushedSettings(
            revision=standing.revision,
            waiting=event.revision,
            told_id=told_id,
            kept=kept,
            changed=event.changed,
            by=event.by,
            by_owner=event.by_owner,
            base=standing.waiting.base,
            wanted=event.settings,
        )

    def report(
        self, caller: DeviceCaller, report: messages.SettingsReport, now: int
    ) -> messages.SettingsVerdict:
        """What the device has, and what became of the change that it names."""
        _check_size(report)
        with self._revisions.changing:
            standing = self._revisions.standing(self._shelf.target(caller.device))
            if report.outcome == "told":
                self._note_told(standing, report, now)
            else:
                self._note_answer(standing, report, report.outcome, now)
            if report.seen:
                self._note_seen(standing, report.revision, now)
        return messages.SettingsVerdict(self._shelf.revision(caller.device_number))

    def _note_told(self, standing: Standing, report: messages.SettingsReport, now: int) -> None:
        told = _told(standing.told, report, now)
        known = standing.told.settings
        if known == report.settings:
            self._shelf.keep(standing.target, told, [])
            return
        before = replace(standing, waiting=None)  # what the device had, not what is expected
        parts = PARTS if known is None else _parts(standing, report)
        event = replace(
            new_event(before, report.settings, _DEVICE, parts, now), state="applied", answered=now
        )
        self._shelf.keep(standing.target, told, [Kept(event, known)])
        if known is None and told.follows:
            self._templates.stamp_at_first(self._revisions.standing(standing.target), now)

    def _note_answer(
        self,
        standing: Standing,
        report: messages.SettingsReport,
        outcome: messages.SettingsState,
        now: int,
    ) -> None:
        kept = self._shelf.event(standing.target.number, report.revision)
        if kept is None or kept.event.origin == "device":
            raise NotFound("There is no such change of the settings.")
        took_replaced = kept.event.state == "replaced" and outcome == "applied"
        event = replace(
            kept.event,
            state=outcome,
            reason=_shortened(report.reason),
            warnings=tuple(_shortened(one) for one in report.warnings[:_MOST_WARNINGS]),
            answered=now,
        )
        events = [replace(kept, event=event)]
        if took_replaced and standing.waiting is not None:
            # What came after was meant for a device that has this already.
            events.append(replace(standing.waiting, base=report.settings))
        self._shelf.keep(standing.target, _told(standing.told, report, now), events)

    def _note_seen(self, standing: Standing, revision: int, now: int) -> None:
        unseen = self._shelf.unseen(standing.target.number)
        seen = [seen_now(kept, now) for kept in unseen if kept.event.revision <= revision]
        if seen:
            self._shelf.keep(standing.target, None, seen)


def _told(before: Told, report: messages.SettingsReport, now: int) -> Told:
    return replace(
        before,
        settings=report.settings,
        at=now,
        home=report.home,
        settings_id=report.settings_id,
        locked=report.locked,
    )


def _parts(standing: Standing, report: messages.SettingsReport) -> tuple[Part, ...]:
    known = standing.told.settings
    return tuple(part for part in PARTS if getattr(known, part) != getattr(report.settings, part))


def _check_size(report: messages.SettingsReport) -> None:
    settings = report.settings
    number = len(settings.folders.roots) + len(settings.exclusions.patterns)
    windows = len(settings.schedule.quiet_hours) + len(settings.limits.upload_windows)
    if number > _MOST_VALUES or windows > _MOST_VALUES or len(report.home) > _LONGEST_PATH:
        raise RequestError("These settings are too long to be kept here.")
    if len(report.settings_id) > _LONGEST_PATH:
        raise RequestError("The id of the settings is none.")


def _shortened(text: str) -> str:
    return text[:_LONGEST_TEXT]
