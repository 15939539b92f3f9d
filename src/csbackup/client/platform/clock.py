"""The clocks of this machine: whether the one on the wall can be right, and one nobody sets."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_BOOT_CLOCK: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)
# The year in which this was first released. A small machine without a battery wakes up in 1970.
_FIRST_RELEASE_NS: Final = 1_767_225_600_000_000_000  # 2026-01-01


def is_before_us(now_ns: int) -> bool:
    """Whether a clock shows a time from before this program was there."""
    return now_ns < _FIRST_RELEASE_NS


def elapsed_seconds() -> float:
    """A clock that nobody sets, and that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(_BOOT_CLOCK) if _BOOT_CLOCK is not None else time.monotonic()


class LocalZone(tzinfo):
    """The system's time zone, with its summer time; hears of a journey after `forget_zone`."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(seconds=_local(moment).tm_gmtoff)

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta(hours=1) if _local(moment).tm_isdst > 0 else timedelta(0)

    def tzname(self, moment: datetime | None) -> str:
        return _local(moment).tm_zone

    def fromutc(self, moment: datetime) -> datetime:
        since = moment.replace(tzinfo=UTC).timestamp()
        offset = timedelta(seconds=time.localtime(since).tm_gmtoff)
        there = (moment + offset).replace(tzinfo=self, fold=0)
        return there if there.utcoffset() == offset else there.replace(fold=1)


def forget_zone() -> None:
    """Look anew where this machine is; otherwise a laptop on a journey stays at home."""
    if hasattr(time, "tzset"):
        time.tzset()


def _local(moment: datetime | None) -> time.struct_time:
    naive = (moment or datetime.fromtimestamp(0, UTC)).replace(tzinfo=None)
    return time.localtime(naive.timestamp())
