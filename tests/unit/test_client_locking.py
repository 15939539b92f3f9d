"""One run at a time, and whoever only looks is never in the way."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from csbackup.client.platform.locking import is_held, only_run
from csbackup.errors import RunInProgress


def test_a_lock_is_held_while_it_is_held(tmp_path: Path) -> None:
    lock = tmp_path / "lock"

    before = is_held(lock)
    with only_run(lock):
        during = is_held(lock)
        with pytest.raises(RunInProgress), only_run(lock):
            pass
    after = is_held(lock)

    assert (before, during, after) == (False, True, False)


def test_looking_makes_no_file(tmp_path: Path) -> None:
    is_held(tmp_path / "lock")

    assert not any(tmp_path.iterdir())


def test_who_holds_it_for_a_moment_to_look_stops_no_run(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    held = threading.Event()

    def look() -> None:
        with only_run(lock):
            held.set()
            time.sleep(0.005)

    thread = threading.Thread(target=look)
    thread.start()
    held.wait()
    with only_run(lock):
        got_it = True
    thread.join()

    assert got_it
