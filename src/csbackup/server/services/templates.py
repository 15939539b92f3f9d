"""Templates: settings for many devices, stamped onto each that follows one.

A template is stamped when a device begins to follow it, and those parts again in which it is
changed. In between a device may differ, where its owner may change that part.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from csbackup.errors import Conflict, NotFound, RequestError
from csbackup.format.ids import SHORT, AccountId, TemplateId
from csbackup.protocol import messages
from csbackup.rules.access import Person
from csbackup.rules.naming import checked_name
from csbackup.rules.source import PARTS, Part, SourceChange, SourceSettings, changed, with_home
from csbackup.server.services.settings_changes import in_order, state_of
from csbackup.server.services.settings_kept import KeptTemplate, Target
from csbackup.server.services.settings_revisions import Author, Revisions, Standing, check_bounds

MOST_TEMPLATES = 100
_LOOKED_AT = 20


class Templates:
    def __init__(self, revisions: Revisions) -> None:
        self._revisions = revisions
        self._shelf = revisions.shelf

    def list(self, person: Person) -> messages.TemplateList:
        """The own ones; for an admin those for everyone too."""
        found = self._shelf.templates(person.number, admin=person.is_admin)
        return messages.TemplateList(
            tuple(self._describe(template, kept) for template, kept in found)
        )

    def add(
        self, person: Person, draft: messages.TemplateDraft, now: int
    ) -> messages.SettingsTemplate:
        with self._revisions.changing:
            known = self._shelf.templates(person.number, admin=person.is_admin)
            if len(known) >= MOST_TEMPLATES:
                raise Conflict(f"There are {MOST_TEMPLATES} templates already. Delete some.")
            template = TemplateId(secrets.token_bytes(SHORT))
            kept = self._drafted(person, draft, revision=1, everyone=person.is_admin, now=now)
            self._shelf.keep_template(template, person.number, person.account, kept)
        return self._describe(template, kept)

    def change(
        self, person: Person, template: TemplateId, draft: messages.TemplateDraft, now: int
    ) -> messages.SettingsTemplate:
        """Kept first, then stamped onto each device that follows; a crash in between leaves devices
        that differ, and the list of templates shows which."""
        with self._revisions.changing:
            old, owner, account = self._own(person, template)
            if draft.revision != old.revision:
                raise Conflict(
                    f"Meanwhile {old.by} changed this template. Look at it as it is now."
                )
            kept = self._drafted(person, draft, old.revision + 1, everyone=old.everyone, now=now)
            self._shelf.keep_template(template, owner, account, kept)
            for target in self._shelf.followers(template):
                standing = self._revisions.standing(target)
                self._stamp(person.number, standing, kept, _news(old.change, kept.change), now)
        return self._describe(template, kept)

    def delete(self, person: Person, template: TemplateId, now: int) -> None:
        """The devices that followed it keep what they have."""
        with self._revisions.changing:
            _, _, account = self._own(person, template)
            for target in self._shelf.followers(template):
                self._let_go(person, target, now)
            self._shelf.forget_template(template, account)

    def assign(
        self, person: Person, template: TemplateId, devices: tuple[bytes, ...], now: int
    ) -> messages.SettingsTemplate:
        """These devices follow it from now on, and no others."""
        with self._revisions.changing:
            kept, owner, _ = self._own(person, template)
            wanted = [self._target(device, kept, owner) for device in dict.fromkeys(devices)]
            following = {target.device for target in self._shelf.followers(template)}
            for target in self._shelf.followers(template):
                if target.device not in devices:
                    self._let_go(person, target, now)
            for target in wanted:
                if target.device not in following:
                    self._follow(person, target, template, kept, now)
        return self._describe(template, kept)

    def stamp_at_first(self, standing: Standing, now: int) -> None:
        """A device that follows a template has told its settings for the first time."""
        found = self._shelf.template(standing.told.follows)
        if found is not None:
            kept, owner, _ = found
            self._stamp(owner, standing, kept, kept.change, now)

    def _follow(
        self, person: Person, target: Target, template: TemplateId, kept: KeptTemplate, now: int
    ) -> None:
        standing = self._revisions.standing(target)
        told = replace(standing.told, follows=template)
        following = replace(standing, told=told, person_may=kept.person_may)
        self._stamp(person.number, following, kept, kept.change, now)

    def _stamp(
        self, author: int, standing: Standing, kept: KeptTemplate, change: SourceChange, now: int
    ) -> None:
        name = self._shelf.account_name(author)
        is_owner = author == standing.target.owner
        by = Author(name, is_owner, "template", kept.name)
        wanted = None if standing.expected is None else standing.after(change)
        if wanted is None or wanted == standing.expected:
            self._revisions.note(standing, by, standing.told, now)
        else:
            self._revisions.push(standing, wanted, by, standing.told, now)

    def _let_go(self, person: Person, target: Target, now: int) -> None:
        standing = self._revisions.standing(target)
        told = replace(standing.told, follows=b"")
        alone = replace(standing, person_may=told.person_may)
        is_owner = person.number == target.owner
        by = Author(self._shelf.account_name(person.number), is_owner, "permission")
        self._revisions.note(alone, by, told, now)

    def _drafted(
        self,
        person: Person,
        draft: messages.TemplateDraft,
        revision: int,
        *,
        everyone: bool,
        now: int,
    ) -> KeptTemplate:
        change = draft.change
        if change.folders is not None:
            change = replace(change, folders=with_home(change.folders, b""))
        check_bounds(changed(SourceSettings(), change))
        person_may: tuple[Part, ...] = in_order(draft.person_may) if everyone else PARTS
        return KeptTemplate(
            name=checked_name(draft.name, "The template"),
            revision=revision,
            everyone=everyone,
            change=change,
            person_may=person_may,
            changed=now,
            by=self._shelf.account_name(person.number),
        )

    def _own(self, person: Person, template: TemplateId) -> tuple[KeptTemplate, int, AccountId]:
        found = self._shelf.template(template)
        if found is None:
            raise _no_such_template()
        kept, owner, account = found
        if owner != person.number and not (kept.everyone and person.is_admin):
            raise _no_such_template()
        return kept, owner, account

    def _target(self, device: bytes, kept: KeptTemplate, owner: int) -> Target:
        target = self._shelf.target(device)
        if not kept.everyone and target.owner != owner:
            raise NotFound("There is no such device.")
        if target.revoked:
            raise RequestError(f"{target.name} is revoked: it hears of nothing any more.")
        return target

    def _describe(self, template: TemplateId, kept: KeptTemplate) -> messages.SettingsTemplate:
        devices = (self._device(target, kept) for target in self._shelf.followers(template))
        return messages.SettingsTemplate(
            template=template,
            name=kept.name,
            revision=kept.revision,
            everyone=kept.everyone,
            change=kept.change,
            person_may=kept.person_may,
            changed=kept.changed,
            by=kept.by,
            devices=tuple(devices),
        )

    def _device(self, target: Target, kept: KeptTemplate) -> messages.TemplateDevice:
        standing = self._revisions.standing(target)
        state, _ = state_of(standing, self._shelf.events(target.number, 2**62, _LOOKED_AT))
        return messages.TemplateDevice(
            device=target.device,
            name=target.name,
            account=target.account_name,
            state=state,
            differs=_differing(standing, kept.change),
        )


def _differing(standing: Standing, change: SourceChange) -> tuple[Part, ...]:
    """The parts that the device does not have as the template says."""
    told = standing.told.settings
    if told is None:
        return ()
    folders = change.folders and with_home(change.folders, standing.told.home)
    meant = replace(change, folders=folders)
    return tuple(part for part in meant.parts if getattr(meant, part) != getattr(told, part))


def _news(old: SourceChange, new: SourceChange) -> SourceChange:
    """The parts that the template says otherwise than before; what it no longer says stays."""
    same = [part for part in new.parts if getattr(new, part) == getattr(old, part)]
    return replace(new, **dict.fromkeys(same))


def _no_such_template() -> NotFound:
    return NotFound("There is no such template.")
