"""Settings from the web to the device and back: real server, real `csb`, a service that runs."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from csbackup.client.config import Home
from csbackup.client.settings import load_settings
from csbackup.format.snapshot import read_snapshot
from csbackup.protocol import messages
from csbackup.protocol.adapter import render
from csbackup.rules.schedule import Schedule
from csbackup.rules.source import Folders, LeftOut, SourceChange, SourceSettings
from support.orders import Browser, open_browser
from support.processes import Client, Server, start_server
from support.tampering_server import Answer, Asked, Forward, Lie, TamperingServer

Found = TypeVar("Found")
MINUTE = 60.0


@dataclass
class World:
    server: Server
    laptop: Client
    ada: Browser
    boss: Browser
    place: Path

    @property
    def device(self) -> str:
        return self.ada.device("laptop").hex()

    def show(self) -> messages.DeviceSettings:
        path = f"devices/{self.device}/settings"
        found = self.ada.ask(messages.DeviceSettings, "GET", path)
        return cast("messages.DeviceSettings", found)

    def edit(self, who: Browser, change: SourceChange) -> None:
        message = messages.SettingsEdit(self.show().revision, change)
        who.ask(messages.DeviceSettings, "PUT", f"devices/{self.device}/settings", message)

    def folders(self, *names: str) -> SourceChange:
        roots = tuple(str(self.place / name).encode() for name in names)
        return SourceChange(folders=Folders(roots))

    def history(self) -> tuple[messages.SettingsEvent, ...]:
        path = f"devices/{self.device}/settings/history"
        found = self.ada.ask(messages.SettingsHistory, "GET", path)
        return cast("messages.SettingsHistory", found).events

    def taken(self) -> dict[str, Any]:
        found: dict[str, Any] = self.laptop.run("settings", "--json", code=None).json
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("settings")
    for name in ("documents", "pictures", "music"):
        (place / name).mkdir()
        (place / name / "a.txt").write_text(name)
    with start_server(place / "server") as server:
        laptop = Client(place / "laptop", server.url, server.pin)
        laptop.register("ada", device="laptop")
        laptop.run("add", str(place / "documents"), str(place / "pictures"))
        other = Client(place / "other", server.url, server.pin)
        other.register("boss", device="other")
        server.admin("admin", "create", "boss")
        laptop.backup()
        yield World(server, laptop, open_browser(laptop), open_browser(other), place)


@contextmanager
def service(client: Client) -> Iterator[subprocess.Popen[str]]:
    process = client.start("service", "run", "--every", "600")
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def wait_for(look: Callable[[], Found | None], seconds: float = MINUTE) -> Found:
    until = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < until, "it did not come within a minute"
        time.sleep(0.2)
    return found


def applied(world: World) -> messages.DeviceSettings | None:
    found = world.show()
    return found if found.state == "applied" else None


def test_a_change_in_the_web_is_on_the_device_within_a_minute_and_in_the_next_snapshot(
    world: World,
) -> None:
    with service(world.laptop):
        wait_for(lambda: world.show().told)
        time.sleep(2)  # it listens
        began = time.monotonic()
        world.edit(world.ada, world.folders("documents", "music", "absent"))
        found = wait_for(lambda: applied(world))
        seconds = time.monotonic() - began

    world.laptop.run("backup", code=None)
    assert found.told is not None
    assert [Path(root.decode()).name for root in found.told.folders.roots] == [
        "documents",
        "music",
        "absent",
    ]
    assert seconds < MINUTE / 2
    assert any("absent is not there" in one for one in world.history()[0].warnings)
    assert newest_settings(world) == load_settings(Home(world.laptop.home)).node().id  # type: ignore[union-attr]


def newest_settings(world: World) -> bytes:
    path = f"devices/{world.device}/snapshots"
    found = world.ada.ask(messages.SnapshotList, "GET", path).snapshots
    return read_snapshot(found[-1].signed).settings


def test_what_is_added_on_the_device_is_told_within_a_minute(world: World) -> None:
    new = world.place / "new"
    new.mkdir()
    with service(world.laptop):
        time.sleep(2)
        world.laptop.run("add", str(new))

        def told() -> messages.DeviceSettings | None:
            found = world.show()
            roots = found.told.folders.roots if found.told else ()
            return found if str(new).encode() in roots else None

        wait_for(told)

    assert world.history()[0].origin == "device"


def test_a_backup_without_a_service_takes_what_waits_first(world: World) -> None:
    world.edit(world.ada, world.folders("documents", "pictures"))

    result = world.laptop.backup()

    assert result["files"] == 2
    assert world.show().state == "applied"


def test_a_person_at_the_device_sees_and_takes_back_what_the_admin_changed(world: World) -> None:
    world.edit(world.ada, world.folders("documents", "pictures"))
    world.laptop.backup()
    world.edit(world.boss, world.folders("documents"))
    world.laptop.backup()
    status = world.laptop.run("status", code=1).out
    shown = world.laptop.run("settings", code=1).out

    world.laptop.run("settings", "refuse")

    assert "boss changed the settings" in status and "less is backed up" in status
    assert f"- {world.place}/pictures is no longer backed up" in shown
    assert world.show().unseen == ()
    assert world.show().state == "refused"
    assert world.laptop.backup()["files"] == 2
    world.laptop.run("settings", code=0)


def test_what_was_seen_is_not_shown_again(world: World) -> None:
    world.edit(world.boss, SourceChange(schedule=Schedule(every_minutes=120.0)))
    world.laptop.backup()
    before = world.show().unseen

    world.laptop.run("settings", "accept")

    assert [event.by for event in before] == ["boss"]
    assert world.show().unseen == ()
    assert world.taken()["changes"][0]["seen"]


def test_a_locked_device_says_that_it_takes_nothing(world: World) -> None:
    world.laptop.run("settings", "lock")
    was = world.show().told
    world.edit(world.boss, world.folders("documents"))

    world.laptop.backup()

    found = world.show()
    assert (found.state, found.locked, found.told) == ("refused", True, was)
    assert "csb settings unlock" in found.reason
    world.laptop.run("settings", "unlock")
    assert not world.show().locked


def test_what_the_admin_decides_is_named_on_the_device_and_goes_on_with_anyway(
    world: World,
) -> None:
    path = f"devices/{world.device}/settings/permission"
    world.boss.ask(messages.DeviceSettings, "PUT", path, messages.SettingsPermission(("limits",)))
    world.laptop.backup()
    music = str(world.place / "music")

    refused = world.laptop.run("add", music, code=2)
    world.laptop.run("exclude")
    world.laptop.run("add", music, "--anyway")

    assert "[kept-by-admin]" in refused.err
    everything = messages.SettingsPermission(("folders", "exclusions", "schedule", "limits"))
    world.boss.ask(messages.DeviceSettings, "PUT", path, everything)
    world.laptop.backup()
    world.laptop.run("remove", music)


# --- a malicious server ------------------------------------------------------------------------


@dataclass
class Evil:
    server: TamperingServer
    laptop: Client

    @property
    def settings(self) -> Any:
        return json.loads((self.laptop.home / "settings.json").read_text())


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evil]:
    place = tmp_path_factory.mktemp("evil")
    (place / "documents").mkdir()
    (place / "documents" / "a.txt").write_text("a")
    with start_server(place / "server") as server, TamperingServer(server) as liar:
        laptop = Client(place / "laptop", liar.url, server.pin)
        laptop.register("ada", device="laptop")
        laptop.run("add", str(place / "documents"))
        laptop.backup()
        yield Evil(liar, laptop)


def pushing(**parts: Any) -> Callable[[Asked, Forward], Answer]:
    """What waits for the device is made up: the usual settings, but for some parts."""

    def lie(_: Asked, forward: Forward) -> Answer:
        true = forward()
        base = render(SourceSettings())
        made_up = {"waiting": 999, "by": "ada", "base": base, "wanted": {**base, **parts}}
        return true.saying({**true.message, **made_up})

    return lie


@pytest.mark.parametrize(
    "parts",
    [
        {"exclusions": {"patterns": ["*.x"] * 100_000, "defaults": True}},
        {"exclusions": {"patterns": ["*a" * 50], "defaults": True}},
        {"folders": render(Folders((b"/etc/../root",)))},
        {"folders": render(Folders(tuple(b"/%d" % number for number in range(100_000))))},
        {"schedule": render(Schedule(every_minutes=10.0**12))},
        {"schedule": {**render(Schedule()), "quiet_hours": [{"begin": 0, "end": 1440}]}},
        {"limits": {"upload": 1}},
        {"folders": "nonsense"},
        {"exclusions": render(LeftOut(("a\nb",)))},
    ],
    ids=["many", "stars", "dots", "folders", "rare", "always-quiet", "crawl", "shape", "lines"],
)
def test_what_is_out_of_bounds_changes_nothing(evil: Evil, parts: dict[str, Any]) -> None:
    before = evil.settings

    with evil.server.lying(Lie("GET", "device/settings", pushing(**parts))) as lies:
        result = evil.laptop.backup()

    assert lies.fired
    assert evil.settings == before
    assert result["files"] == 1


def test_hooks_or_whatever_else_a_server_adds_is_not_kept(evil: Evil) -> None:
    before = set(evil.settings)
    more = {"schedule": {**render(Schedule()), "every_minutes": 30.0, "hooks": ["rm -rf /"]}}

    with evil.server.lying(Lie("GET", "device/settings", pushing(**more, command="reboot"))):
        evil.laptop.backup()

    assert set(evil.settings) == before
    assert evil.settings["schedule"]["every_minutes"] == 30
    assert "rm -rf" not in json.dumps(evil.settings)
    assert "hooks" not in evil.settings["schedule"]


def test_who_changed_something_is_text_and_no_more(evil: Evil) -> None:
    def lie(asked: Asked, forward: Forward) -> Answer:
        true = pushing(folders=render(Folders((b"/\x1b[2Jx",))))(asked, forward)
        return true.saying(
            {**true.message, "by": "\x1b[31mada\n", "by_owner": False, "waiting": 1000}
        )

    with evil.server.lying(Lie("GET", "device/settings", lie)):
        evil.laptop.backup("--quiet", code=1)
    shown = evil.laptop.run("settings", code=1).out
    evil.laptop.run("settings", "refuse")

    assert "\x1b" not in shown
