"""What two sides changed of the same settings is put together without losing either."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from csbackup.rules.limits import Limits
from csbackup.rules.narrowing import effects_of
from csbackup.rules.schedule import Schedule
from csbackup.rules.source import (
    Folders,
    LeftOut,
    SourceSettings,
    changed,
    difference,
    merge,
)
from csbackup.rules.windows import Window

_ROOTS = st.sampled_from([b"/a", b"/b", b"/c", b"/d"])
_PATTERNS = st.sampled_from(["*.iso", "!k", "tmp/", "c"])
_WINDOWS = st.builds(
    Window,
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
)
SETTINGS = st.builds(
    SourceSettings,
    st.builds(Folders, st.lists(_ROOTS, unique=True).map(tuple), st.booleans()),
    st.builds(LeftOut, st.lists(_PATTERNS, unique=True).map(tuple), st.booleans()),
    st.builds(
        Schedule,
        every_minutes=st.sampled_from([5.0, 60.0]),
        continuous=st.booleans(),
        quiet_hours=st.lists(_WINDOWS, max_size=2).map(tuple),
    ),
    st.builds(Limits, upload=st.sampled_from([None, 8192, 10**6])),
)


@given(SETTINGS, SETTINGS)
def test_a_side_that_changed_nothing_gets_what_the_other_changed(
    base: SourceSettings, wanted: SourceSettings
) -> None:
    assert merge(base, wanted, base) == wanted
    assert merge(base, base, wanted) == wanted


@given(SETTINGS, SETTINGS)
def test_taking_what_is_there_already_changes_nothing(
    base: SourceSettings, wanted: SourceSettings
) -> None:
    assert merge(base, wanted, wanted) == wanted


@given(SETTINGS, SETTINGS, SETTINGS)
def test_a_folder_is_kept_unless_a_side_let_it_go(
    base: SourceSettings, wanted: SourceSettings, own: SourceSettings
) -> None:
    merged = set(merge(base, wanted, own).folders.roots)

    sides = set(base.folders.roots), set(wanted.folders.roots), set(own.folders.roots)
    added = (sides[1] | sides[2]) - sides[0]
    let_go = sides[0] - (sides[1] & sides[2])
    assert merged == (sides[0] | added) - let_go


@given(SETTINGS, SETTINGS, SETTINGS)
def test_taking_a_change_back_restores_what_was_there_and_keeps_the_rest(
    base: SourceSettings, wanted: SourceSettings, own: SourceSettings
) -> None:
    taken = merge(base, wanted, own)

    back = merge(wanted, base, taken)

    assert set(back.folders.roots) >= set(own.folders.roots) & set(base.folders.roots)


@given(SETTINGS, SETTINGS)
def test_nothing_differs_exactly_when_nothing_is_said(
    one: SourceSettings, other: SourceSettings
) -> None:
    assert changed(one, difference(one, other)) == other
    if effects_of(one, other):
        assert one != other
    if one.folders != other.folders and set(one.folders.roots) != set(other.folders.roots):
        assert effects_of(one, other)
