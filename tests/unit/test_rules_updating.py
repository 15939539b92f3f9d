"""Whether a device becomes another version now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csbackup.format.releases import Version
from csbackup.rules.updating import MOST_TRIES, Action, Failure, Reason, Situation, plan_update

ONE, TWO, THREE = (Version(0, number, 0) for number in (1, 2, 3))
WANTED = Situation(running=ONE, newest=ONE, wanted=TWO)


@pytest.mark.parametrize(
    ("changes", "action", "reason"),
    [
        ({}, "update", "due"),
        ({"wanted": None}, "nothing", "not-asked"),
        ({"wanted": ONE}, "nothing", "current"),
        ({"wanted": Version(0, 0, 9)}, "nothing", "older"),
        ({"newest": THREE}, "nothing", "older"),
        ({"newest": TWO}, "update", "due"),
        ({"can_update": False}, "nothing", "off"),
        ({"on_trial": True}, "wait", "on-trial"),
        ({"busy": True}, "wait", "busy"),
    ],
)
def test_the_situation_decides(changes: dict[str, object], action: Action, reason: Reason) -> None:
    plan = plan_update(replace(WANTED, **changes))  # type: ignore[arg-type]

    assert (plan.action, plan.reason) == (action, reason)


def test_what_ended_again_and_again_is_not_tried_again() -> None:
    failed = replace(WANTED, failures={TWO: Failure("died", final=True)})

    assert plan_update(failed).reason == "went-back"


def test_what_may_have_been_an_accident_is_tried_some_times() -> None:
    def reason(tries: int) -> Reason:
        return plan_update(replace(WANTED, failures={TWO: Failure("silent", tries)})).reason

    assert [reason(tries) for tries in range(1, MOST_TRIES + 1)] == ["due", "due", "went-back"]


def test_a_newer_release_is_tried_although_one_failed() -> None:
    failed = replace(WANTED, wanted=THREE, newest=TWO, failures={TWO: Failure("died", final=True)})

    assert plan_update(failed).action == "update"


def test_going_back_by_itself_does_not_make_an_older_release_welcome() -> None:
    back = replace(WANTED, wanted=Version(0, 1, 5), newest=TWO)

    assert plan_update(back).reason == "older"
