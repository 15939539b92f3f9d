"""A run remembers only so many ids; what it forgets and meets again harms nothing."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from support.backup_bench import make_bench


def test_equal_files_and_folders_all_over_a_long_run(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    bench.limits = replace(bench.limits, remembered_ids=6, batch_ids=2)
    for number in range(60):
        folder = tmp_path / "data" / f"{number:02d}"
        (folder / "empty").mkdir(parents=True)
        (folder / "same.txt").write_text("the same everywhere")
        (folder / "own.txt").write_text(f"number {number}")

    bench.backup()

    opened = bench.opened()
    data = os.fsencode(tmp_path / "data")
    assert opened[data + b"/59/same.txt"].content == b"the same everywhere"
    assert opened[data + b"/07/own.txt"].content == b"number 7"
    assert data + b"/33/empty" in opened
