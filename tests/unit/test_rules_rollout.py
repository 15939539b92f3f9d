"""Who gets a release, decided from what devices said of themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csbackup.format.ids import DeviceId
from csbackup.format.releases import Version
from csbackup.rules.rollout import (
    HOUR,
    DeviceFacts,
    Rollout,
    Standing,
    Target,
    judge_rollout,
)

TARGET = Target(Version(0, 2, 0), Version(0, 1, 0), frozenset({"linux-amd64", "linux-arm64"}))


def device(number: int, **changes: object) -> DeviceFacts:
    facts = DeviceFacts(DeviceId(bytes([number]) * 16), "0.1.0", "linux-amd64", update="ready")
    return replace(facts, **changes)  # type: ignore[arg-type]


ONE, TWO = device(1), device(2)
FIRST = Rollout(TARGET, "first", frozenset({ONE.device}))
ALL = Rollout(TARGET, "all")


def standing(rollout: Rollout, one: DeviceFacts, *others: DeviceFacts) -> Standing:
    return judge_rollout(rollout, [one, *others]).standings[one.device]


def test_without_a_rollout_nobody_is_told_anything() -> None:
    verdict = judge_rollout(Rollout(), [ONE, TWO])

    assert set(verdict.standings.values()) == {"none"}
    assert not verdict.told(ONE.device)


def test_a_pause_tells_nobody_anything_and_still_shows_who_went_back() -> None:
    back = device(3, update="rolled-back", update_version="0.2.0")
    verdict = judge_rollout(Rollout(TARGET, "off"), [ONE, device(2, version="0.2.0"), back])

    assert list(verdict.standings.values()) == ["none", "runs-it", "went-back"]
    assert not any(map(verdict.told, verdict.standings))


def test_first_the_first_devices_then_all() -> None:
    assert judge_rollout(FIRST, [ONE, TWO]).told(ONE.device)
    assert standing(FIRST, TWO) == "not-yet"
    assert not judge_rollout(FIRST, [ONE, TWO]).told(TWO.device)
    assert standing(ALL, TWO) == "given"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"version": "0.2.0"}, "runs-it"),
        ({"version": "0.10.0"}, "newer"),
        ({"target": "linux-armv7"}, "no-bundle"),
        ({"target": ""}, "silent"),
        ({"version": "0.0.9"}, "too-old"),
        ({"version": "what?"}, "too-old"),
        ({"update": "off"}, "by-hand"),
        ({"revoked": True}, "gone"),
        ({"update": "trying", "update_version": "0.2.0"}, "trying"),
        ({"update": "failed", "update_version": "0.2.0"}, "failed"),
        ({"update": "rolled-back", "update_version": "0.2.0"}, "went-back"),
        ({"update": "rolled-back", "update_version": "0.1.9"}, "given"),
    ],
)
def test_a_device_stands_as_it_said(changes: dict[str, object], expected: Standing) -> None:
    assert standing(ALL, replace(ONE, **changes)) == expected  # type: ignore[arg-type]


def test_who_went_back_from_a_release_is_not_told_to_run_it_again() -> None:
    back = device(1, update="rolled-back", update_version="0.2.0")

    assert not judge_rollout(ALL, [back]).told(back.device)


def test_who_could_not_install_it_is_told_again() -> None:
    failed = device(1, update="failed", update_version="0.2.0")

    assert judge_rollout(ALL, [failed]).told(failed.device)


def test_when_several_went_back_nobody_else_begins() -> None:
    back = [device(n, update="rolled-back", update_version="0.2.0") for n in (3, 4, 5)]

    assert standing(ALL, ONE, *back[:2]) == "given"
    assert standing(ALL, ONE, *back) == "held"


def test_many_for_whom_it_works_outweigh_some_who_went_back() -> None:
    back = [device(n, update="rolled-back", update_version="0.2.0") for n in (3, 4, 5)]
    well = [device(n, version="0.2.0") for n in range(10, 20)]

    assert standing(ALL, ONE, *back, *well) == "given"


def test_it_goes_on_by_itself_once_the_first_ones_ran_it_long_enough() -> None:
    rollout = replace(FIRST, automatic_hours=24)

    assert judge_rollout(rollout, [ONE, TWO]).goes_on is None
    runs = replace(ONE, version="0.2.0", runs_since=5)
    assert judge_rollout(rollout, [runs, TWO]).goes_on == 5 + 24 * HOUR
    assert judge_rollout(FIRST, [runs, TWO]).goes_on is None


def test_it_does_not_go_on_by_itself_when_one_went_back() -> None:
    rollout = replace(FIRST, automatic_hours=24, first=frozenset({ONE.device, TWO.device}))
    runs = replace(ONE, version="0.2.0", runs_since=5)
    back = replace(TWO, update="rolled-back", update_version="0.2.0")

    assert judge_rollout(rollout, [runs, back]).goes_on is None


def test_it_does_not_go_on_where_no_first_device_is_left() -> None:
    rollout = replace(FIRST, automatic_hours=24)

    assert judge_rollout(rollout, [replace(ONE, revoked=True), TWO]).goes_on is None
