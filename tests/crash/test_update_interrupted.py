"""kill -9 at the system calls of an update, one by one: a version always starts, and the next
attempt finishes.

Three parts are killed: the old version while it installs, the new one while it says that it works,
and the start script while it goes back. strace ends a process when it is about to make its n-th
call of a kind. CSB_CRASH_SEED repeats a sample; CSB_TEST_FULL takes every point.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.release_server import serving_releases
from support.updating import bundle, install, release

SEED = int(os.environ.get("CSB_CRASH_SEED", "0")) or random.SystemRandom().randrange(2**32)
POINTS = 10**6 if os.environ.get("CSB_TEST_FULL") else 25
CALLS = (
    "write", "fsync", "rename", "unlink", "unlinkat", "rmdir", "mkdir", "chmod", "sendto", "vfork",
)  # fmt: skip

strace = shutil.which("strace")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="strace is Linux's; scripts/test installs it there"
)

PREAMBLE = """
import sys, time
from pathlib import Path
from csbackup.client.config import Home
from csbackup.client.connection import ReleaseSource, Transport, read_address
from csbackup.client.update.carrying_out import Update, carry_out
from csbackup.client.update.installation import Installation, own_target
from csbackup.client.update.trial import Terms, confirm
from csbackup.format.releases import read_version
from csbackup.rules.updating import UpdatePlan
place, url, running = Path(sys.argv[1]), sys.argv[2], read_version(sys.argv[3])
installation = Installation(place / "install", running, own_target())
home = Home(place / "home")
installation.pinned()
"""
INSTALL = f"""{PREAMBLE}
source = ReleaseSource(Transport(read_address(url), None))
plan = UpdatePlan("update", "due", read_version("0.3.0"))
carry_out(plan, Update(installation, home, source, Terms(), time.time_ns(), lambda _: None))
"""
CONFIRM = f"{PREAMBLE}\nconfirm(installation, home)\n"


def says(version: str) -> str:
    return f'#!/bin/sh\necho \'{{"version": "{version}"}}\'\n'


@dataclass
class Bench:
    """An installation of 0.1.0 and 0.2.0, which runs; 0.3.0 is offered."""

    place: Path
    url: str

    @property
    def folder(self) -> Path:
        return self.place / "install"

    def clean(self) -> None:
        """As it was before anything happened."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        install(self.folder, "0.2.0", bundle("0.2.0", runs=says("0.2.0")))
        old = self.folder / "versions/0.1.0"
        shutil.copytree(self.folder / "versions/0.2.0", old)
        (old / "csb").write_text(says("0.1.0"))

    def command(self, script: str, running: str = "0.2.0") -> list[str]:
        return [sys.executable, "-c", script, str(self.place), self.url, running]

    def run(self, command: list[str]) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    def traced(self, command: list[str], *options: str) -> subprocess.CompletedProcess[str]:
        assert strace, "strace is not installed: scripts/test does it"
        return subprocess.run(
            [strace, "-f", "-o", str(self.log), *options, *command],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | {"CSB_SUPERVISED": "1"},
        )

    @property
    def log(self) -> Path:
        return self.place.parent / "strace.log"

    def started(self) -> str:
        """The version that the start script starts."""
        finished = subprocess.run(
            [self.folder / "csb", "version"], capture_output=True, text=True, check=True, timeout=60
        )
        return finished.stdout.split('"')[3]

    @property
    def current(self) -> str:
        return (self.folder / "current").read_text().strip()

    @property
    def left(self) -> set[str]:
        """What lies in the installation."""
        names = {path.name for path in self.folder.iterdir()}
        return names | {path.name for path in (self.folder / "versions").iterdir()}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with serving_releases() as server:
        server.give("0.3.0", release("0.3.0", bundle("0.3.0", runs=says("0.3.0"))).files)
        bench = Bench(tmp_path / "bench", str(server.source.transport.address))
        bench.clean()
        yield bench


def find_points(bench: Bench, command: list[str], begins: str) -> list[tuple[str, int]]:
    """Every call from the first that names `begins` on, with its number in its process."""
    bench.traced(command, "-e", "trace=" + ",".join((*CALLS, "openat")))
    numbers: Counter[tuple[str, str]] = Counter()
    points: set[tuple[str, int]] = set()
    at_start: Counter[str] = Counter()
    begun = False
    for line in bench.log.read_text(errors="replace").splitlines():
        begun = begun or begins in line
        found = re.match(r"(\d+) +(\w+)\(", line)
        if not found or found[2] not in CALLS:
            continue
        numbers[found[1], found[2]] += 1
        if begun:
            points.add((found[2], numbers[found[1], found[2]]))
        else:
            at_start[found[2]] += 1
    return sorted((call, number) for call, number in points if number > at_start[call])


