"""Moments as people write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbackup.rules.moment import MomentUnclear, parse_moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 30, 17, 5, tzinfo=BERLIN)  # a Monday; summer time began the day before


def local(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=BERLIN)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("2026-03-24T18:00:00+00:00", datetime(2026, 3, 24, 18, tzinfo=UTC)),
        ("2026-03-24T18:00Z", datetime(2026, 3, 24, 18, tzinfo=UTC)),
        ("2026-03-24T18:00", local(2026, 3, 24, 18)),
        ("2026-03-24 18:00", local(2026, 3, 24, 18)),
        ("2026-03-24 at 9:30", local(2026, 3, 24, 9, 30)),
        ("today 9:30", local(2026, 3, 30, 9, 30)),
        ("9:30", local(2026, 3, 30, 9, 30)),
        ("Yesterday  18:00", local(2026, 3, 29, 18)),
        ("yesterday at noon", local(2026, 3, 29, 12)),
        ("last friday", local(2026, 3, 27, 23, 59, 59, 999_999)),
        ("monday 8:00", local(2026, 3, 23, 8)),
        ("sunday 8:00", local(2026, 3, 29, 8)),
        ("an hour ago", local(2026, 3, 30, 16, 5)),
        ("90 minutes ago", local(2026, 3, 30, 15, 35)),
        ("2 weeks ago", local(2026, 3, 16, 17, 5)),
        ("1 month ago", local(2026, 2, 28, 17, 5)),
        ("13 months ago", local(2025, 2, 28, 17, 5)),
        ("a year ago", local(2025, 3, 30, 17, 5)),
    ],
)
def test_a_moment_is_what_people_mean_by_it(text: str, expected: datetime) -> None:
    assert parse_moment(text, NOW) == expected


def test_a_day_means_its_end_and_today_means_now() -> None:
    assert parse_moment("2026-03-24", NOW) == local(2026, 3, 24, 23, 59, 59, 999_999)
    assert parse_moment("yesterday", NOW) == local(2026, 3, 29, 23, 59, 59, 999_999)
    assert parse_moment("today", NOW) == NOW
    assert parse_moment("2026-03-30", NOW) == NOW


def test_summer_time_is_counted_where_the_moment_lies() -> None:
    before = parse_moment("2026-03-28 12:00", NOW)
    after = parse_moment("2026-03-29 12:00", NOW)

    assert (after.astimezone(UTC) - before.astimezone(UTC)).total_seconds() == 23 * 3600


def test_without_a_zone_the_systems_own_is_meant() -> None:
    naive = NOW.replace(tzinfo=None)

    found = parse_moment("yesterday 18:00", naive)

    assert found.tzinfo is not None
    assert (found.day, found.hour) == (29, 18)


@pytest.mark.parametrize(
    "text", ["", " ", "soon", "25:00", "2026-13-01", "yesterday 18:61", "0x10", "99999 years ago"]
)
def test_what_is_no_moment_is_said_to_be_none(text: str) -> None:
    with pytest.raises(MomentUnclear, match="is no moment"):
        parse_moment(text, NOW)


@given(st.text(max_size=30))
def test_no_text_is_a_surprise(text: str) -> None:
    with suppress(MomentUnclear):
        assert parse_moment(text, NOW).tzinfo is not None


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_iso_moment_is_read_exactly(moment: datetime) -> None:
    assert parse_moment(moment.isoformat(), NOW) == moment
