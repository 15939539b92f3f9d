"""What the service goes by: clocks, power, links, state files."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from csbackup.client.config import Home
from csbackup.client.last_run import LastRun, save_last_run
from csbackup.client.pausing import FILE as PAUSE_FILE
from csbackup.client.pausing import end_pause, load_pause, save_pause
from csbackup.client.platform.clock import LocalZone, elapsed_seconds, forget_zone
from csbackup.client.platform.link import Link, ask_system, is_metered, read_link, read_routes
from csbackup.client.platform.power import Power, read_power
from csbackup.client.service.ages import Ages
from csbackup.client.service.memory import HomeMemory
from csbackup.client.settings import (
    FILE,
    load_limits,
    load_schedule,
    load_settings,
    new_settings,
    save_limits,
    save_schedule,
    save_settings,
)
from csbackup.errors import PathProblem
from csbackup.rules.limits import Limits
from csbackup.rules.schedule import Pause, Schedule
from csbackup.rules.windows import parse_window

SECOND = 1_000_000_000
NOW = 1_790_000_000 * SECOND
LINUX_ROUTE = (
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    "{interface}\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
)
ONLY_LINK_LOCAL = (
    "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
    "00000000000000000000000000000001 80 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 00000000 00000004 00000000 80200001       lo\n"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "state")


# --- settings, pauses ---


def test_schedule_and_limits_stand_beside_what_is_backed_up(home: Home) -> None:
    schedule = Schedule(30, True, (parse_window("22:00-7:00"),))
    limits = Limits(upload=50_000)

    save_schedule(home, schedule)
    save_settings(home, new_settings())
    save_limits(home, limits)

    assert (load_schedule(home), load_limits(home)) == (schedule, limits)
    assert load_settings(home) is not None


def test_settings_of_an_earlier_release_still_load(home: Home) -> None:
    home.write(FILE, b'{"source": "%s", "roots": ["/home"]}' % (b"ab" * 16))

    settings = load_settings(home)

    assert settings is not None
    assert settings.roots == (b"/home",)
    assert (load_schedule(home), load_limits(home)) == (Schedule(), Limits())


def test_a_schedule_that_cannot_be_kept_is_damage(home: Home) -> None:
    home.write(FILE, b'{"source": "%s", "schedule": {"every_minutes": 0}}' % (b"ab" * 16))

    with pytest.raises(PathProblem, match=r"time between backups"):
        load_schedule(home)


def test_a_pause_is_kept_and_damage_to_it_ends_it(home: Home) -> None:
    assert load_pause(home) is None
    save_pause(home, Pause(1, 2))
    assert load_pause(home) == Pause(1, 2)
    home.write(PAUSE_FILE, b'{"begun"')
    assert load_pause(home) is None
    end_pause(home)
    end_pause(home)


def test_the_service_hears_of_each_change_once(home: Home) -> None:
    save_settings(home, new_settings())
    memory = HomeMemory(home)
    before = memory.revision()
    assert not memory.news()

    save_pause(home, Pause(NOW, NOW + SECOND))
    assert memory.news()
    assert not memory.news()
    assert memory.pause() == Pause(NOW, NOW + SECOND)
    assert memory.revision() == before

    save_schedule(home, Schedule(every_minutes=5))
    assert memory.news()
    assert memory.schedule().every_minutes == 5
    assert memory.revision() != before
    save_last_run(home, LastRun(5, 5))
    assert memory.last_run() == LastRun(5, 5)
    assert HomeMemory(home, 7).schedule().every_minutes == 7


def test_damaged_settings_leave_the_service_with_what_it_knew(home: Home) -> None:
    save_schedule(home, Schedule(every_minutes=5))
    memory = HomeMemory(home)
    assert memory.schedule().every_minutes == 5

    home.write(FILE, b"{")

    assert memory.schedule().every_minutes == 5


# --- ages ---


def test_ages_go_by_the_clock_that_nobody_sets() -> None:
    ages = Ages()
    ages.notice(NOW - 600 * SECOND, NOW, 1000)
    assert ages.since_success(1100) == 700

    ages.notice(NOW - 600 * SECOND, NOW - 99_999 * SECOND, 1200)
    assert ages.since_success(1200) == 800
    assert ages.since_attempt(1200) is None
    ages.attempted(1150)
    assert ages.since_attempt(1200) == 50


def test_a_snapshot_from_the_future_is_none() -> None:
    ages = Ages()

    ages.notice(NOW + SECOND, NOW, 1000)

    assert ages.since_success(1000) is None


# --- clocks ---


@pytest.fixture
def zone() -> object:
    before = os.environ.get("TZ")
    yield LocalZone()
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    forget_zone()


def test_the_local_zone_knows_summer_time_and_journeys(zone: LocalZone) -> None:
    os.environ["TZ"] = "Europe/Berlin"
    forget_zone()
    winter, summer = (datetime(2026, month, 1, 12, tzinfo=UTC).astimezone(zone) for month in (1, 7))
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC).astimezone(zone) for hour in (0, 1)]
    os.environ["TZ"] = "Asia/Tokyo"
    forget_zone()
    there = datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone(zone)

    assert (winter.hour, summer.hour, there.hour) == (13, 14, 21)
    assert [(moment.hour, moment.fold) for moment in twice] == [(2, 0), (2, 1)]


def test_an_hour_that_comes_twice_is_told_apart(zone: LocalZone) -> None:
    os.environ["TZ"] = "Europe/Berlin"
    forget_zone()

    moments = [
        datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)
    ]

    assert [moment.hour for moment in moments] == [0, 1]


def test_the_other_clock_goes_on() -> None:
    before = elapsed_seconds()
    time.sleep(0.02)
    assert 0.01 < elapsed_seconds() - before < 5


# --- power and link ---


def supply(folder: Path, name: str, **facts: str) -> None:
    (folder / name).mkdir(parents=True)
    for fact, value in facts.items():
        (folder / name / fact).write_text(value + "\n")


def test_a_laptop_on_its_battery(tmp_path: Path) -> None:
    supply(tmp_path, "AC", type="Mains", online="0")
    supply(tmp_path, "BAT0", type="Battery", status="Discharging", capacity="41")
    supply(tmp_path, "BAT1", type="Battery", status="Unknown", capacity="77")
    supply(tmp_path, "mouse", type="Battery", scope="Device", status="Discharging", capacity="3")

    assert read_power(tmp_path) == Power(on_battery=True, percent=77)


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging", "Unknown", "Discharging"])
def test_a_laptop_that_is_plugged_in(tmp_path: Path, status: str) -> None:
    supply(tmp_path, "AC", type="Mains", online="1")
    supply(tmp_path, "BAT0", type="Battery", status=status, capacity="41")

    assert read_power(tmp_path) == Power(on_battery=False, percent=41)


def test_a_machine_without_a_battery_is_on_mains(tmp_path: Path) -> None:
    supply(tmp_path, "mouse", type="Battery", scope="Device", status="Discharging", capacity="3")

    assert read_power(tmp_path) == Power()
    assert read_power(tmp_path / "nowhere") == Power()


def test_a_link_is_there_when_any_interface_leads_anywhere(tmp_path: Path) -> None:
    four, six = tmp_path / "route", tmp_path / "ipv6_route"
    four.write_text(LINUX_ROUTE.format(interface="wlan0"))
    six.write_text(ONLY_LINK_LOCAL)

    assert read_routes((four, six)) == {"wlan0 00000000"}
    four.write_text(LINUX_ROUTE.format(interface="lo"))
    assert read_link((four, six), lambda _: "u 1") == Link(online=False)
    assert read_link((tmp_path / "none",)) == Link()


@pytest.mark.parametrize(
    ("said", "metered"),
    [("u 1\n", True), ("u 3\n", True), ("u 2\n", False), ("u 4\n", False), ("u 0\n", False),
     ("", False), ("nonsense", False)],
)  # fmt: skip
def test_a_link_is_metered_where_networkmanager_says_or_guesses_it(
    said: str, metered: bool
) -> None:
    asked: list[tuple[str, ...]] = []

    def ask(command: tuple[str, ...]) -> str:
        asked.append(command)
        return said

    assert is_metered(ask) == metered
    assert asked[0][0] == "busctl"


def test_a_program_that_is_missing_fails_or_hangs_says_nothing() -> None:
    begun = time.monotonic()

    assert ask_system(("no-such-program-at-all",)) == ""
    assert ask_system(("false",)) == ""
    assert ask_system(("sleep", "60")) == ""
    assert ask_system(("echo", "u 1")) == "u 1\n"
    assert time.monotonic() - begun < 5
