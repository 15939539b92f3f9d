"""Disks rot and people delete things: damage is named, and what is whole comes back."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from csbackup.format import packing
from csbackup.format.ids import NodeId, PackId, split_ids
from csbackup.format.nodes import Folder, read_node, unpack_node
from support.nasty_files import add_socket, differences, different_names, make_nasty_files
from support.processes import Client, clean_environment, start_server

RECOVER = Path(__file__).parents[2] / "recover.py"


@dataclass
class World:
    """A stopped server's data folder with two snapshots, and the client that made them."""

    data: Path
    home: Path
    source: Path
    recovery_key: str
    port: int
    pin: str

    def copy(self, place: Path) -> World:
        """The same once more, to be damaged."""
        return World(
            Path(shutil.copytree(self.data, place / "data", symlinks=True)),
            Path(shutil.copytree(self.home, place / "home")),
            self.source,
            self.recovery_key,
            self.port,
            self.pin,
        )

    def client(self, url: str) -> Client:
        return Client(self.home, url, self.pin)

    def packs(self, kind: int) -> list[Path]:
        paths = (path for path in self.data.glob("packs/*/*/*") if footer(path).kind == kind)
        return sorted(paths, key=lambda path: path.stat().st_size)


def footer(path: Path) -> packing.Footer:
    content = path.read_bytes()
    pack = PackId(bytes.fromhex(path.name))
    start, end = packing.footer_span(content[-8:], len(content), pack)
    return packing.read_footer(content[start:end], start, pack)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> World:
    place = tmp_path_factory.mktemp("whole")
    source = place / "source"
    make_nasty_files(source, wide=40)
    add_socket(source)
    with start_server(place / "data") as server:
        client = Client(place / "home", server.url, server.pin)
        client.register("ada", device="laptop")
        client.run("add", str(source))
        client.backup()
        (source / "one byte").write_bytes(b"y")
        client.backup()
        server.stop()
        return World(server.data, client.home, source, client.recovery_key, server.port, server.pin)


@pytest.fixture
def world(whole: World, tmp_path: Path) -> World:
    return whole.copy(tmp_path)


def restore(world: World, target: Path, code: int, *options: str) -> str:
    with start_server(world.data, listen=f"127.0.0.1:{world.port}") as server:
        result = world.client(server.url).run("restore", "--to", str(target), *options, code=code)
        assert "Traceback" not in result.said + server.output
        server.stop()
    return result.said


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0x40
    path.write_bytes(content)


def test_a_flipped_bit_in_a_block_is_named_and_the_rest_comes_back(
    world: World, tmp_path: Path
) -> None:
    path = world.packs(packing.BLOCKS)[-1]
    flip(path, footer(path).items[-1].offset + 200)

    said = restore(world, tmp_path / "out", 1, "--json")

    missing = different_names(world.source, tmp_path / "out" / "source")
    named = {problem["path"] for problem in json.loads(said)["problems"]}
    assert missing
    assert "deep" in os.listdir(tmp_path / "out" / "source")  # noqa: PTH208
    assert named >= {f"{world.source}/{name.decode(errors='replace')}" for name in missing}


@pytest.fixture
def linked(tmp_path: Path) -> World:
    """Six files with two names each, in blocks of their own; a link and a file with holes. What is
    kept beside their contents lies in one block, which is damaged."""
    source = tmp_path / "source"
    source.mkdir()
    for number in range(6):
        (source / f"{number} one").write_bytes(os.urandom(300_000))
        os.link(source / f"{number} one", source / f"{number} two")
    (source / "link").symlink_to("somewhere")
    with (source / "holes").open("wb") as file:
        file.truncate(5_000_000)
        file.write(b"begins" + bytes(4090))
    with start_server(tmp_path / "data") as server:
        client = Client(tmp_path / "home", server.url, server.pin)
        client.register("ada", device="laptop")
        client.run("add", str(source))
        client.backup()
        server.stop()
    world = World(server.data, client.home, source, client.recovery_key, server.port, server.pin)
    damage_extras(world)
    return world


def damage_extras(world: World) -> None:
    wanted = extras_of(world)
    hit = 0
    for path in world.packs(packing.BLOCKS):
        for item in footer(path).items:
            if wanted & set(split_ids(item.chunks)):
                flip(path, item.offset + item.length - 20)
                hit += 1
    assert hit == 1


