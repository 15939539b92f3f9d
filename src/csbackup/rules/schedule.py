"""When a backup runs: due when the last one is older than asked, unless something stands against.

Ages are measured by a clock that nobody sets (it counts sleep), so a wall clock that jumps neither
puts a backup off nor makes many. Only quiet hours and a pause go by the clock on the wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from csbackup.rules.windows import (
    SECOND,
    Window,
    check_window,
    covers_the_week,
    end_of,
)

SHORTEST_MINUTES = 0.05
LONGEST_MINUTES = 31 * 24 * 60
MOST_WINDOWS = 50
FIRST_RETRY_SECONDS = 60.0
LONGEST_RETRY_SECONDS = 3600.0  # a server that is away for weeks is asked so often
JITTER = 0.2  # so much earlier or later, or all devices come at once when a server is back
QUIET_SECONDS = 1.0  # a change is followed by others: wait until so long nothing happened
LONGEST_SETTLING_SECONDS = 60.0  # but not longer than this
CONTINUOUS_GAP_SECONDS = 60.0  # between two backups that changes ask for
RECHECK_SECONDS = 60.0  # power and links change without a word
_CLOCK_SLIP_NS = 2 * 3600 * SECOND


@dataclass(frozen=True, slots=True)
class Schedule:
    """When this device may back up by itself. `continuous`: soon after each change as well.

    `battery_percent`: on battery only above it. Unknown power or links stand against nothing.
    """

    every_minutes: float = 60.0
    continuous: bool = False
    quiet_hours: tuple[Window, ...] = ()
    on_battery: bool = True
    battery_percent: int = 20
    on_metered: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """A person's wish to be left alone for a while. Both in nanoseconds since 1970."""

    begun: int
    until: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What the watcher saw since the last backup began, in seconds before now."""

    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Conditions:
    """How things stand on the device. Ages in seconds, by a clock that nobody sets.

    `since_success`: since the last snapshot; None: never, or at a time that cannot be.
    `since_attempt`: since the last run ended, however; `gap_seconds`: what a run costs.
    `luck`: between 0 and 1, one for each row of failures.
    """

    now: int  # nanoseconds since 1970
    zone: tzinfo
    since_success: float | None = None
    since_attempt: float | None = None
    failures: int = 0  # in a row
    luck: float = 0.5
    pause: Pause | None = None
    on_battery: bool = False
    battery_percent: int | None = None
    metered: bool = False
    online: bool = True
    changes: Changes | None = None
    gap_seconds: float = CONTINUOUS_GAP_SECONDS


ReasonCode = Literal[
    # of a backup that is due
    "never",
    "old",
    "changed",
    # of one that waits
    "not-due",
    "settling",
    "failed",
    "quiet-hours",
    "paused",
    "on-battery",
    "battery-low",
    "metered",
    "offline",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """`until`: when it ends, in nanoseconds since 1970; 0: nobody knows."""

    code: ReasonCode
    until: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`seconds`: when to judge again at the latest, also without news. `next_ns`: when a backup is
    to be expected; 0: nobody knows. `reasons` say why it is due, or what it waits for."""

    due: bool
    seconds: float
    next_ns: int
    reasons: tuple[Reason, ...]


def judge(schedule: Schedule, conditions: Conditions) -> Verdict:
    """Whether to back up now."""
    wait, reason = _waiting(schedule, conditions)
    against = obstacles(schedule, conditions)
    now = conditions.now
    if wait <= 0 and not against:
        return Verdict(True, 0.0, now, (reason,))
    ripe = now + max(int(wait * SECOND), 0)
    expected = max(ripe, *(one.until for one in against), 0)
    expected = end_of(schedule.quiet_hours, expected, conditions.zone)
    if not against and expected > ripe:
        against = (Reason("quiet-hours", expected),)
    reasons = (*against, Reason(reason.code, ripe)) if wait > 0 else against
    if all(one.until for one in against):
        return Verdict(False, (expected - now) / SECOND, expected, reasons)
    return Verdict(False, RECHECK_SECONDS, 0, reasons)


