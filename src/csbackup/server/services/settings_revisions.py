"""How the settings of a device go on: each change is the next revision, with its author.

The device says what it has (`told`); a change waits until the device answers. At most one waits:
one that comes before the answer replaces it, and holds what both want.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from csbackup.errors import Conflict, NotFound, RequestError
from csbackup.protocol import messages
from csbackup.rules.access import Person
from csbackup.rules.narrowing import effects_of
from csbackup.rules.source import (
    PARTS,
    Part,
    SourceChange,
    SourceSettings,
    changed,
    merge,
    parts_that_differ,
    with_home,
)
from csbackup.rules.source_bounds import problems_of
from csbackup.server.services.settings_kept import Kept, SettingsShelf, Target, Told

_NOTHING = SourceSettings()
_TOLD_AT_ONCE = 5
_MOST_EFFECTS = 200  # kept of one change; what narrows comes first


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and how."""

    name: str
    is_owner: bool
    origin: messages.SettingsOrigin
    template: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is with a device's settings. `person_may`: what its owner may change here."""

    target: Target
    told: Told
    revision: int
    waiting: Kept | None
    person_may: tuple[Part, ...]
    template_name: str

    @property
    def expected(self) -> SourceSettings | None:
        """What the device will have once it took what waits for it."""
        told = self.told.settings
        if self.waiting is None or told is None or self.waiting.base is None:
            return told
        return merge(self.waiting.base, self.waiting.event.settings, told)

    def after(self, change: SourceChange) -> SourceSettings:
        """What is expected with a change on top, and its folders as they are called there."""
        if self.expected is None:
            raise Conflict(
                "The device has not told its settings yet. It does with its next contact, if its "
                "client is not too old."
            )
        if change.folders is not None:
            change = replace(change, folders=with_home(change.folders, self.told.home))
        return changed(self.expected, change)


class Revisions:
    """Whoever changes something holds `changing` from the first look to the end."""

    def __init__(self, shelf: SettingsShelf) -> None:
        self.shelf = shelf
        self.changing = threading.Lock()

    def of_person(self, person: Person, device: bytes) -> Standing:
        """Of an own device, or of any for an admin."""
        target = self.shelf.target(device)
        if target.owner != person.number and not person.is_admin:
            raise NotFound("There is no such device.")
        return self.standing(target)

    def standing(self, target: Target) -> Standing:
        told = self.shelf.told(target.number)
        found = self.shelf.template(told.follows) if told.follows else None
        return Standing(
            target=target,
            told=told,
            revision=self.shelf.revision(target.number),
            waiting=self.shelf.waiting(target.number),
            person_may=found[0].person_may if found else told.person_may,
            template_name=found[0].name if found else "",
        )

    def push(
        self, standing: Standing, wanted: SourceSettings, author: Author, told: Told, now: int
    ) -> None:
        """Keep a change that waits for the device. `told`: with what else changes beside it."""
        expected = standing.expected
        parts = parts_that_differ(expected, wanted) if expected is not None else ()
        kept = [replaced(standing.waiting)] if standing.waiting is not None and parts else []
        after = replace(standing, told=told)
        event = new_event(after, wanted, author, parts, now)
        self.shelf.keep(standing.target, told, [*kept, Kept(event, standing.told.settings)])

    def note(self, standing: Standing, author: Author, told: Told, now: int) -> None:
        """Keep a change that leaves the settings as they are: of who may change them."""
        settings = standing.expected or SourceSettings()
        after = replace(standing, told=told)
        event = new_event(after, settings, author, (), now)
        self.shelf.keep(standing.target, told, [Kept(event, standing.told.settings)])


def new_event(
    standing: Standing,
    settings: SourceSettings,
    author: Author,
    parts: Sequence[Part],
    now: int,
) -> messages.SettingsEvent:
    """What changes no part has nothing to wait for."""
    expected = standing.expected
    return messages.SettingsEvent(
        revision=standing.revision + 1,
        changed=now,
        by=author.name,
        by_owner=author.is_owner,
        origin=author.origin,
        template=author.template,
        parts=tuple(parts),
        effects=effects_of(expected, settings)[:_MOST_EFFECTS] if expected is not None else (),
        settings=settings,
        person_may=standing.person_may,
        state="waiting" if parts else "applied",
        reason="",
        warnings=(),
        answered=None,
        seen=None,
        needs_seeing=bool(parts) and not author.is_owner,
    )


def replaced(kept: Kept) -> Kept:
    return replace(kept, event=replace(kept.event, state="replaced"))


def check_bounds(settings: SourceSettings, *, known: SourceSettings = _NOTHING) -> None:
    problems = problems_of(settings, known=known)
    if problems:
        raise RequestError(" ".join(problems[:_TOLD_AT_ONCE]))


def may_change(person: Person, standing: Standing) -> tuple[Part, ...]:
    """An admin decides what the owner may change, and may change everything."""
    return PARTS if person.is_admin else standing.person_may