def sample(points: list[tuple[str, int]]) -> list[tuple[str, int]]:
    chance = random.Random(SEED)
    mixed = chance.sample(points, len(points))
    of_each = [point for call in CALLS for point in [one for one in mixed if one[0] == call][:2]]
    return of_each + [point for point in mixed if point not in of_each][: POINTS - len(of_each)]


def kill_at(bench: Bench, command: list[str], call: str, number: int) -> bool:
    bench.traced(command, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}")
    return "+++ killed by SIGKILL +++" in bench.log.read_text(errors="replace")


def test_an_installation_killed_at_any_call_leaves_a_version_that_starts(bench: Bench) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    command = bench.command(INSTALL)
    points = find_points(bench, command, "release-keys.json")
    assert bench.current == "0.3.0"
    assert len(points) >= 30
    fired: Counter[str] = Counter()

    for call, number in sample(points):
        bench.clean()
        fired[call] += kill_at(bench, command, call, number)
        where = f"killed at {call} number {number}, CSB_CRASH_SEED={SEED}"

        assert bench.started() == bench.current, where
        assert bench.current in ("0.2.0", "0.3.0"), where
        if bench.current == "0.2.0":
            bench.run(command)  # the next attempt
        assert bench.started() == "0.3.0", where
        assert "version=0.3.0\n" in (bench.folder / "trial").read_text(), where
        bench.run(bench.command(CONFIRM, "0.3.0"))
        assert bench.left == {"csb", "current", "versions", "0.2.0", "0.3.0"}, where

    print(f"{len(points)} points, killed at {dict(fired)}")
    assert fired.total() >= min(len(points), POINTS) * 0.7


def test_a_confirmation_killed_at_any_call_is_made_good_by_the_next(bench: Bench) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    bench.run(bench.command(INSTALL))
    before = bench.place.with_name("installed")
    shutil.copytree(bench.place, before, symlinks=True)
    command = bench.command(CONFIRM, "0.3.0")
    points = find_points(bench, command, "release-keys.json")
    fired: Counter[str] = Counter()

    for call, number in sample(points):
        shutil.rmtree(bench.place)
        shutil.copytree(before, bench.place, symlinks=True)
        fired[call] += kill_at(bench, command, call, number)
        where = f"killed at {call} number {number}, CSB_CRASH_SEED={SEED}"

        assert bench.started() == "0.3.0", where
        bench.run(command)
        assert bench.left == {"csb", "current", "versions", "0.2.0", "0.3.0"}, where

    print(f"{len(points)} points, killed at {dict(fired)}")
    assert fired.total() >= min(len(points), POINTS) * 0.7


def test_going_back_killed_at_any_call_is_made_good_by_the_next_start(bench: Bench) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    bench.run(bench.command(INSTALL))
    (bench.folder / "trial-starts").write_text("0.3.0 boot\n" * 9)
    before = bench.place.with_name("installed")
    shutil.copytree(bench.place, before, symlinks=True)
    command = [str(bench.folder / "csb"), "service", "run"]
    points = find_points(bench, command, "trial-starts")
    assert bench.current == "0.2.0"
    fired: Counter[str] = Counter()

    for call, number in sample(points):
        shutil.rmtree(bench.place)
        shutil.copytree(before, bench.place, symlinks=True)
        fired[call] += kill_at(bench, command, call, number)
        where = f"killed at {call} number {number}, CSB_CRASH_SEED={SEED}"

        assert bench.started() in ("0.2.0", "0.3.0"), where
        bench.run(command)
        assert bench.started() == bench.current == "0.2.0", where
        assert (bench.folder / "rolled-back").read_text().startswith("version=0.3.0\n"), where

    print(f"{len(points)} points, killed at {dict(fired)}")
    assert fired.total() >= min(len(points), POINTS) * 0.5


def test_killed_means_killed() -> None:
    """The net itself: a process that strace is told to end is ended."""
    assert strace
    finished = subprocess.run(
        [strace, "-o", os.devnull, "-e", "inject=write:signal=KILL:when=1", "echo", "x"],
        capture_output=True,
        check=False,
    )
    assert finished.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
