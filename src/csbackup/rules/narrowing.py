"""What a change of settings does: is less backed up by it, more, or at other times?

A change narrows when something that was backed up might no longer be, or much more seldom. Who did
not make it is shown it until they have seen it; so is a widening one, since the server learns the
names in a folder that is backed up.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from csbackup.rules.limits import Limits
from csbackup.rules.schedule import Schedule
from csbackup.rules.source import Folders, LeftOut, Part, SourceSettings
from csbackup.rules.windows import DAY_MINUTES, Window

CRAWLING = 32 * 1024  # bytes a second: slower, and a day's changes may not get through in a day
_WEEK_MINUTES = 7 * DAY_MINUTES

Item = TypeVar("Item", bytes, str)

EffectKind = Literal[
    "folder-added",
    "folder-removed",
    "nothing-left",
    "one-file-system",
    "all-file-systems",
    "pattern-added",
    "pattern-removed",
    "patterns-reordered",
    "defaults-on",
    "defaults-off",
    "rarer",
    "oftener",
    "continuous-on",
    "continuous-off",
    "quiet-longer",
    "quiet-shorter",
    "quiet-moved",
    "battery-on",
    "battery-off",
    "battery-higher",
    "battery-lower",
    "metered-on",
    "metered-off",
    "slower",
    "faster",
    "rates-moved",
    "download-slower",
    "download-faster",
    "priority-low",
    "priority-usual",
]


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a change does. `detail`: the path or pattern; `was` and `becomes`: minutes
    between backups, quiet minutes a week, percent, or bytes a second (null: as many as go)."""

    kind: EffectKind
    part: Part
    narrows: bool
    detail: str = ""
    was: float | None = None
    becomes: float | None = None


def effects_of(before: SourceSettings, after: SourceSettings) -> tuple[Effect, ...]:
    """Everything that differs, what narrows first."""
    found = [
        *_of_folders(before.folders, after.folders),
        *_of_exclusions(before.exclusions, after.exclusions),
        *_of_schedule(before.schedule, after.schedule),
        *_of_limits(before.limits, after.limits),
    ]
    return tuple(sorted(found, key=lambda effect: not effect.narrows))


def narrows(effects: Iterable[Effect]) -> bool:
    return any(effect.narrows for effect in effects)


# --- folders -------------------------------------------------------------------------------------


def _of_folders(before: Folders, after: Folders) -> Iterator[Effect]:
    if before.roots and not after.roots:
        yield Effect("nothing-left", "folders", True)
    for root in _only_in(before.roots, after.roots):
        narrower = not any(_holds(outer, root) for outer in after.roots)
        yield Effect("folder-removed", "folders", narrower, _text(root))
    for root in _only_in(after.roots, before.roots):
        yield Effect("folder-added", "folders", False, _text(root))
    if before.one_file_system != after.one_file_system:
        kind: EffectKind = "one-file-system" if after.one_file_system else "all-file-systems"
        yield Effect(kind, "folders", after.one_file_system)


def _holds(outer: bytes, inner: bytes) -> bool:
    return inner == outer or inner.startswith(outer.rstrip(b"/") + b"/")


# --- exclusions ----------------------------------------------------------------------------------


def _of_exclusions(before: LeftOut, after: LeftOut) -> Iterator[Effect]:
    """A pattern with `!` takes back what others leave out: there it is the other way round."""
    added = list(_only_in(after.patterns, before.patterns))
    removed = list(_only_in(before.patterns, after.patterns))
    for pattern in added:
        yield Effect("pattern-added", "exclusions", not pattern.startswith("!"), pattern)
    for pattern in removed:
        yield Effect("pattern-removed", "exclusions", pattern.startswith("!"), pattern)
    if _reordered(before.patterns, after.patterns):
        takes_back = any(pattern.startswith("!") for pattern in after.patterns)
        yield Effect("patterns-reordered", "exclusions", takes_back)
    if before.defaults != after.defaults:
        kind: EffectKind = "defaults-on" if after.defaults else "defaults-off"
        yield Effect(kind, "exclusions", after.defaults)


def _reordered(before: Sequence[str], after: Sequence[str]) -> bool:
    both = set(before) & set(after)
    return [one for one in before if one in both] != [one for one in after if one in both]


# --- schedule ------------------------------------------------------------------------------------


