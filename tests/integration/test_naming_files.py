"""A verbose backup or restore names what becomes of each file, and nothing else."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from csbackup.client.backup.run import run_backup
from support.backup_bench import Bench, Listener

SETTLED = 0.12


def named(bench: Bench, data: Path) -> list[str]:
    """What one backup names, below the root."""
    told: list[str] = []
    start = len(os.fsencode(data))

    def tell(path: bytes, change: str) -> None:
        told.append(f"{change} {os.fsdecode(path[start:])}")

    run_backup(replace(bench.context(), on_file=tell), Listener())
    return sorted(told)


def test_new_changed_and_removed_files_are_named_and_no_others(bench: Bench, data: Path) -> None:
    for name in ("same", "edited", "touched", "gone", "old/inner", "old/deep/x"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(name)
    (data / "link").symlink_to("same")
    time.sleep(SETTLED)
    first = named(bench, data)
    nothing = named(bench, data)
    (data / "edited").write_text("other")
    os.utime(data / "touched", ns=(5, 5))
    (data / "gone").unlink()
    (data / "old").rename(data / "young")
    (data / "empty").mkdir()

    changes = named(bench, data)

    assert first == [
        f"added /{name}"
        for name in ("edited", "gone", "link", "old/deep/x", "old/inner", "same", "touched")
    ]
    assert nothing == []
    assert changes == [
        "added /empty/", "added /young/deep/x", "added /young/inner", "changed /edited",
        "metadata /touched", "removed /gone", "removed /old/",
    ]  # fmt: skip


def test_without_a_journal_what_the_server_has_is_not_named_as_new(
    bench: Bench, data: Path
) -> None:
    (data / "kept").write_text("kept")
    time.sleep(SETTLED)
    bench.backup()
    bench.forget_journal()
    (data / "new").write_text("new")

    assert named(bench, data) == ["added /new"]


@pytest.mark.parametrize(
    "gone", [range(0, 9_000, 7), range(4_000), range(5_000, 9_000), range(9_000)]
)
def test_in_a_long_folder_every_file_that_is_gone_is_named_once(
    bench: Bench, data: Path, gone: range
) -> None:
    (data / "long").mkdir()
    for number in range(9_000):
        (data / f"long/{number:05}").touch()
    time.sleep(SETTLED)
    bench.backup()
    for number in gone:
        (data / f"long/{number:05}").unlink()

    changes = named(bench, data)

    assert Counter(changes) == Counter(f"removed /long/{number:05}" for number in gone)


def test_a_root_that_is_not_there_is_a_problem_and_not_named_as_removed(
    bench: Bench, data: Path, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "x").write_text("x")
    bench.choose(data, stick)
    bench.backup()
    (stick / "x").unlink()
    stick.rmdir()

    assert named(bench, data) == []
