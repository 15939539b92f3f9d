"""How fast a backup may be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from csbackup.protocol.adapter import parse, render
from csbackup.rules.limits import Limits, Rates, RateWindow, check_limits, rates_at
from csbackup.rules.windows import SECOND, Window, parse_window

MORNING = int(datetime(2026, 3, 23, 9, 30, tzinfo=UTC).timestamp()) * SECOND


def test_the_first_window_that_holds_now_decides() -> None:
    office = RateWindow(parse_window("mon-fri 8:00-18:00"), 500_000)
    day = RateWindow(parse_window("6:00-22:00"), 1_000_000)
    limits = Limits(upload=None, upload_windows=(office, day), download=9_000)

    assert rates_at(limits, MORNING, UTC) == Rates(500_000, 9_000, 8.5 * 3600)
    assert rates_at(limits, MORNING + 9 * 3600 * SECOND, UTC).upload == 1_000_000
    assert rates_at(limits, MORNING + 14 * 3600 * SECOND, UTC).upload is None


def test_a_window_may_lift_the_limit() -> None:
    limits = Limits(upload=10_000, upload_windows=(RateWindow(parse_window("0:00-12:00")),))

    assert rates_at(limits, MORNING, UTC).upload is None
    assert rates_at(limits, MORNING + 3 * 3600 * SECOND, UTC).upload == 10_000
    assert rates_at(Limits(), MORNING, UTC) == Rates(None, None, None)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(upload=0),
        Limits(download=100),
        Limits(upload=10**15),
        Limits(upload_windows=(RateWindow(Window(0, 60), 5),)),
        Limits(upload_windows=(RateWindow(Window(-1, 60), 50_000),)),
        Limits(upload_windows=(RateWindow(Window(0, 60), 50_000),) * 51),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(limits: Limits) -> None:
    assert check_limits(limits)


def test_limits_survive_json() -> None:
    limits = Limits(9_000, (RateWindow(parse_window("1:00-2:00"), 8_192),), 8_192, False)

    assert check_limits(limits) == ""
    assert parse(Limits, render(limits)) == limits