def _of_schedule(before: Schedule, after: Schedule) -> Iterator[Effect]:
    if before.every_minutes != after.every_minutes:
        rarer = after.every_minutes > before.every_minutes
        yield Effect(
            "rarer" if rarer else "oftener",
            "schedule",
            rarer,
            was=before.every_minutes,
            becomes=after.every_minutes,
        )
    if before.continuous != after.continuous:
        kind: EffectKind = "continuous-on" if after.continuous else "continuous-off"
        yield Effect(kind, "schedule", not after.continuous)
    yield from _of_quiet_hours(before.quiet_hours, after.quiet_hours)
    yield from _of_power(before, after)
    if before.on_metered != after.on_metered:
        kind = "metered-on" if after.on_metered else "metered-off"
        yield Effect(kind, "schedule", not after.on_metered)


def _of_quiet_hours(before: Sequence[Window], after: Sequence[Window]) -> Iterator[Effect]:
    old, new = _minutes(before), _minutes(after)
    if old == new:
        return
    kind: EffectKind = "quiet-moved"
    if old <= new:
        kind = "quiet-longer"
    elif new <= old:
        kind = "quiet-shorter"
    longer = kind != "quiet-shorter" and len(new) >= len(old)
    yield Effect(kind, "schedule", longer, was=float(len(old)), becomes=float(len(new)))


def _of_power(before: Schedule, after: Schedule) -> Iterator[Effect]:
    if before.on_battery != after.on_battery:
        kind: EffectKind = "battery-on" if after.on_battery else "battery-off"
        yield Effect(kind, "schedule", not after.on_battery)
    if after.on_battery and before.battery_percent != after.battery_percent:
        higher = after.battery_percent > before.battery_percent
        yield Effect(
            "battery-higher" if higher else "battery-lower",
            "schedule",
            higher,
            was=float(before.battery_percent),
            becomes=float(after.battery_percent),
        )


# --- limits --------------------------------------------------------------------------------------


def _of_limits(before: Limits, after: Limits) -> Iterator[Effect]:
    old, new = _rates(before), _rates(after)
    slower = any(one < other for one, other in zip(new, old, strict=True))
    faster = any(one > other for one, other in zip(new, old, strict=True))
    if slower or faster:
        crawls = any(one < min(other, CRAWLING) for one, other in zip(new, old, strict=True))
        kind: EffectKind = "rates-moved"
        if slower != faster:
            kind = "slower" if slower else "faster"
        yield Effect(kind, "limits", crawls, was=_rate(min(old)), becomes=_rate(min(new)))
    if before.download != after.download:
        less = _bytes(after.download) < _bytes(before.download)
        yield Effect(
            "download-slower" if less else "download-faster",
            "limits",
            False,
            was=_rate(_bytes(before.download)),
            becomes=_rate(_bytes(after.download)),
        )
    if before.low_priority != after.low_priority:
        kind = "priority-low" if after.low_priority else "priority-usual"
        yield Effect(kind, "limits", False)


def _rates(limits: Limits) -> list[float]:
    """Bytes a second in each minute of a week; of windows that overlap, the first counts."""
    rates = [_bytes(limits.upload)] * _WEEK_MINUTES
    for one in reversed(limits.upload_windows):
        for minute in _minutes((one.window,)):
            rates[minute] = _bytes(one.bytes_per_second)
    return rates


def _bytes(rate: int | None) -> float:
    return math.inf if rate is None else float(rate)


def _rate(rate: float) -> float | None:
    return None if math.isinf(rate) else rate


# --- shared --------------------------------------------------------------------------------------


def _minutes(windows: Iterable[Window]) -> set[int]:
    """The minutes of the week, from Monday's midnight, that lie in one of them."""
    found: set[int] = set()
    for window in windows:
        length = window.end - window.begin
        length += DAY_MINUTES if length <= 0 else 0
        for day in window.days:
            begin = day * DAY_MINUTES + window.begin
            found.update(minute % _WEEK_MINUTES for minute in range(begin, begin + length))
    return found


def _only_in(these: Iterable[Item], others: Iterable[Item]) -> Iterator[Item]:
    known = set(others)
    return (one for one in these if one not in known)


def _text(path: bytes) -> str:
    return path.decode(errors="replace")
