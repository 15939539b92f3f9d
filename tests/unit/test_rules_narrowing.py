"""What a change of settings does: less, more, or at other times."""

from __future__ import annotations

import pytest

from csbackup.rules.limits import Limits, RateWindow
from csbackup.rules.narrowing import effects_of, narrows
from csbackup.rules.schedule import Schedule
from csbackup.rules.source import Folders, LeftOut, SourceSettings
from csbackup.rules.windows import Window

NIGHT = Window(22 * 60, 7 * 60)
NOON = Window(12 * 60, 13 * 60)
ALMOST_ALWAYS = Window(0, 24 * 60 - 1)


def folders(*roots: bytes, one_file_system: bool = False) -> SourceSettings:
    return SourceSettings(folders=Folders(roots, one_file_system))


def left_out(*patterns: str, defaults: bool = True) -> SourceSettings:
    return SourceSettings(exclusions=LeftOut(patterns, defaults))


def schedule(**values: object) -> SourceSettings:
    return SourceSettings(schedule=Schedule(**values))  # type: ignore[arg-type]


def limits(**values: object) -> SourceSettings:
    return SourceSettings(limits=Limits(**values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "kinds", "narrower"),
    [
        (folders(b"/a", b"/b"), folders(b"/a"), ["folder-removed"], True),
        (folders(b"/a/b"), folders(b"/a"), ["folder-removed", "folder-added"], False),
        (folders(b"/a"), folders(b"/ab"), ["folder-removed", "folder-added"], True),
        (folders(b"/a"), folders(), ["nothing-left", "folder-removed"], True),
        (folders(b"/a"), folders(b"/a", b"/b"), ["folder-added"], False),
        (folders(b"/"), folders(b"/", one_file_system=True), ["one-file-system"], True),
        (left_out(), left_out("*.iso"), ["pattern-added"], True),
        (left_out("*.iso"), left_out(), ["pattern-removed"], False),
        (left_out("b/*"), left_out("b/*", "!b/k"), ["pattern-added"], False),
        (left_out("b/*", "!b/k"), left_out("b/*"), ["pattern-removed"], True),
        (left_out("b/*", "!b/k"), left_out("!b/k", "b/*"), ["patterns-reordered"], True),
        (left_out("a", "b"), left_out("b", "a"), ["patterns-reordered"], False),
        (left_out(defaults=False), left_out(), ["defaults-on"], True),
        (left_out(), left_out(defaults=False), ["defaults-off"], False),
        (schedule(every_minutes=60.0), schedule(every_minutes=1440.0), ["rarer"], True),
        (schedule(every_minutes=60.0), schedule(every_minutes=15.0), ["oftener"], False),
        (schedule(continuous=True), schedule(), ["continuous-off"], True),
        (schedule(), schedule(quiet_hours=(NIGHT,)), ["quiet-longer"], True),
        (schedule(), schedule(quiet_hours=(ALMOST_ALWAYS,)), ["quiet-longer"], True),
        (schedule(quiet_hours=(NIGHT,)), schedule(quiet_hours=(NOON,)), ["quiet-moved"], False),
        (schedule(quiet_hours=(NOON,)), schedule(quiet_hours=(NIGHT,)), ["quiet-moved"], True),
        (schedule(quiet_hours=(NIGHT,)), schedule(), ["quiet-shorter"], False),
        (schedule(), schedule(on_battery=False), ["battery-off"], True),
        (schedule(), schedule(battery_percent=90), ["battery-higher"], True),
        (schedule(on_metered=True), schedule(), ["metered-off"], True),
        (limits(), limits(upload=10**6), ["slower"], False),
        (limits(), limits(upload=8192), ["slower"], True),
        (limits(upload=10**6), limits(), ["faster"], False),
        (
            limits(upload=10**6),
            limits(upload=10**7, upload_windows=(RateWindow(NOON, 10**5),)),
            ["rates-moved"],
            False,
        ),
        (limits(), limits(download=10**6), ["download-slower"], False),
        (limits(), limits(low_priority=False), ["priority-usual"], False),
    ],
)
def test_each_kind_of_change_is_named_and_narrows_or_not(
    before: SourceSettings, after: SourceSettings, kinds: list[str], narrower: bool
) -> None:
    effects = effects_of(before, after)

    assert [effect.kind for effect in effects] == kinds
    assert narrows(effects) is narrower


def test_quiet_hours_written_otherwise_are_the_same() -> None:
    halves = (Window(22 * 60, 24 * 60), Window(0, 7 * 60))

    assert effects_of(schedule(quiet_hours=(NIGHT,)), schedule(quiet_hours=halves)) == ()


def test_how_long_it_is_quiet_is_told_in_minutes_a_week() -> None:
    (effect,) = effects_of(schedule(), schedule(quiet_hours=(ALMOST_ALWAYS,)))

    assert (effect.was, effect.becomes) == (0, 7 * (24 * 60 - 1))


def test_what_narrows_stands_first() -> None:
    effects = effects_of(folders(b"/a"), folders(b"/b"))

    assert [effect.narrows for effect in effects] == [True, False]


def test_of_overlapping_windows_the_first_counts() -> None:
    first, second = RateWindow(NOON, 10**6), RateWindow(NOON, 8192)

    assert not narrows(effects_of(limits(), limits(upload_windows=(first, second))))
    assert narrows(effects_of(limits(), limits(upload_windows=(second, first))))
