"""When a backup runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from csbackup.protocol.adapter import parse, render
from csbackup.rules.schedule import (
    Changes,
    Conditions,
    Pause,
    Schedule,
    Verdict,
    check_schedule,
    gap_after,
    judge,
    paused_until,
    retry_seconds,
)
from csbackup.rules.windows import SECOND, Window, parse_window

NOON = int(datetime(2026, 3, 23, 12, tzinfo=UTC).timestamp()) * SECOND
FINE = Conditions(NOON, UTC, since_success=600, since_attempt=600)
HOUR_NS = 3600 * SECOND


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_backup_is_due_when_the_last_one_is_old_or_there_is_none() -> None:
    fresh = judge(Schedule(), FINE)
    old = judge(Schedule(), replace(FINE, since_success=3600))
    never = judge(Schedule(), replace(FINE, since_success=None))

    assert (fresh.due, fresh.seconds, codes(fresh)) == (False, 3000, ["not-due"])
    assert fresh.next_ns == NOON + 3000 * SECOND
    assert (old.due, codes(old)) == (True, ["old"])
    assert (never.due, codes(never)) == (True, ["never"])


@pytest.mark.parametrize(
    ("schedule", "change", "reason"),
    [
        ({}, {"pause": Pause(NOON, NOON + HOUR_NS)}, "paused"),
        ({"quiet_hours": (parse_window("11:00-13:00"),)}, {}, "quiet-hours"),
        ({"on_battery": False}, {"on_battery": True, "battery_percent": 99}, "on-battery"),
        ({}, {"on_battery": True, "battery_percent": 20}, "battery-low"),
        ({}, {"metered": True}, "metered"),
        ({}, {"online": False}, "offline"),
    ],
)
def test_what_stands_against_a_backup_is_said(
    schedule: dict[str, object], change: dict[str, object], reason: str
) -> None:
    old = replace(FINE, since_success=99_999)

    verdict = judge(replace(Schedule(), **schedule), replace(old, **change))  # type: ignore[arg-type]

    assert (verdict.due, codes(verdict)) == (False, [reason])
    assert 0 < verdict.seconds <= 3600


@pytest.mark.parametrize(
    "change",
    [{"on_battery": True, "battery_percent": 21}, {"on_battery": True}, {"battery_percent": 3}],
)
def test_a_battery_that_is_full_enough_or_says_nothing_does_no_harm(
    change: dict[str, object],
) -> None:
    assert judge(Schedule(), replace(FINE, since_success=9e9, **change)).due  # type: ignore[arg-type]


def test_the_next_backup_is_told_behind_quiet_hours_that_begin_before_it() -> None:
    schedule = Schedule(quiet_hours=(parse_window("12:30-18:00"),))

    verdict = judge(schedule, FINE)

    assert codes(verdict) == ["quiet-hours", "not-due"]
    assert verdict.next_ns == NOON + 6 * HOUR_NS


def test_after_failures_the_pauses_grow_up_to_an_hour() -> None:
    middle = [retry_seconds(failures, 7200, 0.5) for failures in (0, 1, 2, 3, 6, 7, 8, 99)]

    assert middle == [0, 60, 120, 240, 1920, 3600, 3600, 3600]
    assert retry_seconds(1, 3, 0.5) == 60
    assert (retry_seconds(4, 7200, 0.0), retry_seconds(4, 7200, 1.0)) == pytest.approx((384, 576))
    assert retry_seconds(99, 7200, 1.0) <= 3600


def test_a_failed_backup_is_tried_again_later_and_says_so() -> None:
    failed = replace(FINE, since_success=9_999, since_attempt=10, failures=2)

    verdict = judge(Schedule(), failed)

    assert (codes(verdict), verdict.seconds) == (["failed"], 110)


def test_a_change_is_backed_up_when_it_is_quiet_for_a_second_or_after_a_minute() -> None:
    continuous = Schedule(continuous=True)

    def at(first: float, last: float, since: float = 600) -> Verdict:
        return judge(continuous, replace(FINE, changes=Changes(first, last), since_attempt=since))

    assert codes(at(0.2, 0.2)) == ["settling"]
    assert (at(5, 1).due, codes(at(5, 1))) == (True, ["changed"])
    assert codes(at(59, 0.1)) == ["settling"]
    assert at(60, 0.1).due
    assert at(5, 2, since=20).seconds == pytest.approx(40)
    assert not judge(Schedule(), replace(FINE, changes=Changes(60, 60))).due


def test_a_run_that_takes_long_is_followed_by_as_long_a_rest() -> None:
    assert [gap_after(seconds) for seconds in (1, 60, 500)] == [60, 60, 500]


def test_a_pause_ends_and_a_clock_that_went_back_ends_it_too() -> None:
    pause = Pause(NOON, NOON + HOUR_NS)

    assert paused_until(pause, NOON) == pause.until
    assert paused_until(pause, NOON - HOUR_NS) == pause.until
    assert paused_until(pause, pause.until) == 0
    assert paused_until(pause, NOON - 3 * HOUR_NS) == 0
    assert paused_until(None, NOON) == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"every_minutes": 0.01}, "between 0.05 minutes and 31 days"),
        ({"every_minutes": float("nan")}, "between 0.05 minutes and 31 days"),
        ({"every_minutes": 1e9}, "31 days"),
        ({"battery_percent": 100}, "percent"),
        ({"battery_percent": -1}, "percent"),
        ({"quiet_hours": (Window(0, 1440),)}, "no time for a backup"),
        ({"quiet_hours": (Window(-5, 0),)}, "time of day"),
        ({"quiet_hours": (Window(0, 5),) * 51}, "more than 50"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(change: dict[str, object], why: str) -> None:
    assert why in check_schedule(replace(Schedule(), **change))  # type: ignore[arg-type]


def test_a_schedule_survives_json() -> None:
    schedule = Schedule(30, True, (parse_window("mon 22:00-7:00"),), False, 50, True)

    assert check_schedule(schedule) == ""
    assert parse(Schedule, render(schedule)) == schedule
    assert parse(Schedule, {}) == Schedule()
