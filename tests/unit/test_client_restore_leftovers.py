"""What a killed restore left behind goes with the next one; nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from csbackup.client.restore.leftovers import sweep, temporary_prefix


def _process_that_ended() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def _sweep(folder: Path) -> set[str]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        sweep(handle)
    finally:
        os.close(handle)
    return {path.name for path in folder.iterdir()}


def test_the_temporary_file_of_a_restore_that_was_killed_is_removed(tmp_path: Path) -> None:
    (tmp_path / f".csb-{_process_that_ended()}-0123456789abcdef-7").write_bytes(b"half")

    assert _sweep(tmp_path) == set()


def test_the_temporary_file_of_a_restore_that_runs_stays(tmp_path: Path) -> None:
    name = os.fsdecode(temporary_prefix()) + "-1"
    (tmp_path / name).write_bytes(b"half")

    assert _sweep(tmp_path) == {name}


def test_files_with_other_names_stay(tmp_path: Path) -> None:
    names = {".csb-tmp", ".csb-1-2", "a", f"x.csb-{_process_that_ended()}-0123456789abcdef-7"}
    for name in names:
        (tmp_path / name).write_bytes(b"mine")

    assert _sweep(tmp_path) == names
