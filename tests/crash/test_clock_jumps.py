"""The clock of a device jumps while it backs up: nothing is lost, nothing waits for it."""

from __future__ import annotations

import os
import random
import re
import time
from pathlib import Path

import pytest

import csbackup.client
from support.backup_bench import Bench, make_bench

YEAR_NS = 365 * 24 * 3600 * 10**9
CLIENT = Path(csbackup.client.__file__).parent


class JumpingClock:
    """A year forth or back at each look."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.looks = 0

    def __call__(self) -> int:
        self.looks += 1
        return time.time_ns() + self._chance.randint(-1, 1) * YEAR_NS


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = make_bench(tmp_path)
    for number in range(20):
        (tmp_path / "data" / f"file {number}").write_bytes(b"%d" % number)
    return bench


@pytest.mark.parametrize("seed", range(5))
def test_a_clock_that_jumps_changes_nothing_of_what_is_kept(
    bench: Bench, tmp_path: Path, seed: int
) -> None:
    clock = JumpingClock(seed)
    bench.clock = clock
    changing = tmp_path / "data" / "file 3"
    for turn in range(4):
        changing.write_bytes(b"turn %d" % turn)

        result = bench.backup()

        opened = bench.opened()
        assert opened[os.fsencode(changing)].content == b"turn %d" % turn
        assert (result.files, result.sequence, result.coverage) == (20, turn + 1, 1.0)
    assert clock.looks > 10


def test_no_time_out_goes_by_the_wall_clock() -> None:
    wall_clock = re.compile(r"\btime\.time(_ns)?\(|datetime\.(now|today|utcnow)\(")

    found = [
        f"{folder}/{path.name}"
        for folder in ("backup", "connection", "restore")
        for path in (CLIENT / folder).glob("*.py")
        if wall_clock.search(path.read_text())
    ]

    # It looks whether the clock can be right at all: certificates are compared with it.
    assert found == ["connection/opening.py"]
