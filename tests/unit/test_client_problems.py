"""Problems as a person sees them: by class, a few paths, advice once, never a flood."""

import itertools
from typing import get_args

import pytest

from csbackup.client.cli.problems import problem_lines, show_notes
from csbackup.client.problems import Problem, grouped
from csbackup.rules.problem_classes import ProblemClass


def denied(number: int, folder: str = "/home/ada") -> list[Problem]:
    paths = (f"{folder}/file {at}".encode() for at in range(number))
    return [Problem("permission-denied", path, "Permission denied.") for path in paths]


def test_a_few_problems_are_all_named_with_advice_once() -> None:
    lines = problem_lines(grouped(denied(3)))

    assert lines[0] == "  May not be read: 3 (permission-denied)"
    assert [line.strip() for line in lines[1:4]] == [
        "/home/ada/file 0", "/home/ada/file 1", "/home/ada/file 2",
    ]  # fmt: skip
    assert "".join(lines).count("Run csb as") == 1


def test_many_of_one_folder_are_told_as_that_folder() -> None:
    lines = problem_lines(grouped([*denied(500), *denied(1, "/srv")]))

    assert "    /home/ada/  (500 entries in it)" in lines
    assert "    /srv/file 0" in lines


def test_what_is_not_shown_is_counted() -> None:
    several = itertools.chain.from_iterable(denied(1, f"/f{at}") for at in range(50))

    lines = problem_lines(grouped(several))

    named = [line for line in lines if line.startswith("    /f")]
    assert f"    and {50 - len(named)} more" in lines


def test_twenty_lines_are_enough_for_all_classes_together() -> None:
    problems = [
        Problem(kind, f"/{kind}/{at}".encode(), "Something longish happened to it.")
        for kind in get_args(ProblemClass)
        for at in range(30)
    ]

    lines = problem_lines(grouped(problems))

    assert len(lines) <= 20
    assert all(kind in " ".join(lines) for kind in get_args(ProblemClass))


def test_the_real_number_is_told_where_only_the_first_problems_are_kept() -> None:
    lines = problem_lines(grouped(denied(2), {"permission-denied": 12_345}))

    assert lines[0] == "  May not be read: 12,345 (permission-denied)"
    assert "    and 12,343 more" in lines


def test_ignored_problems_are_not_shown() -> None:
    assert grouped([Problem("vanished", b"/x", "Gone.", ignored=True)]) == ()


def test_what_concerns_the_run_and_is_ignored_is_a_note(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_notes([Problem("clock-wrong", b"", "The clock says 1970.", ignored=True), *denied(2)])

    assert capsys.readouterr().err == "Note: The clock says 1970.\n"


def test_a_path_cannot_write_to_the_terminal() -> None:
    lines = problem_lines(grouped([Problem("read-error", b"/a\n\x1b[31mb", "I/O error.")]))

    assert "    /a\\n\\x1b[31mb: I/O error." in lines
