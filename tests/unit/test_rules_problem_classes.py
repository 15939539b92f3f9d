"""Every class of problem has a title and advice, and an unknown one is no failure."""

import errno
import os
from typing import get_args

import pytest

from csbackup.client.backup.tally import kind_of
from csbackup.client.problems import Problem
from csbackup.rules.problem_classes import ADVICE, ProblemClass, advice_on


def test_every_class_that_a_run_can_emit_has_advice() -> None:
    assert set(ADVICE) == set(get_args(ProblemClass))  # mypy lets nothing else be emitted
    assert all(one.title and one.advice.endswith(".") for one in ADVICE.values())


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_whatever_the_system_complains_of_has_a_class_with_advice(number: int) -> None:
    assert kind_of(OSError(number, os.strerror(number))) in ADVICE


def test_a_class_that_only_another_release_knows_still_gets_an_answer() -> None:
    assert advice_on("of tomorrow").advice == "Update csb."


def test_a_problem_in_json_says_what_to_do() -> None:
    described = Problem("read-error", b"/x", "Input/output error.").to_json()

    assert described["class"] == "read-error"
    assert "check the disk" in described["advice"]
