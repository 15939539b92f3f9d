"""Whatever becomes of a state file: one clear line, or the right backup; never another one."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from csbackup.client.cli.backup import back_up
from csbackup.client.config import Home
from csbackup.client.connection import Connection, open_transport, read_address
from csbackup.client.keyring import EnrolledDevice, load_device
from csbackup.errors import CsbError, NotEnrolled, NothingToBackUp
from support.processes import Client, Server

SEED = int(os.environ.get("CSB_CRASH_SEED", "0")) or random.SystemRandom().randrange(2**32)
ROUNDS = 60 if os.environ.get("CSB_TEST_FULL") else 4
FILES = ("heads.json", "settings.json", "last-run.json", "device.json", "ca.crt", "server.json")
HARMLESS = ("last-run.json", "ca.crt", "server.json")

Spoil = Callable[[Path, random.Random], None]


def empty(path: Path, chance: random.Random) -> None:
    path.write_bytes(b"")


def truncated(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content))])


def garbage(path: Path, chance: random.Random) -> None:
    path.write_bytes(chance.randbytes(chance.randrange(1, 500)))


def flipped_bit(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def other_json(path: Path, chance: random.Random) -> None:
    path.write_text(chance.choice(["null", "[]", "{}", "1", '"text"', "[" * 100_000, '{"a": 1}']))


def zeroes(path: Path, chance: random.Random) -> None:
    path.write_bytes(bytes(len(path.read_bytes())))


def missing(path: Path, chance: random.Random) -> None:
    path.unlink()


def folder(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.mkdir()


WAYS: list[Spoil] = [
    empty, truncated, garbage, flipped_bit, flipped_bit, other_json, zeroes, missing, folder,
]  # fmt: skip


@pytest.fixture(scope="module")
def source(place: Path, laptop: Client, server: Server) -> Path:
    source = place / "source"
    source.mkdir()
    (source / "file").write_bytes(b"content")
    laptop.run("add", str(source))
    laptop.run("exclude", "*.tmp")
    (laptop.home / "server.json").write_text(json.dumps({"url": server.url, "pin": server.pin}))
    laptop.run("backup")
    return source


def newest(own: EnrolledDevice, home: Home, server: Server) -> tuple[int, int]:
    """Sequence and files of the newest snapshot."""
    with closing(open_transport(home, read_address(server.url), own.pin)) as transport:
        found = Connection(transport.with_token(own.token), own.device).snapshots().snapshots[-1]
    return found.sequence, found.files


def put_back(path: Path, whole: bytes) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    path.write_bytes(whole)


@pytest.mark.parametrize("name", FILES)
def test_a_spoilt_state_file_is_named_or_mended(
    laptop: Client, server: Server, source: Path, place: Path, name: str
) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    home, path = Home(laptop.home), laptop.home / name
    own = load_device(home)
    sequence, _ = newest(own, home, server)
    ended: Counter[str] = Counter()
    for turn in range(ROUNDS * len(WAYS)):
        whole = path.read_bytes()
        spoil = WAYS[turn % len(WAYS)]
        spoil(path, random.Random(f"{SEED} {name} {turn}"))
        try:
            result = back_up(home, quiet=True)
        except CsbError as failure:
            ended["named"] += 1
            elsewhere = name == "device.json" and spoil is flipped_bit  # a bit of the address
            known = isinstance(failure, NotEnrolled | NothingToBackUp)
            assert name in str(failure) or known or elsewhere, failure
            assert "\n" not in str(failure)
            assert name not in HARMLESS or spoil is folder
            put_back(path, whole)
            sequence, _ = newest(own, home, server)  # what cannot be told was done all the same
        else:
            ended["right"] += 1
            sequence += 1
            assert (result.files, result.bytes, result.problems) == (1, 7, ())
            assert newest(own, home, server) == (sequence, 1)
            if name in ("settings.json", "device.json", "server.json"):
                put_back(path, whole)

    print(dict(ended))
    assert ended.total() == ROUNDS * len(WAYS)
    assert ended["right" if name in HARMLESS else "named"] > ROUNDS
