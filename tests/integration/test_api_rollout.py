"""The admin's rollout over the API: what is kept, what devices hear, what a rebuild brings back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csbackup.rules.rollout import HOUR
from csbackup.server.app import clock, rebuild_folder
from support.api import Api, DeviceCaller, PersonCaller, api_on, b64
from support.updating import release

HERE = {"version": "0.1.0", "os": "Linux", "target": "linux-amd64", "update": {"state": "ready"}}


@dataclass
class World:
    api: Api
    folder: Path
    root: PersonCaller
    laptop: DeviceCaller
    tablet: DeviceCaller

    def set(self, code: int = 200, **rollout: Any) -> Any:
        answer = self.api.put("admin/rollout", token=self.root.token, json=rollout)
        assert answer.status_code == code, answer.text
        return answer.json()

    def look(self) -> Any:
        return self.api.get("admin/rollout", token=self.root.token).json()

    def standings(self) -> dict[str, str]:
        return {one["name"]: one["standing"] for one in self.look()["devices"]}

    def check_in(self, device: DeviceCaller, **changes: Any) -> str | None:
        """What the device is told to run."""
        answer = self.api.post("checkin", token=device.token, json=HERE | changes)
        assert answer.status_code == 200, answer.text
        told: str | None = answer.json()["release"]
        return told


@contextmanager
def open_world(data: Path) -> Iterator[World]:
    with api_on(data) as api:
        code = api.server.services.invitations.invite_first_admin(clock())
        root = PersonCaller("root").register(api, invitation=code)
        anna = PersonCaller("anna").register(api)
        for version in ("0.1.0", "0.2.0"):
            release(version, target="linux-amd64").write(data / "releases")
        yield World(api, data, root, anna.enrol(api, "laptop"), anna.enrol(api, "tablet"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path / "data") as world:
        yield world


def first(device: DeviceCaller, **more: Any) -> dict[str, Any]:
    return {"version": "0.2.0", "stage": "first", "first": [device.device.hex()], **more}


def test_without_a_rollout_devices_hear_of_no_release(world: World) -> None:
    assert world.check_in(world.laptop) is None
    assert world.look()["rollout"] == {
        "version": None, "stage": "off", "first": [], "automatic_hours": None,
    }  # fmt: skip
    assert [one["version"] for one in world.look()["releases"]] == ["0.2.0", "0.1.0"]


def test_first_devices_hear_of_it_then_all(world: World) -> None:
    world.set(**first(world.laptop))

    assert world.check_in(world.laptop) == "0.2.0"
    assert world.check_in(world.tablet) is None
    assert world.standings() == {"laptop": "given", "tablet": "not-yet"}
    world.set(version="0.2.0", stage="all")
    assert world.check_in(world.tablet) == "0.2.0"


def test_a_device_that_went_back_is_shown_with_the_reason_and_not_told_again(world: World) -> None:
    world.set(version="0.2.0", stage="all")

    report = {"state": "rolled-back", "version": "0.2.0", "code": "died", "reason": "It ended."}
    assert world.check_in(world.laptop, update=report) is None
    shown = {one["name"]: one for one in world.look()["devices"]}["laptop"]
    assert (shown["standing"], shown["update"]) == ("went-back", report)


def test_what_does_not_speak_of_updates_changes_nothing_of_them(world: World) -> None:
    world.check_in(world.laptop, update={"state": "off", "code": "package", "reason": "By hand."})

    world.api.post("checkin", token=world.laptop.token, json={"version": "0.1.0", "os": "Linux"})

    shown = {one["name"]: one for one in world.look()["devices"]}["laptop"]
    assert shown["target"] == "linux-amd64"
    assert shown["update"]["state"] == "off"


def test_it_goes_on_to_all_by_itself_and_says_so(world: World) -> None:
    world.set(**first(world.laptop, automatic_hours=1))
    world.check_in(world.laptop, version="0.2.0")
    due = world.look()["goes_on"]
    with sqlite3.connect(world.folder / "catalog.db") as catalog:  # the hour passes
        catalog.execute("update devices set version_since = ?", (clock() - HOUR,))
    catalog.close()

    assert due > clock()
    assert world.check_in(world.tablet) == "0.2.0"
    history = world.look()["history"]
    assert [(one["by"], one["rollout"]["stage"]) for one in history] == [
        ("", "all"),
        ("root", "first"),
    ]


def test_it_can_be_paused(world: World) -> None:
    world.set(version="0.2.0", stage="all")
    world.set(version="0.2.0", stage="off")

    assert world.check_in(world.laptop) is None
    assert world.standings()["laptop"] == "none"


def test_a_release_that_was_removed_is_given_to_nobody(world: World) -> None:
    world.set(version="0.2.0", stage="all")
    (world.folder / "releases/0.2.0/manifest.json").unlink()

    assert world.check_in(world.laptop) is None


@pytest.mark.parametrize(
    ("rollout", "code"),
    [
        ({"version": "9.9.9", "stage": "all"}, 404),
        ({"version": None, "stage": "all"}, 400),
        ({"version": "0.2.0", "stage": "first"}, 400),
        ({"version": "0.2.0", "stage": "first", "first": ["00" * 16]}, 404),
        ({"version": "0.2.0", "stage": "first", "first": ["00"]}, 404),
        ({"version": "0.2.0", "stage": "all", "automatic_hours": 0}, 400),
        ({"version": "0.2.0", "stage": "everywhere"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, rollout: dict[str, Any], code: int) -> None:
    world.set(code, **rollout)

    assert world.look()["history"] == []


def test_a_rebuild_brings_the_rollout_back_with_its_history(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with open_world(data) as world:
        world.set(**first(world.laptop, automatic_hours=24))
        world.set(version="0.2.0", stage="all")
        before = world.look()

    for file in data.glob("catalog.db*"):
        file.unlink()
    rebuild_folder(data)

    with api_on(data) as api:
        proof = {"account": "root", "auth": b64(world.root.auth)}
        session = api.post("sessions", json=proof).json()
        after = api.get("admin/rollout", token=session["token"]).json()
    assert after["rollout"] == before["rollout"]
    assert after["history"] == before["history"]
