"""How much of the link and of the machine a backup may take, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from csbackup.rules.windows import SECOND, Window, check_window, contains, local_time, next_boundary

LOWEST_BYTES_A_SECOND = 8 * 1024  # the server gives a request up that is much slower
HIGHEST_BYTES_A_SECOND = 100 * 1024**3
MOST_WINDOWS = 50


@dataclass(frozen=True, slots=True)
class RateWindow:
    """Within `window`, so many bytes a second are sent; None: as many as go."""

    window: Window
    bytes_per_second: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """`upload` holds outside the windows; of windows that overlap, the first. None: no limit.

    `low_priority`: whoever else needs this machine's processor or disk goes first.
    """

    upload: int | None = None
    upload_windows: tuple[RateWindow, ...] = ()
    download: int | None = None
    low_priority: bool = True


@dataclass(frozen=True, slots=True)
class Rates:
    """What holds now, in bytes a second (None: no limit), and for how many seconds from now on."""

    upload: int | None
    download: int | None
    seconds: float | None = None  # None: for ever


UNLIMITED = Rates(None, None)


def rates_at(limits: Limits, now_ns: int, zone: tzinfo) -> Rates:
    """The rates of this moment."""
    local = local_time(now_ns, zone)
    within = (one for one in limits.upload_windows if contains(one.window, local))
    window = next(within, None)
    change = next_boundary((one.window for one in limits.upload_windows), now_ns, zone)
    return Rates(
        window.bytes_per_second if window else limits.upload,
        limits.download,
        None if change is None else (change - now_ns) / SECOND,
    )


def check_limits(limits: Limits) -> str:
    """Why these limits cannot be kept; empty when they can."""
    if len(limits.upload_windows) > MOST_WINDOWS:
        return f"there are more than {MOST_WINDOWS} windows"
    for one in limits.upload_windows:
        if why := check_window(one.window):
            return why
    within = (one.bytes_per_second for one in limits.upload_windows)
    for rate in (limits.upload, limits.download, *within):
        if rate is not None and not LOWEST_BYTES_A_SECOND <= rate <= HIGHEST_BYTES_A_SECOND:
            return (
                f"a limit is at least {LOWEST_BYTES_A_SECOND:,} bytes a second; to send nothing at "
                "some time of day, make it a quiet hour"
            )
    return ""
