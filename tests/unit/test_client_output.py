"""What the client shows: never a path's control characters, never more than there is."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csbackup.client.backup.tally import Tally
from csbackup.client.cli.output import (
    percent,
    print_json_items,
    print_lines,
    print_table,
)
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


# --- long listings ---


@pytest.mark.parametrize(
    ("write", "item"),
    [(print_table, ("a", "b")), (print_json_items, {"a": 1}), (print_lines, "line")],
)
def test_what_is_long_is_printed_while_it_comes(
    write: Callable[[Iterator[object]], None], item: object, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[int] = []

    def coming() -> Iterator[object]:
        for at in range(10_000):
            if at % 2_500 == 2_499:
                seen.append(capsys.readouterr().out.count("\n"))
            yield item

    write(coming())

    assert len(seen) == 4
    assert all(lines > 900 for lines in seen)


@pytest.mark.parametrize("items", [[], [{"a": "\u00fc\n"}], [{"a": 1}, {"b": [2]}, {}]])
def test_an_array_that_is_written_item_by_item_is_json(
    items: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    print_json_items(iter(items))

    assert json.loads(capsys.readouterr().out) == items


def test_columns_line_up_and_a_late_long_cell_only_moves_its_own_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [("Size", "Name"), ("1", "a"), *(("22", "b") for _ in range(1_500)), ("123456", "c")]

    print_table(rows, frozenset((0,)))

    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["Size  Name", "   1  a", "  22  b"]
    assert lines[-1] == "123456  c"