def extras_of(world: World) -> set[bytes]:
    """The chunks that hold the extras of some entry."""
    found: set[bytes] = set()
    for path in world.packs(packing.TREES):
        content = path.read_bytes()
        for item in footer(path).items:
            packed = content[item.offset : item.offset + item.length]
            node = read_node(unpack_node(packed, NodeId(item.id)))
            if isinstance(node, Folder):
                found |= {entry.extras for entry in node.entries if entry.extras}
    return found


def test_a_damaged_block_of_extras_costs_attributes_and_no_contents(
    linked: World, tmp_path: Path
) -> None:
    said = restore(linked, tmp_path / "out", 1, "--json")

    problems = {Path(one["path"]).name: one["class"] for one in json.loads(said)["problems"]}
    names = [f"{number} {name}" for number in range(6) for name in ("one", "two")]
    assert problems == dict.fromkeys(names, "attributes-lacking") | {
        "link": "content-lacking",
        "holes": "content-lacking",
    }
    assert_contents(linked, tmp_path / "out", names)


def test_recover_brings_contents_back_whose_extras_are_damaged(
    linked: World, tmp_path: Path
) -> None:
    finished = subprocess.run(
        [sys.executable, RECOVER, linked.data, "--account", "ada", "--to", tmp_path / "out"],
        capture_output=True,
        text=True,
        env=clean_environment(CSB_RECOVERY_KEY=linked.recovery_key),
        check=False,
    )

    assert finished.returncode == 1, finished.stderr
    assert finished.stderr.count("its attributes cannot be had") == 13  # that with holes as well
    names = [f"{number} {name}" for number in range(6) for name in ("one", "two")]
    assert_contents(linked, tmp_path / "out", names)


def assert_contents(world: World, out: Path, names: list[str]) -> None:
    """Exactly these files are there, each the same as its original, in content and time."""
    back = out / world.source.name
    assert sorted(path.name for path in back.iterdir()) == sorted(names)
    for name in names:
        assert (back / name).read_bytes() == (world.source / name).read_bytes()
        assert (back / name).stat().st_mtime_ns == (world.source / name).stat().st_mtime_ns


