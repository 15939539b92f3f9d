"""Spans of local time, as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from csbackup.rules.windows import (
    SECOND,
    Window,
    check_window,
    contains,
    covers_the_week,
    end_of,
    is_within,
    next_boundary,
    parse_window,
    show_window,
)

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)
    return int(moment.timestamp()) * SECOND


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("22:00-7:00", "22:00-7:00"),
        ("MON-FRI  8:00-17:30", "mon-fri 8:00-17:30"),
        ("sat,sun 0:00-24:00", "sat-sun 0:00-24:00"),
        ("fri-mon 1:05-2:00", "mon,fri-sun 1:05-2:00"),
        ("mon-sun 9:00-10:00", "9:00-10:00"),
    ],
)
def test_a_window_is_read_as_people_write_it(written: str, shown: str) -> None:
    assert show_window(parse_window(written)) == shown
    assert parse_window(shown) == parse_window(written)


@pytest.mark.parametrize(
    "written", ["", "22-7", "25:00-7:00", "24:00-7:00", "7:60-8:00", "someday 7:00-8:00", "7:00"]
)
def test_what_is_no_window_is_refused_with_a_reason(written: str) -> None:
    with pytest.raises(ValueError, match=r"^`"):
        parse_window(written)


@pytest.mark.parametrize(
    "window",
    [Window(-1, 5), Window(1440, 5), Window(0, 1441), Window(0, 5, ()), Window(0, 5, (7,)),
     Window(0, 5, (1, 1))],
)  # fmt: skip
def test_what_a_server_sends_is_checked(window: Window) -> None:
    assert check_window(window)


def test_a_window_across_midnight_belongs_to_the_day_it_begins_on() -> None:
    friday_night = parse_window("fri 22:00-7:00")

    inside = ("2026-03-27 23:00", "2026-03-28 06:59")
    outside = ("2026-03-27 06:00", "2026-03-28 07:00", "2026-03-28 23:00")

    assert all(contains(friday_night, datetime.fromisoformat(moment)) for moment in inside)
    assert not any(contains(friday_night, datetime.fromisoformat(moment)) for moment in outside)


def test_windows_that_meet_end_with_the_last() -> None:
    windows = (parse_window("8:00-12:00"), parse_window("12:00-13:00"))

    assert end_of(windows, at("2026-03-23 09:00"), BERLIN) == at("2026-03-23 13:00")
    assert end_of(windows, at("2026-03-23 13:00"), BERLIN) == at("2026-03-23 13:00")


def test_a_window_ends_by_the_clock_on_the_wall_also_when_that_is_put_forward() -> None:
    night = (parse_window("22:00-7:00"),)

    ends = end_of(night, at("2026-03-28 23:00"), BERLIN)

    assert ends == at("2026-03-29 07:00")
    assert ends - at("2026-03-28 23:00") == 7 * 3600 * SECOND


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    early = (parse_window("2:00-2:30"),)

    first, second = (at("2026-10-25 02:15", fold=fold) for fold in (0, 1))

    assert is_within(early, first, BERLIN)
    assert is_within(early, second, BERLIN)
    assert not is_within(early, first + 1800 * SECOND, BERLIN)
    assert end_of(early, second, BERLIN) == second + 900 * SECOND


def test_an_hour_that_does_not_come_is_not_quiet() -> None:
    skipped = (parse_window("2:00-3:00"),)

    assert not is_within(skipped, at("2026-03-29 01:59"), BERLIN)
    assert not is_within(skipped, at("2026-03-29 03:00"), BERLIN)


def test_the_next_boundary_is_the_nearest() -> None:
    windows = (parse_window("8:00-12:00"), parse_window("10:00-18:00"))

    assert next_boundary(windows, at("2026-03-23 09:00"), BERLIN) == at("2026-03-23 10:00")
    assert next_boundary((), 0, UTC) is None


def test_a_week_without_a_free_minute_is_noticed() -> None:
    assert covers_the_week((parse_window("0:00-24:00"),))
    assert covers_the_week((parse_window("6:00-18:00"), parse_window("18:00-6:00")))
    assert not covers_the_week((parse_window("0:00-23:59"),))
    assert not covers_the_week(())
