"""Spans of local time that come again each week, as people write them: `mon-fri 22:00-07:00`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

DAY_MINUTES = 24 * 60
SECOND = 1_000_000_000
_WEEK_DAYS = 7
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY = tuple(range(_WEEK_DAYS))
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_FORM = "write it like `22:00-07:00` or `mon-fri 8:00-17:30`"


@dataclass(frozen=True, slots=True)
class Window:
    """From `begin` to `end`, in minutes since local midnight, on the days (0 is Monday) that it
    begins on. One that ends at or before its beginning ends on the next day."""

    begin: int
    end: int
    days: tuple[int, ...] = _EVERY_DAY


def check_window(window: Window) -> str:
    """Why this is no window; empty when it is one."""
    if not 0 <= window.begin < DAY_MINUTES or not 0 <= window.end <= DAY_MINUTES:
        return "a time of day is between 0:00 and 24:00"
    if not window.days or len(set(window.days)) != len(window.days):
        return "it needs each of its days once"
    if not set(window.days) <= set(_EVERY_DAY):
        return "days are numbered from 0 (Monday) to 6 (Sunday)"
    return ""


def contains(window: Window, local: datetime) -> bool:
    """Whether the clock on the wall is within the window."""
    minute, day = local.hour * 60 + local.minute, local.weekday()
    if window.begin < window.end:
        return day in window.days and window.begin <= minute < window.end
    begun_today = day in window.days and minute >= window.begin
    return begun_today or ((day - 1) % _WEEK_DAYS in window.days and minute < window.end)


def local_time(now_ns: int, zone: tzinfo) -> datetime:
    """What the clock on the wall shows. Whole seconds, so that no rounding reaches a boundary."""
    return datetime.fromtimestamp(now_ns // SECOND, UTC).astimezone(zone)


def is_within(windows: Iterable[Window], now_ns: int, zone: tzinfo) -> bool:
    local = local_time(now_ns, zone)
    return any(contains(window, local) for window in windows)


def end_of(windows: tuple[Window, ...], now_ns: int, zone: tzinfo) -> int:
    """The first moment from now on that is in none of them, in nanoseconds since 1970.

    With windows that cover the whole week there is none: then a week from now.
    """
    if not is_within(windows, now_ns, zone):
        return now_ns
    for moment in _boundaries({window.end for window in windows}, now_ns, zone):
        if not is_within(windows, moment, zone):
            return moment
    return now_ns + _WEEK_DAYS * 86400 * SECOND


def next_boundary(windows: Iterable[Window], now_ns: int, zone: tzinfo) -> int | None:
    """When one of them begins or ends next; None without windows."""
    minutes = {minute for window in windows for minute in (window.begin, window.end)}
    found = _boundaries(minutes, now_ns, zone)
    return found[0] if found else None


def covers_the_week(windows: tuple[Window, ...]) -> bool:
    """Whether no minute of any week is outside."""
    monday = datetime(2024, 1, 1, tzinfo=UTC)
    minutes = (monday + timedelta(minutes=at) for at in range(_WEEK_DAYS * DAY_MINUTES))
    return bool(windows) and all(any(contains(one, at) for one in windows) for at in minutes)


def _boundaries(minutes: Iterable[int], now_ns: int, zone: tzinfo) -> list[int]:
    """When the clock on the wall shows one of these in the next eight days, in order."""
    midnight = local_time(now_ns, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found = set()
    for day in range(-1, _WEEK_DAYS + 1):
        for minute in minutes:
            wall = midnight.replace(tzinfo=None) + timedelta(days=day, minutes=minute)
            for fold in (0, 1):  # an hour that summer time's end brings twice ends twice
                found.add(int(wall.replace(tzinfo=zone, fold=fold).timestamp()) * SECOND)
    return sorted(moment for moment in found if moment > now_ns)


def parse_window(text: str) -> Window:
    """What somebody wrote; `ValueError` says what is wrong with it."""
    days, _, span = text.strip().lower().rpartition(" ")
    begin, dash, end = span.partition("-")
    if not dash:
        raise ValueError(f"`{text}` is no span of time: {_FORM}")
    window = Window(_minute(begin, text), _minute(end, text), _days(days, text))
    if why := check_window(window):
        raise ValueError(f"`{text}` is no span of time: {why}")
    return window


def show_window(window: Window) -> str:
    """As `parse_window` reads it."""
    days = "" if set(window.days) == set(_EVERY_DAY) else _show_days(window.days) + " "
    return f"{days}{_show_clock(window.begin)}-{_show_clock(window.end)}"


def _minute(text: str, whole: str) -> int:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"`{whole}` is no span of time: {_FORM}")
    return int(found[1]) * 60 + int(found[2])


def _days(text: str, whole: str) -> tuple[int, ...]:
    if not text.strip():
        return _EVERY_DAY
    found: list[int] = []
    for part in text.replace(",", " ").split():
        first, _, last = part.partition("-")
        if first not in _NAMES or (last or first) not in _NAMES:
            raise ValueError(f"`{whole}` names a day that is none of {', '.join(_NAMES)}")
        begin, end = _NAMES.index(first), _NAMES.index(last or first)
        found += [(begin + step) % _WEEK_DAYS for step in range((end - begin) % _WEEK_DAYS + 1)]
    return tuple(sorted(set(found)))


def _show_days(days: tuple[int, ...]) -> str:
    """Neighbours as a span: `mon-fri`."""
    ordered = sorted(days)
    runs: list[list[int]] = []
    for day in ordered:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        _NAMES[run[0]] if len(run) == 1 else f"{_NAMES[run[0]]}-{_NAMES[run[-1]]}" for run in runs
    )


def _show_clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"
