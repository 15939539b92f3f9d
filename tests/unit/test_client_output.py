"""What the client shows: never a path's control characters, never more than there is."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from csbackup.client.backup.tally import Tally
from csbackup.client.cli.output import percent
from csbackup.client.cli.progress import Silent
from support.processes import clean_environment, run_program


@pytest.mark.parametrize(
    ("share", "shown"),
    [(1.0, "100.00%"), (0.999999, "99.99%"), (0.5, "50.00%"), (0.9992, "99.92%"), (0.0, "0.00%")],
)
def test_nearly_all_is_not_shown_as_all(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_a_problems_message_leaves_its_path_to_the_path() -> None:
    tally = Tally(Silent())

    tally.failed(b"/home/ada/\xff\x1b[31m", PermissionError(errno.EACCES, "Permission denied"))

    assert [problem.message for problem in tally.problems] == ["Permission denied."]


def test_a_failure_is_one_line_without_control_characters(tmp_path: Path) -> None:
    result = run_program(
        "csb",
        "restore",
        "--to",
        "/x",
        "ftp://\x1b[31m\nred",
        "--account",
        "ada",
        env=clean_environment(CSB_HOME=str(tmp_path)),
    )

    assert result.code == 2
    assert len(result.err.splitlines()) == 1
    assert "\x1b" not in result.err
