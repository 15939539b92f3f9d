"""`recover.py` without a terminal says what it needs, on one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.processes import clean_environment

ROOT = Path(__file__).parents[2]


def test_without_a_terminal_it_says_where_to_give_the_recovery_key(tmp_path: Path) -> None:
    data = ROOT / "tests" / "golden" / "v1" / "data"
    options = ["--account", "ada", "--device", "laptop", "--to", str(tmp_path / "out")]

    done = subprocess.run(
        [sys.executable, str(ROOT / "recover.py"), str(data), *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=clean_environment(),
    )

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "CSB_RECOVERY_KEY" in done.stderr