def test_a_flipped_bit_in_a_listing_stops_only_what_is_below_it(
    world: World, tmp_path: Path
) -> None:
    path = world.packs(packing.TREES)[-1]
    items = footer(path).items
    flip(path, items[0].offset + items[0].length // 2)  # the first listing sent: deep down

    restore(world, tmp_path / "out", code=1)

    assert (tmp_path / "out" / "source" / "zeros").exists()


@pytest.mark.parametrize("kind", [packing.BLOCKS, packing.TREES], ids=["blocks", "trees"])
def test_a_truncated_pack_loses_what_lay_behind_and_nothing_else(
    world: World, tmp_path: Path, kind: int
) -> None:
    path = world.packs(kind)[-1]
    items = footer(path).items
    behind = items[-1] if kind == packing.BLOCKS else items[len(items) // 2]
    os.truncate(path, behind.offset + 20)

    restore(world, tmp_path / "out", code=1)

    missing = differences(world.source, tmp_path / "out" / "source").splitlines()
    assert missing
    assert (tmp_path / "out" / "source" / "zeros").exists()


@pytest.mark.parametrize("kind", [packing.BLOCKS, packing.TREES], ids=["blocks", "trees"])
def test_a_pack_that_is_gone_is_said_in_one_line_each(
    world: World, tmp_path: Path, kind: int
) -> None:
    world.packs(kind)[0].unlink()  # the second snapshot's: its listings, or one byte

    said = restore(world, tmp_path / "out", code=1 if kind == packing.BLOCKS else 2)

    assert "csb: " in said or "one byte" in said


def test_the_next_backup_of_changed_files_goes_on_beside_damage(
    world: World, tmp_path: Path
) -> None:
    path = world.packs(packing.BLOCKS)[-1]
    flip(path, 300)
    before = world.source.stat().st_mtime_ns
    (world.source / "new after damage").write_bytes(b"new")

    with start_server(world.data, listen=f"127.0.0.1:{world.port}") as server:
        done = world.client(server.url).backup()
        server.stop()

    assert done["sequence"] == 3
    (world.source / "new after damage").unlink()
    os.utime(world.source, ns=(before, before))


def test_the_catalog_is_made_anew_from_packs_and_records(world: World, tmp_path: Path) -> None:
    for path in world.data.glob("catalog.db*"):
        path.unlink()

    rebuild(world)
    restore(world, tmp_path / "out", code=0)

    assert differences(world.source, tmp_path / "out" / "source") == ""


def rebuild(world: World) -> str:
    finished = subprocess.run(
        [Path(sys.executable).parent / "csb-server", "rebuild", "--data", world.data],
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_a_rebuilt_catalog_knows_what_the_lost_one_knew(world: World) -> None:
    before = content_of(world.data / "catalog.db")
    for path in world.data.glob("catalog.db*"):
        path.unlink()

    rebuild(world)

    assert content_of(world.data / "catalog.db") == before


QUERIES = [
    "select name, role, epoch, stored_bytes from accounts order by 1",
    "select name, os, serial, revoked, stored_bytes from devices order by 1",
    "select serial, revoked, hex(token_hash) from certificates order by 1",
    "select hex(pack), kind, size from packs order by 1",
    "select hex(block), place, length from blocks order by 1",
    "select hex(chunk) from chunks order by 1",
    "select hex(node), place, length, plain_length, complete from nodes order by 1",
    "select sequence, hex(snapshot), received, expired, files, bytes from snapshots order by 1",
]


def content_of(catalog: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(catalog) as connection:
        found = {query: list(connection.execute(query)) for query in QUERIES}
    connection.close()
    assert all(found.values())
    return found


def test_after_a_rebuild_the_next_backup_sends_nothing(world: World) -> None:
    for path in world.data.glob("catalog.db*"):
        path.unlink()
    rebuild(world)

    with start_server(world.data, listen=f"127.0.0.1:{world.port}") as server:
        done = world.client(server.url).backup()
        server.stop()

    assert (done["sequence"], done["bytes_sent"]) == (3, 0)


@pytest.mark.parametrize("length", [0, 100, 5000])
def test_a_truncated_catalog_is_said_and_a_rebuild_mends_it(
    world: World, tmp_path: Path, length: int
) -> None:
    for path in world.data.glob("catalog.db-*"):
        path.unlink()
    os.truncate(world.data / "catalog.db", length)

    said = serve_must_fail(world)
    rebuild(world)
    restore(world, tmp_path / "out", code=0)

    assert "rebuild" in said
    assert "Traceback" not in said


def test_without_its_catalog_a_server_never_starts_empty(world: World) -> None:
    for path in world.data.glob("catalog.db*"):
        path.unlink()

    assert "rebuild" in serve_must_fail(world)


def serve_must_fail(world: World) -> str:
    finished = subprocess.run(
        [Path(sys.executable).parent / "csb-server", "serve", "--data", world.data]
        + ["--listen", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=30,
        check=False,
    )
    assert finished.returncode == 2, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


def test_recover_needs_neither_catalog_nor_server(world: World, tmp_path: Path) -> None:
    for path in world.data.glob("catalog.db*"):
        path.unlink()
    shutil.rmtree(world.data / "secret")

    finished = subprocess.run(
        [sys.executable, RECOVER, world.data, "--account", "ada", "--to", tmp_path / "out"],
        capture_output=True,
        text=True,
        errors="replace",
        env=clean_environment(CSB_RECOVERY_KEY=world.recovery_key),
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    assert differences(world.source, tmp_path / "out" / "source") == ""


def test_a_lost_journal_sends_nothing_again(world: World) -> None:
    (world.home / "journal.db").unlink()

    with start_server(world.data, listen=f"127.0.0.1:{world.port}") as server:
        done = world.client(server.url).backup()
        server.stop()

    assert done["bytes_sent"] < done["bytes"] / 1000
    assert done["coverage"] == 1


@pytest.mark.parametrize("length", [0, 100, 5000])
def test_a_damaged_journal_is_no_reason_to_stop(world: World, length: int) -> None:
    os.truncate(world.home / "journal.db", length)

    with start_server(world.data, listen=f"127.0.0.1:{world.port}") as server:
        done = world.client(server.url).backup()
        server.stop()

    assert done["sequence"] == 3
    assert done["coverage"] == 1
