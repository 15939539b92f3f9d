"""What people do with the settings of a device in the web: look, change, take back, allow."""

from __future__ import annotations

from dataclasses import replace

from csbackup.errors import Conflict, Forbidden, NotFound
from csbackup.protocol import messages
from csbackup.rules.access import Person
from csbackup.rules.narrowing import effects_of
from csbackup.rules.source import PARTS, Part, SourceSettings, merge, parts_that_differ
from csbackup.rules.source_bounds import problems_of
from csbackup.server.services.settings_kept import Kept
from csbackup.server.services.settings_revisions import (
    Author,
    Revisions,
    Standing,
    check_bounds,
    may_change,
)

_LOOKED_AT = 20


class SettingsChanges:
    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions
        self._shelf = revisions.shelf

    def show(self, person: Person, device: bytes) -> messages.DeviceSettings:
        return self._describe(person, self._revisions.of_person(person, device))

    def preview(
        self, person: Person, device: bytes, edit: messages.SettingsEdit
    ) -> messages.SettingsPreview:
        standing = self._revisions.of_person(person, device)
        wanted = standing.after(edit.change)
        expected = standing.expected or SourceSettings()
        problems = problems_of(wanted, known=expected)
        return messages.SettingsPreview(effects_of(expected, wanted), problems)

    def edit(
        self, person: Person, device: bytes, edit: messages.SettingsEdit, now: int
    ) -> messages.DeviceSettings:
        with self._revisions.changing:
            standing = self._own_revision(person, device, edit.revision)
            wanted = standing.after(edit.change)
            _check_allowed(person, standing, wanted)
            check_bounds(wanted, known=standing.expected or wanted)
            if wanted != standing.expected:
                author = self._author(person, standing, "web")
                self._revisions.push(standing, wanted, author, standing.told, now)
        return self.show(person, device)

    def history(
        self, person: Person, device: bytes, before: int, limit: int
    ) -> messages.SettingsHistory:
        target = self._revisions.of_person(person, device).target
        found = self._shelf.events(target.number, before, limit + 1)
        more = found[limit - 1].event.revision if len(found) > limit else None
        return messages.SettingsHistory(tuple(kept.event for kept in found[:limit]), more)

    def seen(
        self, person: Person, device: bytes, revision: int, now: int
    ) -> messages.DeviceSettings:
        """The owner was shown what others changed up to a revision."""
        with self._revisions.changing:
            standing = self._revisions.of_person(person, device)
            _check_owner(person, standing)
            unseen = self._shelf.unseen(standing.target.number)
            seen = [seen_now(kept, now) for kept in unseen if kept.event.revision <= revision]
            if seen:
                self._shelf.keep(standing.target, None, seen)
        return self.show(person, device)

    def refuse(
        self, person: Person, device: bytes, revision: int, now: int
    ) -> messages.DeviceSettings:
        """The owner takes back what somebody else changed, whatever the admin keeps."""
        with self._revisions.changing:
            standing = self._revisions.of_person(person, device)
            _check_owner(person, standing)
            kept = self._shelf.event(standing.target.number, revision)
            if kept is None or kept.base is None or not kept.event.needs_seeing:
                raise NotFound("There is no such change by somebody else.")
            self._shelf.keep(standing.target, None, [seen_now(kept, now)])
            self._take_back(person, standing, kept, now)
        return self.show(person, device)

    def permit(
        self, person: Person, device: bytes, person_may: tuple[Part, ...], now: int
    ) -> messages.DeviceSettings:
        """For an admin: what the owner may change here, where no template says so."""
        with self._revisions.changing:
            standing = self._revisions.of_person(person, device)
            told = replace(standing.told, person_may=in_order(person_may))
            if told != standing.told:
                noted = replace(standing, person_may=told.person_may)
                author = self._author(person, standing, "permission")
                self._revisions.note(noted, author, told, now)
        return self.show(person, device)

    def _take_back(self, person: Person, standing: Standing, kept: Kept, now: int) -> None:
        expected = standing.expected
        if expected is None or kept.base is None:
            return
        wanted = merge(kept.event.settings, kept.base, expected)
        if wanted != expected:
            author = self._author(person, standing, "refusal")
            self._revisions.push(standing, wanted, author, standing.told, now)

    def _own_revision(self, person: Person, device: bytes, revision: int) -> Standing:
        standing = self._revisions.of_person(person, device)
        if standing.target.revoked:
            raise Conflict("The device is revoked: nobody hears what is changed here.")
        if standing.revision != revision:
            newest = self._shelf.event(standing.target.number, standing.revision)
            who = (newest.event.by if newest else "") or "the device itself"
            raise Conflict(
                f"Meanwhile the settings were changed by {who}. Look at them as they are now."
            )
        return standing

    def _author(
        self, person: Person, standing: Standing, origin: messages.SettingsOrigin
    ) -> Author:
        is_owner = person.number == standing.target.owner
        return Author(self._shelf.account_name(person.number), is_owner, origin)

    def _describe(self, person: Person, standing: Standing) -> messages.DeviceSettings:
        target, told = standing.target, standing.told
        state, reason = self.state(standing)
        return messages.DeviceSettings(
            device=target.device,
            revision=standing.revision,
            told=told.settings,
            told_at=told.at or None,
            home=told.home,
            expected=standing.expected,
            state=state,
            reason=reason,
            locked=told.locked,
            may_change=() if target.revoked else may_change(person, standing),
            person_may=standing.person_may,
            template=told.follows if standing.template_name else None,
            template_name=standing.template_name,
            unseen=tuple(kept.event for kept in self._shelf.unseen(target.number)),
        )

    def state(self, standing: Standing) -> tuple[messages.StandingState, str]:
        return state_of(standing, self._shelf.events(standing.target.number, 2**62, _LOOKED_AT))


def state_of(standing: Standing, newest: list[Kept]) -> tuple[messages.StandingState, str]:
    """What became of the newest change that the device had to take, with the reason."""
    if standing.told.settings is None:
        return "untold", ""
    if standing.waiting is not None:
        return "waiting", ""
    for kept in newest:
        event = kept.event
        if event.origin != "device" and event.parts and event.state != "replaced":
            return (
                event.state if event.state in ("refused", "failed") else "applied"
            ), event.reason
    return "applied", ""


def seen_now(kept: Kept, now: int) -> Kept:
    return replace(kept, event=replace(kept.event, seen=kept.event.seen or now))


def in_order(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(part for part in PARTS if part in parts)


def _check_allowed(person: Person, standing: Standing, wanted: SourceSettings) -> None:
    expected = standing.expected or SourceSettings()
    allowed = may_change(person, standing)
    kept = [part for part in parts_that_differ(expected, wanted) if part not in allowed]
    if kept:
        raise Forbidden(f"The admin keeps this to themselves: {', '.join(kept)}.")


def _check_owner(person: Person, standing: Standing) -> None:
    if person.number != standing.target.owner:
        raise Forbidden("Only the owner of the device may do this.")
