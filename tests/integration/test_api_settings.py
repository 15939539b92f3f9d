"""Settings of devices through the API: who may change what, and what becomes of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csbackup.protocol.adapter import render
from csbackup.rules.source import PARTS, Folders, LeftOut, SourceChange
from csbackup.server.app import clock, rebuild_folder
from csbackup.server.catalog.database import CATALOG
from support.api import Api, DeviceCaller, PersonCaller, api_on, b64
from support.device_settings import (
    AT_FIRST,
    DAILY,
    HOURLY,
    SettingsDevice,
    SettingsPerson,
    only_documents,
)


@dataclass
class World:
    api: Api
    anna: PersonCaller
    root: PersonCaller
    laptop: DeviceCaller
    tablet: DeviceCaller

    def person(self, who: PersonCaller, device: DeviceCaller | None = None) -> SettingsPerson:
        return SettingsPerson(self.api, who.token, (device or self.laptop).device.hex())

    def device(self, caller: DeviceCaller | None = None) -> SettingsDevice:
        return SettingsDevice(self.api, caller or self.laptop)

    def template(self, who: PersonCaller, **changes: Any) -> dict[str, Any]:
        draft = {
            "name": "Office",
            "revision": 0,
            "change": render(DAILY),
            "person_may": list(PARTS),
            **changes,
        }
        answer = self.api.post("templates", token=who.token, json=draft)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def assign(self, who: PersonCaller, template: str, *devices: DeviceCaller) -> Any:
        message = {"devices": [one.device.hex() for one in devices]}
        return self.api.put(f"templates/{template}/devices", token=who.token, json=message)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with api_on(tmp_path / "data") as api:
        anna = PersonCaller("anna").register(api)
        code = api.server.services.invitations.invite_first_admin(clock())
        root = PersonCaller("root").register(api, invitation=code)
        yield World(api, anna, root, anna.enrol(api, "laptop"), anna.enrol(api, "tablet"))


# --- the way of a change -----------------------------------------------------------------------


def test_what_is_not_known_cannot_be_changed(world: World) -> None:
    anna = world.person(world.anna)

    found = anna.show()

    assert (found.state, found.told, found.revision) == ("untold", None, 0)
    assert anna.edit(DAILY, code=409)["code"] == "conflict"


def test_a_change_waits_until_the_device_took_it(world: World) -> None:
    device, anna = world.device().tell(), world.person(world.anna)
    anna.edit(only_documents())
    waiting = anna.show()

    pushed = device.take(warnings=("It is small.",))

    applied = anna.show()
    assert (waiting.state, waiting.told) == ("waiting", AT_FIRST)
    assert waiting.expected is not None
    assert waiting.expected.folders == only_documents().folders
    assert (pushed.waiting, pushed.by, pushed.by_owner, pushed.base) == (2, "anna", True, AT_FIRST)
    assert (applied.state, applied.told) == ("applied", device.has)
    newest = anna.history()[0]
    assert (newest.state, newest.warnings, newest.parts) == (
        "applied",
        ("It is small.",),
        ("folders",),
    )
    assert [effect.kind for effect in newest.effects] == ["folder-removed"]


def test_the_device_hears_the_revision_when_it_checks_in_and_while_it_waits(world: World) -> None:
    world.device().tell()
    world.person(world.anna).edit(DAILY)
    token = world.laptop.token

    check_in = world.api.post("checkin", token=token, json={"version": "1", "os": "Linux"}).json()
    listed = world.api.get("device/orders?since=0&wait=25&settings=1", token=token).json()

    assert (check_in["settings"], listed["settings"]) == (2, 2)


def test_a_second_change_replaces_the_one_that_waits_and_holds_both(world: World) -> None:
    device, anna = world.device().tell(), world.person(world.anna)
    anna.edit(only_documents())
    anna.edit(DAILY)

    device.take()

    assert device.has.folders == only_documents().folders
    assert device.has.schedule == DAILY.schedule
    assert [event.state for event in anna.history()] == ["applied", "replaced", "applied"]


def test_a_folder_chosen_on_the_device_meanwhile_is_not_lost(world: World) -> None:
    device, anna = world.device().tell(), world.person(world.anna)
    anna.edit(only_documents())
    more = (*AT_FIRST.folders.roots, b"/home/anna/Music")

    device.tell(folders=Folders(more))

    expected = anna.show().expected
    assert expected is not None
    assert set(expected.folders.roots) == {b"/home/anna/Documents", b"/home/anna/Music"}
    assert anna.show().state == "waiting"


def test_taking_back_a_change_reaches_a_device_that_took_it_just_before(world: World) -> None:
    device, anna = world.device().tell(), world.person(world.anna)
    anna.edit(only_documents())
    on_its_way = device.pushed()
    anna.edit(SourceChange(folders=AT_FIRST.folders))
    device.has = on_its_way.wanted or AT_FIRST
    device.report("applied", on_its_way.waiting)

    after = device.pushed()

    assert after.base == device.has
    assert after.wanted == AT_FIRST


def test_whoever_saw_older_settings_is_told_who_changed_them(world: World) -> None:
    world.device().tell()
    anna, root = world.person(world.anna), world.person(world.root)
    root.edit(DAILY)

    refused = anna.edit(HOURLY, revision=1, code=409)

    assert "root" in refused["detail"]


def test_a_device_says_why_it_did_not_take_them(world: World) -> None:
    device, anna = world.device().tell(), world.person(world.anna)
    anna.edit(DAILY)
    revision = device.pushed().waiting
    device.locked = True

    device.report("refused", revision, reason="A person there locked them.")

    found = anna.show()
    assert (found.state, found.reason) == ("refused", "A person there locked them.")
    assert found.locked
    assert found.expected == AT_FIRST


def test_home_is_spelled_out_where_it_is_known(world: World) -> None:
    world.device().tell()
    anna = world.person(world.anna)

    anna.edit(SourceChange(folders=Folders((b"~/Music/", b"~"))))

    expected = anna.show().expected
    assert expected is not None
    assert expected.folders.roots == (b"/home/anna/Music", b"/home/anna")


@pytest.mark.parametrize(
    "change",
    [
        SourceChange(folders=Folders((b"Documents",))),
        SourceChange(folders=Folders((b"/a/../b",))),
        SourceChange(exclusions=LeftOut(("*a*a*a*a*a*a*",))),
        SourceChange(exclusions=LeftOut(tuple(str(n) for n in range(1001)))),
    ],
    ids=["relative", "dots", "stars", "many"],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(world: World, change: SourceChange) -> None:
    world.device().tell()
    anna = world.person(world.anna)

    previewed = anna.ask("POST", "/preview", revision=1, change=render(change))
    answer = anna.edit(change, code=400)

    assert previewed["problems"]
    assert previewed["problems"][0] in answer["detail"]
    assert anna.show().revision == 1


def test_a_preview_says_what_narrows_and_changes_nothing(world: World) -> None:
    world.device().tell()
    anna = world.person(world.anna)

    found = anna.ask("POST", "/preview", revision=1, change=render(only_documents()))

    (effect,) = found["effects"]
    assert (effect["kind"], effect["narrows"]) == ("folder-removed", True)
    assert effect["detail"] == "/home/anna/Pictures"
    assert anna.show().revision == 1


def test_older_changes_are_forgotten_and_the_newest_stay(world: World) -> None:
    device = world.device()
    for number in range(205):
        device.tell(exclusions=LeftOut((str(number),)))

    records = world.api.server.config.folder / "records" / world.anna.account.hex()
    assert len(list(records.glob("settings-*"))) == 200
    assert world.person(world.anna).history()[0].revision == 205


# --- what others change ------------------------------------------------------------------------


def test_what_an_admin_changed_is_shown_to_the_owner_until_seen(world: World) -> None:
    device = world.device().tell()
    anna, root = world.person(world.anna), world.person(world.root)
    root.edit(only_documents())
    device.take()

    before = anna.show().unseen
    after = anna.ask("POST", "/seen", revision=2)["unseen"]

    assert [(event.by, event.revision, event.by_owner) for event in before] == [("root", 2, False)]
    assert before[0].effects[0].narrows
    assert after == []
    assert root.ask("POST", "/seen", code=403, revision=2)["code"] == "forbidden"


def test_the_owner_takes_back_what_an_admin_changed_and_nothing_else(world: World) -> None:
    device = world.device().tell()
    anna, root = world.person(world.anna), world.person(world.root)
    root.edit(only_documents())
    device.take()
    anna.edit(DAILY)

    anna.ask("POST", "/refuse", revision=2)
    device.take()

    assert device.has.folders.roots == AT_FIRST.folders.roots
    assert device.has.schedule == DAILY.schedule
    newest = anna.history()[0]
    assert (newest.origin, newest.by, newest.by_owner) == ("refusal", "anna", True)
    assert anna.show().unseen == ()


def test_a_person_at_the_device_has_seen_it(world: World) -> None:
    device = world.device().tell()
    world.person(world.root).edit(DAILY)
    device.take()

    device.report("told", 2, seen=True)

    assert world.person(world.anna).show().unseen == ()


def test_the_admin_says_which_parts_the_owner_may_change(world: World) -> None:
    device = world.device().tell()
    anna, root = world.person(world.anna), world.person(world.root)

    root.ask("PUT", "/permission", person_may=["schedule", "limits"])

    assert anna.show().may_change == ("schedule", "limits")
    assert anna.edit(only_documents(), code=403)["code"] == "forbidden"
    assert anna.edit(DAILY)["state"] == "waiting"
    assert root.show().may_change == PARTS
    assert device.pushed().kept == ("folders", "exclusions")


# --- templates ---------------------------------------------------------------------------------


def test_a_template_is_stamped_onto_the_devices_that_follow_it(world: World) -> None:
    laptop, tablet = world.device().tell(), world.device(world.tablet).tell()
    office = world.template(world.root)

    answer = world.assign(world.root, office["template"], world.laptop, world.tablet)

    assert answer.status_code == 200, answer.text
    laptop.take()
    tablet.take()
    assert laptop.has.schedule == tablet.has.schedule == DAILY.schedule
    assert laptop.has.folders == AT_FIRST.folders
    (listed,) = world.api.get("templates", token=world.root.token).json()["templates"]
    assert [(one["name"], one["state"], one["differs"]) for one in listed["devices"]] == [
        ("laptop", "applied", []),
        ("tablet", "applied", []),
    ]


def test_only_what_a_template_changes_is_stamped_again(world: World) -> None:
    device = world.device().tell()
    anna, root = world.person(world.anna), world.root
    office = world.template(root)
    world.assign(root, office["template"], world.laptop)
    device.take()
    anna.edit(HOURLY)
    device.take()
    change = {**render(DAILY), "exclusions": {"patterns": ["*.tmp"], "defaults": True}}
    draft = {"name": "Office", "revision": 1, "change": change, "person_may": list(PARTS)}

    world.api.put(f"templates/{office['template']}", token=root.token, json=draft)
    device.take()

    assert device.has.schedule == HOURLY.schedule
    assert device.has.exclusions == LeftOut(("*.tmp",))


def test_a_device_that_has_not_told_yet_gets_its_template_when_it_does(world: World) -> None:
    office = world.template(world.root)
    world.assign(world.root, office["template"], world.laptop)

    device = world.device().tell()
    device.take()

    assert device.has.schedule == DAILY.schedule


def test_a_template_says_what_its_followers_owners_may_change(world: World) -> None:
    world.device().tell()
    anna = world.person(world.anna)
    office = world.template(world.root, person_may=["folders"])
    world.assign(world.root, office["template"], world.laptop)
    following = anna.show()

    world.api.delete(f"templates/{office['template']}", token=world.root.token)

    assert (following.template_name, following.may_change) == ("Office", ("folders",))
    assert (anna.show().template, anna.show().may_change) == (None, PARTS)


def test_a_persons_template_is_for_the_own_devices_alone(world: World) -> None:
    bert = PersonCaller("bert").register(world.api)
    phone = bert.enrol(world.api, "phone")
    mine = world.template(world.anna)

    refused = world.assign(world.anna, mine["template"], phone)
    own = world.assign(world.anna, mine["template"], world.laptop)

    assert (refused.status_code, own.status_code) == (404, 200)
    for who in (bert, world.root):
        path = f"templates/{mine['template']}"
        assert world.api.get("templates", token=who.token).json()["templates"] == []
        assert world.api.delete(path, token=who.token).status_code == 404


def test_a_template_that_somebody_changed_meanwhile_is_not_overwritten(world: World) -> None:
    office = world.template(world.root)
    draft = {"name": "Office", "revision": 7, "change": render(HOURLY), "person_may": []}

    answer = world.api.put(f"templates/{office['template']}", token=world.root.token, json=draft)

    assert answer.status_code == 409


# --- the end of the catalog, and of an account -------------------------------------------------


def test_a_rebuilt_catalog_knows_settings_changes_and_templates(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with api_on(data) as api:
        anna = PersonCaller("anna").register(api)
        laptop = anna.enrol(api, "laptop")
        device = SettingsDevice(api, laptop).tell()
        person = SettingsPerson(api, anna.token, laptop.device.hex())
        person.edit(only_documents())
        device.take()
        person.edit(DAILY)
        draft = {"name": "Mine", "revision": 0, "change": render(HOURLY), "person_may": []}
        template = api.post("templates", token=anna.token, json=draft).json()["template"]
        api.put(
            f"templates/{template}/devices",
            token=anna.token,
            json={"devices": [laptop.device.hex()]},
        )
        before = (person.show(), person.history(), device.pushed())
        templates = api.get("templates", token=anna.token).json()

    report = rebuild_folder(data)

    assert report.problems == ()
    with api_on(data) as api:
        answer = api.post("sessions", json=_proof(anna)).json()
        person = SettingsPerson(api, answer["token"], laptop.device.hex())
        after = (person.show(), person.history(), SettingsDevice(api, laptop).pushed())
        assert after == before
        assert api.get("templates", token=answer["token"]).json() == templates


def test_the_export_has_the_changes_and_the_templates(world: World) -> None:
    world.device().tell()
    world.person(world.root).edit(DAILY)
    world.template(world.anna, name="Mine")

    found = world.api.get("account/export", token=world.anna.token).json()

    by_name = {one["name"]: one for one in found["devices"]}
    assert [one["event"]["by"] for one in by_name["laptop"]["settings"]] == ["", "root"]
    assert [one["name"] for one in found["templates"]] == ["Mine"]


def test_nothing_of_the_settings_outlives_the_account(world: World) -> None:
    world.device().tell()
    world.person(world.anna).edit(DAILY)
    world.template(world.anna)
    answer = world.api.post("account/deletion", token=world.anna.token, json=_deletion(world.anna))
    assert answer.status_code == 200, answer.text

    list(world.api.server.eraser.erase_due(clock() + 30 * 24 * 3600 * 10**9))

    data = world.api.server.config.folder
    with closing(sqlite3.connect(data / CATALOG)) as catalog:
        for table in ("settings_events", "device_settings", "templates"):
            (number,) = catalog.execute(f"select count(*) from {table}").fetchone()
            assert number == 0
    names = [one.name for one in (data / "records" / world.anna.account.hex()).iterdir()]
    assert [name.partition("-")[0] for name in names] == ["deletion"]


def _proof(who: PersonCaller) -> dict[str, str]:
    return {"account": who.name, "auth": b64(who.auth)}


def _deletion(who: PersonCaller) -> dict[str, str]:
    return {"name": who.name, "proof": b64(who.auth)}
