"""Moments in time as people write them: ISO 8601, or words like `yesterday 18:00`."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, time, timedelta

from csbackup.errors import CsbError

_AGO = re.compile(r"(?:(\d{1,6})|an?) (second|minute|hour|day|week|month|year)s? ago")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?|(noon)|(midnight)")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LENGTHS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_END_OF_DAY = time(23, 59, 59, 999_999)


class MomentUnclear(CsbError):
    code = "moment-unclear"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"`{text}` is no moment. Write it like 2026-03-24, 2026-03-24T18:00, "
            "`yesterday 18:00`, `last friday` or `2 days ago`."
        )


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment that `text` means, with a time zone.

    A text without a zone is in the zone of `now`, or in the system's when `now` has none: only
    that knows when summer time begins. A day without a time means its end, today's is now.
    """
    words = " ".join(text.lower().split())
    if not words:
        raise MomentUnclear(text)
    try:
        found = _relative(words, now) or _iso(text.strip(), now) or _day_and_clock(words, now)
        return _in_zone(found, now)
    except (ValueError, OverflowError):
        raise MomentUnclear(text) from None


def _relative(words: str, now: datetime) -> datetime | None:
    if words == "now":
        return now
    found = _AGO.fullmatch(words)
    if found is None:
        return None
    count, unit = int(found[1] or 1), found[2]
    if unit in _LENGTHS:
        return _in_zone(now, now) - count * _LENGTHS[unit]
    return _months_before(now, count if unit == "month" else 12 * count)


def _months_before(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    day = min(now.day, monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day)


def _iso(text: str, now: datetime) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _end_of(found, now) if len(text) <= len("2026-03-24") else found


def _day_and_clock(words: str, now: datetime) -> datetime:
    day, _, clock = words.replace(" at ", " ").rpartition(" ")
    if _CLOCK.fullmatch(clock):
        return datetime.combine(_day(day, now), _clock(clock))
    return _end_of(_day(words, now), now)


def _day(words: str, now: datetime) -> datetime:
    """Midnight, without zone, of the day that is meant; weekdays are the last ones gone by."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if words in ("today", ""):
        return today
    if words == "yesterday":
        return today - timedelta(days=1)
    name = words.removeprefix("last ").removeprefix("on ")
    if name in _DAYS:
        return today - timedelta(days=(today.weekday() - _DAYS.index(name) - 1) % 7 + 1)
    return datetime.fromisoformat(words)


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    if found[4] or found[5]:
        return time(12 if found[4] else 0)
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


def _end_of(day: datetime, now: datetime) -> datetime:
    end = datetime.combine(day.date(), _END_OF_DAY)
    return now if day.date() == now.date() else end


def _in_zone(moment: datetime, now: datetime) -> datetime:
    if moment.tzinfo is not None:
        return moment
    return moment.astimezone() if now.tzinfo is None else moment.replace(tzinfo=now.tzinfo)
