"""A week, or a month, of a device's life in a second: it sleeps, travels, and its clock jumps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbackup.client.last_run import LastRun
from csbackup.client.platform.link import Link
from csbackup.client.platform.power import Power
from csbackup.rules.schedule import Pause, Schedule
from csbackup.rules.windows import is_within, parse_window
from support.simulated import (
    DAY,
    HOME,
    HOUR,
    MONDAY,
    NOWHERE,
    SECOND,
    Device,
    SimulatedWorld,
    gaps,
    make_device,
)

WEEK = 7 * DAY
BERLIN = ZoneInfo("Europe/Berlin")
CAFE = Link(online=True, metered=True, routes=frozenset({"cafe"}))


# --- an ordinary week ---


def test_a_machine_that_is_always_on_backs_up_each_hour_for_a_week() -> None:
    device = make_device(WEEK)

    device.live()

    assert len(device.work.kept) == len(device.work.runs) == pytest.approx(WEEK / HOUR, abs=4)
    assert max(gaps(device.work.runs)) < HOUR + 61


def test_a_laptop_that_sleeps_at_night_catches_up_when_it_wakes() -> None:
    device = make_device(WEEK)
    for day in range(7):
        device.world.plan.append((day * DAY + 18 * HOUR, lambda world: world.sleep(14 * HOUR)))

    device.live()

    woken = [day * DAY + 32 * HOUR for day in range(6)]
    late = [min(run.begun - at for run in device.work.runs if run.begun >= at) for at in woken]
    assert max(late) < 10
    assert all(run.outcome.kept for run in device.work.runs)


def test_a_machine_that_is_on_for_ten_minutes_a_day_still_gets_its_first_backup() -> None:
    device = make_device(10 * DAY, seconds=55 * 60)
    for day in range(10):
        device.world.plan.append((day * DAY + 600, lambda world: world.sleep(DAY - 600)))

    device.live()

    assert len(device.work.kept) >= 1
    assert device.work.kept[0].ended < 7 * DAY


def test_a_server_that_is_away_for_weeks_is_asked_at_most_hourly_and_found_again() -> None:
    device = make_device(21 * DAY + 3 * HOUR, Schedule(every_minutes=15))
    device.work.server_away = True
    device.world.plan.append((21 * DAY, lambda world: setattr(device.work, "server_away", False)))

    device.live()

    failed = [run for run in device.work.runs if not run.outcome.done]
    assert 21 * 24 * 0.9 <= len(failed) <= 21 * 96
    assert max(gaps(device.work.runs)) <= HOUR + 61
    assert device.work.kept[0].begun < 21 * DAY + HOUR + 61


def test_without_a_network_nothing_is_tried_and_with_it_at_once() -> None:
    device = make_device(2 * DAY)
    device.world.plan += [
        (3 * HOUR, lambda world: setattr(world, "link_now", NOWHERE)),
        (1.5 * DAY, lambda world: setattr(world, "link_now", HOME)),
    ]

    device.live()

    away = [run for run in device.work.runs if 3 * HOUR < run.begun < 1.5 * DAY]
    assert away == []
    assert min(run.begun for run in device.work.runs if run.begun >= 1.5 * DAY) < 1.5 * DAY + 65


# --- quiet hours, pauses, battery, metered links ---


def test_a_long_first_backup_stops_at_quiet_hours_and_goes_on_after_them() -> None:
    quiet = (parse_window("8:00-18:00"),)
    device = make_device(WEEK, Schedule(quiet_hours=quiet), seconds=30 * HOUR)

    device.live()

    working = [
        run.wall_begun + step * 60 * SECOND
        for run in device.work.runs
        for step in range(int((run.ended - run.begun) // 60))
    ]
    assert not any(is_within(quiet, moment, UTC) for moment in working)
    assert device.work.kept[0].ended < 3.5 * DAY
    before = [run for run in device.work.runs if run.begun < device.work.kept[0].begun]
    assert [bool(run.outcome.held) for run in before] == [True, True]


def test_quiet_hours_follow_summer_time() -> None:
    quiet = (parse_window("22:00-7:00"),)
    device = make_device(WEEK, Schedule(quiet_hours=quiet), zone=BERLIN)  # ends on March 29

    device.live()

    begun = [datetime.fromtimestamp(run.wall_begun / 1e9, BERLIN) for run in device.work.runs]
    assert all(7 <= moment.hour < 22 for moment in begun)
    sunday = [moment for moment in begun if moment.day == 29]
    assert sunday[0].utcoffset() == timedelta(hours=2)
    assert (sunday[0].hour, sunday[0].minute) == (7, 0)


def test_a_pause_ends_a_run_and_ends_by_itself() -> None:
    device = make_device(DAY, seconds=3 * HOUR)

    def pause(world: SimulatedWorld) -> None:
        device.memory.paused = Pause(world.now(), world.now() + int(4 * HOUR) * SECOND)

    device.world.plan.append((HOUR, pause))

    device.live()

    first, second = device.work.runs[:2]
    assert [reason.code for reason in first.outcome.held] == ["paused"]
    assert 5 * HOUR <= second.begun < 5 * HOUR + 65


def test_a_pause_does_not_last_for_years_when_the_clock_goes_back() -> None:
    device = make_device(3 * DAY)
    until = MONDAY + int(2 * HOUR) * SECOND
    device.memory.paused = Pause(MONDAY, until)
    device.world.plan.append((600.0, lambda world: world.turn_clock(-365 * DAY)))

    device.live()

    assert device.work.runs[0].begun < HOUR


def test_a_train_ride_on_battery_with_a_metered_link() -> None:
    device = make_device(DAY, Schedule(on_battery=True, battery_percent=30))
    device.world.plan += [
        (2 * HOUR, lambda world: setattr(world, "link_now", CAFE)),
        (4 * HOUR, lambda world: setattr(world, "link_now", HOME)),
        (6 * HOUR, lambda world: setattr(world, "power_now", Power(True, 80))),
        (8 * HOUR, lambda world: setattr(world, "power_now", Power(True, 25))),
        (10 * HOUR, lambda world: setattr(world, "power_now", Power(False, 40))),
    ]

    device.live()

    begun = [run.begun / HOUR for run in device.work.runs]
    assert not any(2.01 < hour < 4 or 8.01 < hour < 10 for hour in begun)
    assert any(6 < hour < 8 for hour in begun)
    codes = {reason.code for _, reasons in device.told for reason in reasons}
    assert {"metered", "battery-low"} <= codes


# --- clocks ---


@pytest.mark.parametrize("jump", [-365 * DAY, -DAY, -2 * HOUR, -1800, 1800, 5 * HOUR, 30 * DAY])
def test_a_clock_that_is_set_neither_puts_off_nor_storms(jump: float) -> None:
    device = make_device(DAY)
    device.world.plan.append((5.5 * HOUR, lambda world: world.turn_clock(jump)))

    device.live()

    assert len(device.work.runs) == pytest.approx(24, abs=2)
    assert max(gaps(device.work.runs)) < HOUR + 61
    assert min(gaps(device.work.runs)) > HOUR - 121


def test_a_small_machine_that_wakes_up_in_1970_backs_up_once_and_not_again() -> None:
    device = make_device(5 * HOUR)
    device.memory.last = LastRun(MONDAY - 10 * SECOND, MONDAY - 10 * SECOND)
    device.world.set_clock(0)
    device.world.plan.append((120.0, lambda world: world.set_clock(MONDAY + 120 * SECOND)))

    device.live()

    assert device.work.runs[0].begun < 5
    assert len(device.work.runs) == 5


def test_a_clock_that_jumps_all_week_changes_nothing() -> None:
    device = make_device(WEEK)
    for at in range(300, int(WEEK), 1700):
        jump = device.world.chance.uniform(-3 * DAY, 3 * DAY)
        device.world.plan.append((float(at), lambda world, by=jump: world.turn_clock(by)))

    device.live()

    assert len(device.work.runs) == pytest.approx(WEEK / HOUR, abs=5)


def test_a_service_that_is_started_again_and_again_does_not_storm_a_server_that_is_away() -> None:
    device = make_device(60.0)
    device.work.server_away = True
    for turn in range(100):
        device.world.end = (turn + 1) * 60.0
        device.live()
        if device.work.runs:
            ended = device.work.runs[-1].wall_ended
            device.memory.last = LastRun(ended, 0, "No answer", failure_code="server-unreachable")

    assert len(device.work.runs) <= 100 * 60 / (48 + 30) + 2


# --- near-continuous ---


def test_each_change_is_safe_within_two_minutes_for_a_week() -> None:
    device = make_device(WEEK, Schedule(every_minutes=DAY / 60, continuous=True), seconds=5)
    moments = sorted(device.world.chance.uniform(0, WEEK - 600) for _ in range(800))
    for at in moments:
        device.world.plan.append((at, lambda world: device.watch.touch()))

    device.live()

    for at in moments:
        safe = min(run.ended for run in device.work.kept if run.begun >= at)
        assert safe - at < 120
    assert len(device.work.runs) < 800 + 14


def test_a_file_that_is_written_all_day_costs_a_backup_a_minute_at_most() -> None:
    device = make_device(6 * HOUR, Schedule(every_minutes=DAY / 60, continuous=True), seconds=5)
    for at in range(0, int(6 * HOUR), 3):
        device.world.plan.append((at + 0.5, lambda world: device.watch.touch()))

    device.live()

    assert 6 * 60 * 0.7 < len(device.work.runs) <= 6 * 60
    assert max(gaps(device.work.runs)) < 115


# --- anything ---

windows = st.builds(
    lambda days, begin, length: parse_window(
        f"{days} {begin // 60}:{begin % 60:02d}-{(begin + length) // 60 % 24}:"
        f"{(begin + length) % 60:02d}"
    ),
    st.sampled_from(["", "mon-fri", "sat,sun", "wed"]),
    st.integers(0, 1439),
    st.integers(1, 12 * 60),
)
happenings = st.lists(
    st.tuples(
        st.floats(0, 3 * DAY),
        st.sampled_from(
            [
                lambda world: world.sleep(3 * HOUR),
                lambda world: world.turn_clock(-5 * HOUR),
                lambda world: world.turn_clock(+400 * DAY),
                lambda world: world.turn_clock(-400 * DAY),
                lambda world: setattr(world, "link_now", NOWHERE),
                lambda world: setattr(world, "link_now", HOME),
                lambda world: setattr(world, "link_now", CAFE),
                lambda world: setattr(world, "power_now", Power(True, 10)),
                lambda world: setattr(world, "power_now", Power()),
            ]
        ),
    ),
    max_size=12,
)


@given(
    every=st.sampled_from([5.0, 30.0, 60.0, 240.0]),
    quiet=st.lists(windows, max_size=2),
    plan=happenings,
    zone=st.sampled_from([UTC, BERLIN, ZoneInfo("Australia/Lord_Howe")]),
)
def test_whatever_happens_nothing_runs_in_quiet_hours_nothing_storms_nothing_starves(
    every: float, quiet: list[object], plan: list[object], zone: ZoneInfo
) -> None:
    schedule = Schedule(every_minutes=every, quiet_hours=tuple(quiet))  # type: ignore[arg-type]
    device = make_device(3 * DAY, schedule, zone=zone)
    device.world.plan = list(plan)  # type: ignore[arg-type]

    device.live()

    runs = device.work.runs
    assert not any(is_within(schedule.quiet_hours, run.wall_begun, zone) for run in runs)
    assert all(later.begun - run.begun >= 28 for run, later in zip(runs, runs[1:], strict=False))
    assert len(runs) <= 3 * DAY / min(every * 60, HOUR) * 1.5 + 60
    assert _longest_free_time_without_a_backup(device) <= 2 * every * 60 + 130


def _longest_free_time_without_a_backup(device: Device) -> float:
    """How long nothing stood against a backup since the last one, and none came."""
    awake = device.world.awake
    free_since: float | None = None
    longest, at = 0.0, 0
    for moment, reasons in device.told:
        blocked = any(reason.code not in _OWN for reason in reasons)
        while at < len(device.work.kept) and device.work.kept[at].ended <= moment:
            free_since, at = device.work.kept[at].ended, at + 1
        if blocked:
            free_since = None
        elif free_since is None:
            free_since = moment
        if free_since is not None:
            longest = max(longest, awake(moment) - awake(free_since))
    return longest


_OWN = {"not-due", "old", "never", "settling", "changed"}
