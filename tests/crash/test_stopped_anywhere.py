"""kill -9 at the system calls of a backup, one by one: the next run commits, and all is whole.

strace ends the client when one of its threads is about to make its n-th call of a kind. A first run
without harm says how many calls there are, and which of them fall into the run itself and not into
the start of Python. CSB_CRASH_SEED repeats a sample; CSB_TEST_FULL takes every point.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from csbackup.client.cli.backup import back_up
from csbackup.client.config import Home
from csbackup.client.connection import Connection, open_transport, read_address
from csbackup.client.heads import Heads
from csbackup.client.keyring import load_device
from csbackup.client.settings import load_settings
from support.nasty_files import differences
from support.processes import PROGRAMS, Client, Server, start_server

SEED = int(os.environ.get("CSB_CRASH_SEED", "0")) or random.SystemRandom().randrange(2**32)
POINTS = 10**6 if os.environ.get("CSB_TEST_FULL") else 25
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "sendto", "ftruncate")
SLACK = 60_000

strace = shutil.which("strace")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="strace is Linux's; scripts/test installs it there"
)


@dataclass
class Device:
    """A device and its server, both real."""

    place: Path
    server: Server
    client: Client
    source: Path
    sequence: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    most_again: int = 0

    def traced(self, *options: str) -> subprocess.CompletedProcess[str]:
        assert strace, "strace is not installed: scripts/test does it"
        log = self.place / "strace.log"
        command = [
            strace,
            "-f",
            "-o",
            str(log),
            *options,
            str(PROGRAMS / "csb"),
            "backup",
            "--json",
        ]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=self.client.environment_of_a_run(),
            timeout=120,
            check=False,
        )

    def log(self) -> str:
        return (self.place / "strace.log").read_text(errors="replace")

    def change_files(self, chance: random.Random) -> int:
        new = 0
        for name in ("a", "b/c", "b/d", "b/e"):
            path = self.source / name
            path.parent.mkdir(exist_ok=True)
            size = 7_000_000 if name == "a" else chance.choice([100, 3000, 300_000])
            content = chance.randbytes(size)
            path.write_bytes(content)
            new += len(content)
        return new

    def sequences(self) -> list[int]:
        home = Home(self.client.home)
        own = load_device(home)
        transport = open_transport(home, read_address(self.server.url), own.pin)
        with closing(transport):
            found = Connection(transport.with_token(own.token), own.device).snapshots()
        return [one.sequence for one in found.snapshots]

    def stored(self) -> int:
        packs = (self.server.data / "packs").rglob("*")
        return sum(path.stat().st_size for path in packs if path.is_file())


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    place = tmp_path_factory.mktemp("stopped")
    source = place / "source"
    source.mkdir()
    with start_server(place / "data") as server:
        client = Client(place / "home", server.url, server.pin)
        client.register("ada", device="laptop")
        client.run("add", str(source))
        yield Device(place, server, client, source)


def find_points(device: Device) -> list[tuple[str, int]]:
    """Every call of the kinds that a backup makes: its name, and the how manieth of its thread.

    Calls before the run touches its lock belong to the start of Python, and are left out; so are
    those of other threads with such a number, as strace would fire at the start already.
    """
    device.change_files(random.Random(SEED))
    finished = device.traced("-e", "trace=" + ",".join((*CALLS, "openat")))
    assert finished.returncode == 0, finished.stderr
    device.sequence = json.loads(finished.stdout)["sequence"]
    numbers: Counter[tuple[str, str]] = Counter()  # by thread and call
    at_start: Counter[str] = Counter()
    points: set[tuple[str, int]] = set()
    begun = False
    for line in device.log().splitlines():
        begun = begun or "backup.lock" in line
        found = re.match(r"(\d+) +(\w+)\(", line)
        if not found or found[2] not in CALLS:
            continue
        numbers[found[1], found[2]] += 1
        if not begun:
            at_start[found[2]] += 1
        else:
            points.add((found[2], numbers[found[1], found[2]]))
    return sorted((call, number) for call, number in points if number > at_start[call])


def sample(points: list[tuple[str, int]], chance: random.Random) -> list[tuple[str, int]]:
    """Some of every call, and more of those that are made often."""
    mixed = chance.sample(points, len(points))
    of_each = [point for call in CALLS for point in [one for one in mixed if one[0] == call][:2]]
    return of_each + [point for point in mixed if point not in of_each][: POINTS - len(of_each)]


def kill_at(device: Device, call: str, number: int) -> bool:
    """Whether it was killed there. Numbers differ by a few from run to run, as threads race."""
    finished = device.traced(
        "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"
    )
    killed = finished.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
    assert killed or finished.returncode == 0, finished.stderr
    assert killed == ("+++ killed by SIGKILL +++" in device.log())
    return killed


def check_what_is_left(device: Device) -> None:
    """Every state file is whole, the old or the new."""
    home = Home(device.client.home)
    own = load_device(home)
    settings = load_settings(home)
    assert settings is not None
    assert settings.roots == (os.fsencode(device.source),)
    seen = Heads(home).seen(own.device)
    assert seen is not None
    assert seen.sequence in (device.sequences()[-1], device.sequences()[-1] - 1)


def test_a_backup_killed_at_any_call_loses_nothing(device: Device) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    device.client.run("backup")
    points = find_points(device)
    chance = random.Random(SEED)
    chosen = points if len(points) <= POINTS else sample(points, chance)
    assert len(points) >= 200

    for call, number in chosen:
        try:
            live_through(device, chance, call, number)
        except AssertionError as failure:
            failure.add_note(f"killed at {call} number {number}, CSB_CRASH_SEED={SEED}")
            raise
    target = device.place / "restored"
    device.client.run("restore", "--to", str(target))
    assert differences(device.source, target / "source") == ""

    print(f"{len(points)} points, {len(chosen)} tried, killed at {dict(device.fired)}, ", end="")
    print(f"at most {device.most_again} bytes sent again")
    assert device.fired.total() >= len(chosen) * 0.7


def live_through(device: Device, chance: random.Random, call: str, number: int) -> None:
    new = device.change_files(chance)
    before, stored = device.sequences(), device.stored()

    if kill_at(device, call, number):
        device.fired[call] += 1
    check_what_is_left(device)
    there = device.stored() - stored
    half = device.sequences()
    done = back_up(Home(device.client.home), quiet=True)

    after = device.sequences()
    assert len(half) - len(before) in (0, 1)
    assert after == [*half, done.sequence] == list(range(1, done.sequence + 1))
    assert (done.coverage, done.problems) == (1.0, ())
    device.most_again = max(device.most_again, there + done.bytes_sent - new)
    assert device.stored() - stored <= new * 1.01 + SLACK  # nothing is stored twice
    assert done.bytes_sent <= max(0, new - there) * 1.01 + SLACK  # nor sent again
    assert not list(device.client.home.glob("journal.db-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_backup_that_is_told_to_stop_ends_cleanly(device: Device, number: int) -> None:
    device.client.run("backup")
    device.client.run("limits", "set", "--upload", "20M")  # or it is done before it is told
    (device.source / "big").write_bytes(os.urandom(80_000_000))
    before, stored = device.sequences(), device.stored()
    names = set(device.client.home.iterdir())
    running = device.client.start("backup")
    until = time.monotonic() + 30
    while device.stored() - stored < 1_000_000 and time.monotonic() < until:
        time.sleep(0.005)

    in_the_middle = running.poll() is None
    running.send_signal(number)
    asked = time.monotonic()
    said, _ = running.communicate(timeout=30)

    assert in_the_middle
    assert time.monotonic() - asked < 6
    assert running.returncode == 2, said
    assert said.strip().splitlines()[-1] == "csb: stopped."
    assert "Traceback" not in said
    assert device.sequences() == before
    assert set(device.client.home.iterdir()) == names
    stored = device.stored() - stored
    device.client.run("limits", "set", "--upload", "none")
    done = device.client.backup()
    assert done["bytes_sent"] <= 80_000_000 * 1.01 + SLACK - stored


def test_a_service_that_is_told_to_stop_does_not_wait_for_its_backup(device: Device) -> None:
    device.client.run("backup")
    device.client.run("limits", "set", "--upload", "20M")
    (device.source / "big").write_bytes(os.urandom(80_000_000))
    before, stored = device.sequences(), device.stored()
    running = device.client.start("service", "run", "--every", "0.05")
    until = time.monotonic() + 30
    while device.stored() - stored < 1_000_000 and time.monotonic() < until:
        time.sleep(0.005)

    running.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    said, _ = running.communicate(timeout=30)

    assert device.stored() - stored >= 1_000_000
    assert time.monotonic() - asked < 6
    assert (running.returncode, device.sequences()) == (0, before), said
    assert "Traceback" not in said
