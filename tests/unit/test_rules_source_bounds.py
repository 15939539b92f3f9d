"""Bounds of settings that come from elsewhere."""

from __future__ import annotations

import pytest

from csbackup.rules.limits import Limits
from csbackup.rules.schedule import Schedule
from csbackup.rules.source import Folders, LeftOut, SourceSettings, with_home
from csbackup.rules.source_bounds import check_root, problems_of
from csbackup.rules.windows import Window

ALWAYS = Window(0, 24 * 60)


@pytest.mark.parametrize(
    "settings",
    [
        SourceSettings(folders=Folders(tuple(b"/%d" % n for n in range(501)))),
        SourceSettings(folders=Folders((b"/a", b"/a"))),
        SourceSettings(folders=Folders((b"/" + b"a" * 4096,))),
        SourceSettings(exclusions=LeftOut(("a" * 1001,))),
        SourceSettings(exclusions=LeftOut(("a\nb",))),
        SourceSettings(exclusions=LeftOut(("# a comment",))),
        SourceSettings(exclusions=LeftOut(("*a*a*a*a*b",))),
        SourceSettings(exclusions=LeftOut(("**/**/**/**/**/b",))),
        SourceSettings(exclusions=LeftOut(("*",) * 10**6)),
        SourceSettings(schedule=Schedule(every_minutes=10**9)),
        SourceSettings(schedule=Schedule(every_minutes=float("nan"))),
        SourceSettings(schedule=Schedule(quiet_hours=(ALWAYS,))),
        SourceSettings(schedule=Schedule(quiet_hours=(ALWAYS,) * 10**6)),
        SourceSettings(limits=Limits(upload=1)),
    ],
)
def test_what_is_out_of_bounds_is_named(settings: SourceSettings) -> None:
    assert problems_of(settings)


def test_usual_settings_are_within_bounds() -> None:
    settings = SourceSettings(
        Folders((b"/home/anna", b"~/Music", b"C:\\Users\\anna", b"\\\\nas\\share", b"/")),
        LeftOut(("*.iso", "**/build/**", "!/keep/", "[a-c]?.tmp")),
    )

    assert problems_of(settings) == ()


@pytest.mark.parametrize("root", [b"", b"a", b"./a", b"/a/../b", b"/a/./b", b"/a\0b", b"~anna/x"])
def test_only_plain_whole_paths_are_roots(root: bytes) -> None:
    assert check_root(root)


def test_home_stands_for_the_persons_folder_and_slashes_at_the_end_do_not_matter() -> None:
    folders = Folders((b"~", b"~/a/", b"/b//", b"/b", b"/", b"/~/c"))

    found = with_home(folders, b"/home/anna")

    assert found.roots == (b"/home/anna", b"/home/anna/a", b"/b", b"/", b"/~/c")
    assert with_home(Folders((b"~/a",)), b"").roots == (b"~/a",)
