"""An empty value, from a variable that a script forgot to set, is refused."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from csbackup.client.cli.program import Invocation, program
from csbackup.client.cli.typed import absolute
from csbackup.client.journal import JournalDamaged, failure_of
from csbackup.errors import LocalDiskFull, PathProblem


def test_an_empty_path_is_not_the_current_folder() -> None:
    with pytest.raises(PathProblem, match="A path is empty"):
        absolute("")


def test_a_dot_is_the_current_folder() -> None:
    assert absolute(".") == os.fsencode(Path.cwd())


def test_an_empty_target_is_not_the_original_place() -> None:
    result = CliRunner().invoke(program, ["restore", "--to", "", "--overwrite"], obj=Invocation())

    assert result.exit_code == 2
    assert "is empty" in result.output


@pytest.mark.parametrize("option", ["--at", "--snapshot"])
@pytest.mark.parametrize("command", [["restore"], ["ls"], ["find", "x"]])
def test_an_empty_moment_or_snapshot_is_not_the_newest_one(command: list[str], option: str) -> None:
    result = CliRunner().invoke(program, [*command, option, ""], obj=Invocation())

    assert result.exit_code == 2
    assert "is empty" in result.output


def test_a_full_disk_is_not_taken_for_a_damaged_journal() -> None:
    database = sqlite3.connect(":memory:")
    database.executescript("pragma max_page_count = 2; create table t (x);")

    with pytest.raises(sqlite3.DatabaseError) as caught:
        database.execute("insert into t values (zeroblob(100000))")

    assert isinstance(failure_of(caught.value, Path("journal.db")), LocalDiskFull)


def test_what_is_no_database_is_a_damaged_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"no database " * 100)

    with pytest.raises(sqlite3.DatabaseError) as caught:
        sqlite3.connect(path).execute("select * from sqlite_master")

    assert isinstance(failure_of(caught.value, path), JournalDamaged)
