"""kill -9 at random moments, on either side: what was acknowledged is there, and work goes on.

The moments come from a seed, which is printed; CSB_CRASH_SEED repeats a run, CSB_CRASH_ROUNDS and
CSB_TEST_FULL make it longer.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from support.nasty_files import differences
from support.processes import Client, Server, start_server

SEED = int(os.environ.get("CSB_CRASH_SEED", "0")) or random.SystemRandom().randrange(2**32)
ROUNDS = int(os.environ.get("CSB_CRASH_ROUNDS", "0")) or (
    60 if os.environ.get("CSB_TEST_FULL") else 4
)
SLACK = 300_000  # listings


@dataclass
class Story:
    """A device's life with crashes. `kept`: what was acknowledged, by sequence, as it was."""

    place: Path
    chance: random.Random
    server: Server
    client: Client
    source: Path
    kept: dict[int, Path] = field(default_factory=dict)
    fired: int = 0
    seconds: float = 1.0  # that the last backup took which nobody disturbed

    def change_files(self) -> int:
        """Some new, some changed, some gone; how many bytes are new."""
        new = 0
        folder = self.source / f"folder-{self.chance.randrange(8)}"
        folder.mkdir(exist_ok=True)
        for _ in range(self.chance.randint(5, 60)):
            name = folder / f"file-{self.chance.randrange(200)}"
            size = self.chance.choice([10, 3000, 40_000])
            name.write_bytes(self.chance.randbytes(size))
            new += size
        big = self.source / f"big-{self.chance.randrange(3)}"
        size = self.chance.randint(1, 12) << 20
        big.write_bytes(blake3(self.chance.randbytes(8)).digest(size))
        victims = sorted(path for path in folder.iterdir() if path.is_file())
        for path in self.chance.sample(victims, min(3, len(victims))):
            path.unlink()
        return new + size

    def stored(self) -> int:
        packs = (self.server.data / "packs").rglob("*")
        return sum(path.stat().st_size for path in packs if path.is_file())

    def remember(self, sequence: int) -> None:
        copy = self.place / f"kept-{sequence}"
        subprocess.run(["cp", "-a", self.source, copy], check=True)
        self.kept[sequence] = copy

    def kill_client(self, seconds: float) -> None:
        running = self.client.start("backup", "--json")
        try:
            running.wait(seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            self.fired += 1
        running.communicate()

    def kill_server(self, seconds: float) -> None:
        running = self.client.start("backup", "--json")
        time.sleep(seconds)
        if running.poll() is None:
            self.fired += 1
        self.server.kill()
        self.server = start_server(self.server.data, listen=f"127.0.0.1:{self.server.port}")
        running.communicate(timeout=120)

    def snapshots(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.run("snapshots", "--json").json
        return found

    def check(self, sequence: int) -> None:
        target = self.place / f"restored-{sequence}"
        self.client.run("restore", "--snapshot", str(sequence), "--to", str(target))
        assert differences(self.kept[sequence], target / "source") == ""
        subprocess.run(["rm", "-rf", target], check=True)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    source = tmp_path / "source"
    source.mkdir()
    server = start_server(tmp_path / "data")
    client = Client(tmp_path / "home", server.url, server.pin)
    client.register("ada", device="laptop")
    client.run("add", str(source))
    return Story(tmp_path, random.Random(SEED), server, client, source)


@pytest.mark.parametrize("victim", ["client", "server"])
def test_nothing_acknowledged_is_lost(story: Story, victim: str) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    try:
        for _ in range(ROUNDS):
            live_through_a_crash(story, victim)
        for sequence in sorted(story.kept):
            story.check(sequence)
        assert story.fired, "no crash happened while a backup ran: the test proves nothing"
    finally:
        story.server.kill()


def live_through_a_crash(story: Story, victim: str) -> None:
    new, stored = story.change_files(), story.stored()
    before = {one["sequence"] for one in story.snapshots()}
    kill = story.kill_client if victim == "client" else story.kill_server
    kill(story.chance.uniform(0.2, 0.9) * story.seconds)
    half_done = {one["sequence"] for one in story.snapshots()} - before

    there = story.stored() - stored
    begun = time.monotonic()
    done = story.client.backup()
    story.seconds = time.monotonic() - begun

    assert done["coverage"] == 1
    assert done["bytes_sent"] <= max(0, new - there) * 1.01 + SLACK  # only what is not there
    assert story.stored() - stored <= new * 1.01 + SLACK  # and nothing is there twice
    assert len(half_done) <= 1
    story.remember(done["sequence"])
    found = {one["sequence"] for one in story.snapshots()}
    assert found >= set(story.kept) | before