def obstacles(schedule: Schedule, conditions: Conditions) -> tuple[Reason, ...]:
    """What stands against a backup now, however due; also against going on with one."""
    found = []
    until = paused_until(conditions.pause, conditions.now)
    if until:
        found.append(Reason("paused", until))
    quiet_until = end_of(schedule.quiet_hours, conditions.now, conditions.zone)
    if quiet_until > conditions.now:
        found.append(Reason("quiet-hours", quiet_until))
    if conditions.on_battery and not schedule.on_battery:
        found.append(Reason("on-battery"))
    elif conditions.on_battery and _is_low(schedule, conditions.battery_percent):
        found.append(Reason("battery-low"))
    if not conditions.online:
        found.append(Reason("offline"))
    elif conditions.metered and not schedule.on_metered:
        found.append(Reason("metered"))
    return tuple(found)


def paused_until(pause: Pause | None, now_ns: int) -> int:
    """When a pause ends; 0 when there is none, or it is over.

    A clock that went back far would make it last for years: then it is over.
    """
    if pause is None or not pause.begun - _CLOCK_SLIP_NS <= now_ns < pause.until:
        return 0
    return pause.until


def retry_seconds(failures: int, every_seconds: float, luck: float) -> float:
    """How long to wait after so many failures in a row; twice as long each time, up to an hour."""
    if not failures:
        return 0.0
    longest = min(max(every_seconds, FIRST_RETRY_SECONDS), LONGEST_RETRY_SECONDS)
    usual = min(longest, FIRST_RETRY_SECONDS * 2 ** min(failures - 1, 10))
    return float(min(usual * (1 - JITTER + 2 * JITTER * luck), LONGEST_RETRY_SECONDS))


def gap_after(run_seconds: float) -> float:
    """How long to rest before changes may ask for another run: the longer the more a run costs."""
    return max(CONTINUOUS_GAP_SECONDS, run_seconds)


def check_schedule(schedule: Schedule) -> str:
    """Why this schedule cannot be kept; empty when it can."""
    if not SHORTEST_MINUTES <= schedule.every_minutes <= LONGEST_MINUTES:
        return f"the time between backups is between {SHORTEST_MINUTES} minutes and 31 days"
    if not 0 <= schedule.battery_percent < 100:
        return "the charge of the battery is between 0 and 99 percent"
    if len(schedule.quiet_hours) > MOST_WINDOWS:
        return f"there are more than {MOST_WINDOWS} quiet hours"
    for window in schedule.quiet_hours:
        if why := check_window(window):
            return why
    if covers_the_week(schedule.quiet_hours):
        return "the quiet hours leave no time for a backup"
    return ""


def _waiting(schedule: Schedule, conditions: Conditions) -> tuple[float, Reason]:
    """How long until a backup is due, were nothing against it, and why it is or not."""
    every = schedule.every_minutes * 60
    wait, reason = _until_old(every, conditions.since_success)
    if schedule.continuous and conditions.changes is not None and wait > 0:
        settled = _until_settled(conditions.changes, conditions)
        if settled <= 0:
            wait, reason = 0.0, Reason("changed")
        elif settled < wait:
            wait, reason = settled, Reason("settling")
    if conditions.failures and conditions.since_attempt is not None:
        pause = retry_seconds(conditions.failures, every, conditions.luck)
        left = pause - conditions.since_attempt
        if left > wait:
            wait, reason = left, Reason("failed")
    return wait, reason


def _until_old(every: float, since_success: float | None) -> tuple[float, Reason]:
    if since_success is None:
        return 0.0, Reason("never")
    wait = every - since_success
    return wait, Reason("old" if wait <= 0 else "not-due")


def _until_settled(changes: Changes, conditions: Conditions) -> float:
    quiet = min(QUIET_SECONDS - changes.last, LONGEST_SETTLING_SECONDS - changes.first)
    since = conditions.since_attempt
    return max(quiet, 0.0 if since is None else conditions.gap_seconds - since)


def _is_low(schedule: Schedule, percent: int | None) -> bool:
    return percent is not None and percent <= schedule.battery_percent
