"""A backup over a network that cuts, resets, loses, delays: it goes on by itself, or the next does.

What is asserted, and why:
- Sent again is at most what was in flight when a fault fired: a pack on each of two connections.
  What was acknowledged is never sent again.
- Nothing is stored twice: the store grows by what is new.
- Each run that succeeds adds one snapshot, each that does not adds none.
- What is restored equals what was there.

CSB_CRASH_SEED repeats a run, CSB_CRASH_ROUNDS says how many stories; CSB_TEST_FULL tells hundreds.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from csbackup.client.config import Home
from csbackup.client.connection import Connection, open_transport, read_address
from csbackup.client.keyring import load_device
from support.fault_proxy import KINDS, Fault, FaultProxy
from support.nasty_files import differences
from support.processes import Client, Result, Server, start_server

SEED = int(os.environ.get("CSB_CRASH_SEED", "0")) or random.SystemRandom().randrange(2**32)
FULL = bool(os.environ.get("CSB_TEST_FULL"))
STORIES = int(os.environ.get("CSB_CRASH_ROUNDS", "0")) or (300 if FULL else 8)
MEBIBYTE = 1024 * 1024
CONNECTIONS = 2  # that send packs side by side
MOST_PACK = 12 * MEBIBYTE  # 8 MiB and the block that filled it
SLACK = 200_000  # listings, questions, handshakes


@dataclass
class Laptop:
    """A device behind a bad network, with what is measured of it."""

    place: Path
    server: Server
    proxy: FaultProxy
    client: Client
    source: Path
    fired: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    most_again: int = 0

    def change_files(self, chance: random.Random) -> int:
        """How many bytes are new."""
        new = 0
        for number in range(chance.randint(1, 3)):
            size = chance.randint(2, 14) * MEBIBYTE
            (self.source / f"big {number}").write_bytes(chance.randbytes(size))
            new += size
        folder = self.source / f"folder {chance.randrange(3)}"
        folder.mkdir(exist_ok=True)
        for number in range(chance.randint(1, 40)):
            size = chance.choice([10, 4000, 60_000])
            (folder / f"file {number}").write_bytes(chance.randbytes(size))
            new += size
        return new

    def stored(self) -> int:
        return sum(self.packs())

    def packs(self) -> list[int]:
        """Their sizes."""
        packs = (self.server.data / "packs").rglob("*")
        return [path.stat().st_size for path in packs if path.is_file()]

    def snapshots(self) -> list[int]:
        """Their sequence numbers, asked past the bad network."""
        home = Home(self.client.home)
        own = load_device(home)
        transport = open_transport(home, read_address(self.server.url), own.pin)
        with closing(transport):
            found = Connection(transport.with_token(own.token), own.device).snapshots()
        return [one.sequence for one in found.snapshots]

    def check_restored(self) -> None:
        target = self.place / "restored"
        self.proxy.heal()
        self.client.run("restore", "--to", str(target))
        assert differences(self.source, target / "source") == ""
        subprocess.run(["rm", "-rf", target], check=True)


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    place = tmp_path_factory.mktemp("network")
    source = place / "source"
    source.mkdir()
    server = start_server(place / "data")
    with FaultProxy(server.port) as proxy:
        client = Client(place / "home", proxy.url, server.pin)
        client.register("ada", device="laptop")
        client.run("add", str(source))
        laptop = Laptop(place, server, proxy, client, source)
        yield laptop
        laptop.server.kill()


def draw_plan(chance: random.Random) -> list[Fault]:
    """A few faults, from the first bytes to the commit."""
    return [
        Fault(
            chance.choice(KINDS),
            chance.choice([0, 500, 3000, chance.randrange(10 * MEBIBYTE), chance.randrange(10**6)]),
            chance.uniform(0.2, 2.0 if FULL else 0.8),
        )
        for _ in range(chance.randint(2, 4))
    ]


def says_one_line(result: Result, code: str) -> None:
    lines = result.err.strip().splitlines()
    assert len(lines) == 1, result.said
    assert lines[0].startswith("csb: ")
    assert lines[0].endswith(f"[{code}]")
    assert "Connection aborted" not in lines[0]  # words of a library


def test_a_backup_outlives_a_bad_network(laptop: Laptop) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    for number in range(STORIES):
        try:
            live_through(laptop, random.Random(SEED + number))
        except AssertionError as failure:
            failure.add_note(f"story {number}, CSB_CRASH_SEED={SEED}")
            raise
    laptop.check_restored()

    print(f"fired {dict(laptop.fired)}, ended {dict(laptop.ended)}, ", end="")
    print(f"at most {laptop.most_again / MEBIBYTE:.1f} MiB sent again after one fault")
    assert len(laptop.fired) >= min(4, STORIES)
    assert laptop.fired.total() >= STORIES


def live_through(laptop: Laptop, chance: random.Random) -> None:
    new = laptop.change_files(chance)
    stored, sent, before = laptop.stored(), laptop.proxy.sent, laptop.snapshots()
    connections = laptop.proxy.connections
    laptop.proxy.fired.clear()
    laptop.proxy.plan = draw_plan(chance)

    runs = 1
    result = laptop.client.run("backup", "--json", code=None)
    if result.code:
        says_one_line(result, "server-unreachable")
        laptop.proxy.heal()
        runs += 1
        result = laptop.client.run("backup", "--json")
    laptop.proxy.heal()

    done: dict[str, Any] = result.json
    after = laptop.snapshots()
    assert after[: len(before)] == before
    assert after[-1] == done["sequence"]
    assert len(after) - len(before) == 1 or (runs == 2 and len(after) - len(before) == 2)
    assert (done["coverage"], done["problems"]) == (1.0, [])
    grown = laptop.stored() - stored
    assert grown <= new * 1.01 + SLACK
    overhead = grown * 0.01 + SLACK + 4000 * (laptop.proxy.connections - connections)
    again = laptop.proxy.sent - sent - grown - overhead
    fired = laptop.proxy.fired.total()
    largest = max(laptop.packs())
    assert largest <= MOST_PACK
    assert again <= fired * CONNECTIONS * largest
    laptop.most_again = max(laptop.most_again, int(again / max(1, fired)))
    laptop.fired.update(laptop.proxy.fired)
    laptop.ended["by itself" if runs == 1 else "in the next run"] += 1


def test_a_server_that_is_not_there_is_said_in_one_line(laptop: Laptop) -> None:
    laptop.proxy.plan = [Fault("refuse", 0, 30)]

    result = laptop.client.run("backup", code=2)

    says_one_line(result, "server-unreachable")
    assert laptop.proxy.fired["refuse"]
    laptop.proxy.heal()
    laptop.client.run("backup")


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_is_away_for_a_while_is_waited_for(laptop: Laptop, how: str) -> None:
    away = (40 if FULL else 8) if how == "kill" else 0
    laptop.change_files(random.Random(SEED))
    (laptop.source / "long").write_bytes(os.urandom(60 * MEBIBYTE))
    before, stored = laptop.snapshots(), laptop.stored()
    running = laptop.client.start("backup")
    await_stored(laptop, stored + 8 * MEBIBYTE)

    in_the_middle = running.poll() is None
    asked = time.monotonic()
    laptop.server.stop() if how == "stop" else laptop.server.kill()
    assert time.monotonic() - asked < 15
    time.sleep(away)
    port = laptop.server.port
    laptop.server = start_server(laptop.server.data, listen=f"127.0.0.1:{port}")
    said, _ = running.communicate(timeout=120)

    assert in_the_middle, "the backup was done before the server went away"
    assert running.returncode == 0, said
    assert how == "stop" or "Waiting for the server: " in said
    assert len(laptop.snapshots()) == len(before) + 1
    laptop.check_restored()


def test_a_laptop_that_slept_goes_on(laptop: Laptop) -> None:
    """Longer than the server waits for the rest of a request (30 s), with its connections gone."""
    asleep = 75 if FULL else 4
    (laptop.source / "long").write_bytes(os.urandom(60 * MEBIBYTE))
    before, stored = laptop.snapshots(), laptop.stored()
    running = laptop.client.start("backup", "--json")
    await_stored(laptop, stored + 8 * MEBIBYTE)

    running.send_signal(signal.SIGSTOP)
    in_the_middle = running.poll() is None
    if FULL:
        time.sleep(asleep / 2)  # the server gives up first
    laptop.proxy.cut_all()
    time.sleep(asleep / 2)
    running.send_signal(signal.SIGCONT)
    said, _ = running.communicate(timeout=180)

    assert in_the_middle, "the backup was done before it was stopped"
    assert running.returncode == 0, said
    assert len(laptop.snapshots()) == len(before) + 1
    laptop.check_restored()


def await_stored(laptop: Laptop, size: int) -> None:
    until = time.monotonic() + 30
    while laptop.stored() < size:
        assert time.monotonic() < until, "the backup does not begin"
        time.sleep(0.005)
