"""Restore orders from the browser to the device: real server, real `csb`, over TLS."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.orders import Browser, SignedOrder, Wish, open_browser
from support.processes import Client, Server, start_server

MANY = 1_500  # of 80 kB: ten times what is fetched at once


@dataclass
class World:
    server: Server
    laptop: Client
    desktop: Client
    browser: Browser
    data: Path  # what the laptop backed up, once
    was: Path  # a copy of it

    def wish(self, *paths: Path, to: str = "laptop", **more: object) -> Wish:
        laptop, target = self.browser.device("laptop"), self.browser.device(to)
        chosen = tuple(str(path).encode() for path in paths or (self.data,))
        return Wish(target, laptop, 1, chosen, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("orders")
    data = place / "data"
    (data / "deep" / "er").mkdir(parents=True)
    (data / "note.txt").write_text("as it was")
    (data / "deep" / "er" / "gone.txt").write_text("here again")
    (data / "big.bin").write_bytes(bytes(range(256)) * 20_000)
    (data / "link").symlink_to("note.txt")
    many = data / "many"
    many.mkdir()
    for number in range(MANY):
        (many / f"{number}.bin").write_bytes(os.urandom(80_000))
    was = place / "was"
    shutil.copytree(data, was, symlinks=True)
    with start_server(place / "server") as server:
        laptop = Client(place / "laptop", server.url, server.pin)
        laptop.register("ada", device="laptop")
        laptop.run("add", str(data))
        laptop.backup()
        desktop = Client(place / "desktop", server.url, server.pin)
        desktop.login("ada", device="desktop")
        yield World(server, laptop, desktop, open_browser(laptop), data, was)


@contextmanager
def running(client: Client, *command: str) -> Iterator[subprocess.Popen[str]]:
    process = client.start(*command)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_what_is_gone_comes_back_and_what_is_there_stays(world: World) -> None:
    note, gone = world.data / "note.txt", world.data / "deep" / "er" / "gone.txt"
    note.write_text("as it is now")
    gone.unlink()
    order = world.browser.place(world.wish(note, world.data / "deep"))

    result = world.laptop.run("orders", "run", code=1)

    info = world.browser.look(order)
    beside = next(world.data.glob("note (*).txt"))
    assert (note.read_text(), beside.read_text()) == ("as it is now", "as it was")
    assert gone.read_text() == "here again"
    assert (info.state, info.files_done, info.files) == ("done", 2, 2)
    assert [line.problem for line in info.problem_lines] == ["exists"]
    assert f"Order {order.id.hex()[:8]} is done" in result.out
    beside.unlink()


def test_the_service_carries_out_an_order_within_seconds(world: World, tmp_path: Path) -> None:
    target = tmp_path / "back"
    with running(world.laptop, "service", "run", "--every", "600") as service:
        time.sleep(3)
        placed = time.monotonic()
        order = world.browser.place(world.wish(target=str(target).encode()))
        world.browser.await_state(order, "running", "done")
        seconds = time.monotonic() - placed
        info = world.browser.await_state(order, "done", "failed")
        service.send_signal(signal.SIGTERM)
        assert service.wait(20) == 0

    assert (info.state, info.problems) == ("done", 0)
    assert same_trees(world.was, target / "data")
    assert seconds < 15


def same_trees(one: Path, other: Path) -> bool:
    compared = subprocess.run(["diff", "-r", str(one), str(other)], check=False)
    return compared.returncode == 0


def test_another_device_writes_only_what_a_person_there_accepted(
    world: World, tmp_path: Path
) -> None:
    target = tmp_path / "from-laptop"
    wish = world.wish(world.data / "deep", to="desktop", target=str(target).encode())
    order = world.browser.place(wish)

    world.desktop.run("orders", "run")
    waiting = world.browser.look(order)
    listed = world.desktop.run("orders").out
    world.desktop.run("orders", "accept", order.id.hex()[:8])
    accepted = world.browser.look(order)
    assert not target.exists()
    world.desktop.run("orders", "run")

    assert (waiting.state, waiting.needs_person) == ("waiting", True)
    assert (accepted.state, accepted.needs_person) == ("accepted", False)
    assert f"csb orders accept {order.id.hex()[:8]}" in listed
    assert f"{target}/deep" in listed and "snapshot 1 of laptop" in listed
    assert (target / "deep" / "er" / "gone.txt").read_text() == "here again"
    assert world.browser.look(order).state == "done"


def test_files_are_replaced_only_when_a_person_there_says_so(world: World) -> None:
    note = world.data / "note.txt"
    note.write_text("newer")
    order = world.browser.place(world.wish(note, overwrite=True))

    world.laptop.run("orders", "run")
    untouched = note.read_text()
    refused = world.laptop.run("orders", "accept", order.id.hex(), code=2)
    world.laptop.run("orders", "accept", order.id.hex(), "--overwrite")
    world.laptop.run("orders", "run")

    assert untouched == "newer"
    assert "--overwrite" in refused.err
    assert note.read_text() == "as it was"
    assert not list(world.data.glob("note (*).txt"))


def test_a_folder_that_is_there_already_waits_for_a_person(world: World, tmp_path: Path) -> None:
    order = world.browser.place(world.wish(world.data / "note.txt", target=str(tmp_path).encode()))

    found = world.laptop.run("orders", "--json").json
    world.laptop.run("orders", "run")

    (shown,) = [one for one in found if one["order"] == order.id.hex()]
    assert shown["asks"] == ["there"]
    assert world.browser.look(order).state == "waiting"
    assert not list(tmp_path.iterdir())
    world.browser.withdraw(order)


def test_an_order_that_a_person_there_refuses_is_over(world: World) -> None:
    order = world.browser.place(world.wish(world.data / "note.txt"))

    world.laptop.run("orders", "refuse", order.id.hex()[:8])

    info = world.browser.look(order)
    assert (info.state, info.message) == ("refused", "A person at the device refused it.")
    assert world.laptop.run("orders", "run").out == "There is no order for this machine.\n"


def test_a_withdrawn_order_stops_in_the_middle(world: World, tmp_path: Path) -> None:
    target = tmp_path / "half"
    with stopped_in_the_middle(world, target) as (order, process):
        world.browser.withdraw(order)
        process.send_signal(signal.SIGCONT)
        process.wait(60)

    files = sum(1 for path in target.rglob("*") if path.is_file())
    assert world.browser.look(order).state == "withdrawn"
    assert 0 < files < MANY
    assert world.laptop.run("orders", "run").out == "There is no order for this machine.\n"
    assert sum(1 for path in target.rglob("*") if path.is_file()) == files


@contextmanager
def stopped_in_the_middle(
    world: World, target: Path
) -> Iterator[tuple[SignedOrder, subprocess.Popen[str]]]:
    """An order that has begun to write, and stands still."""
    order = world.browser.place(world.wish(target=str(target).encode()))
    with running(world.laptop, "orders", "run") as process:
        until = time.monotonic() + 30
        while not list(target.glob("data/many/*")):
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        process.send_signal(signal.SIGSTOP)
        yield order, process


def test_a_client_that_was_killed_goes_on_and_is_done_once(world: World, tmp_path: Path) -> None:
    target = tmp_path / "again"
    with stopped_in_the_middle(world, target) as (order, process):
        process.kill()
        process.wait()
    assert world.browser.look(order).state == "running"

    world.laptop.run("orders", "run")

    info = world.browser.look(order)
    assert (info.state, info.problems) == ("done", 0)
    assert info.files_done == info.files and info.files_skipped > 0
    assert same_trees(world.was, target / "data")
    assert world.laptop.run("orders", "run").out == "There is no order for this machine.\n"


def test_an_order_survives_a_restart_of_the_server(world: World, tmp_path: Path) -> None:
    target = tmp_path / "restarted"
    with stopped_in_the_middle(world, target) as (order, process):
        world.server.kill()
        process.send_signal(signal.SIGCONT)
        time.sleep(1)
        listen = f"127.0.0.1:{world.server.port}"
        world.server = start_server(world.server.data, listen=listen)
        process.wait(120)

    info = world.browser.look(order)
    assert (info.state, info.problems) == ("done", 0)
    assert same_trees(world.was, target / "data")


def test_an_order_that_expired_is_not_carried_out(world: World, tmp_path: Path) -> None:
    target = tmp_path / "late"
    now = time.time_ns()
    order = world.browser.place(
        world.wish(target=str(target).encode()), now=now, expires_ns=now + 2_000_000_000
    )
    time.sleep(2.5)

    world.laptop.run("orders", "run")

    assert world.browser.look(order).state == "expired"
    assert not target.exists()


def test_no_key_of_an_order_is_written_to_disk(world: World, tmp_path: Path) -> None:
    order = world.browser.make(world.wish(target=str(tmp_path / "keys").encode()))
    keys = world.browser.data_keys(world.wish())
    world.browser.send(order)

    world.laptop.run("orders", "run")

    for file in world.laptop.home.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        for key in keys:
            assert key not in content and key.hex().encode() not in content


def test_a_server_that_is_told_to_stop_keeps_no_device_waiting_for_orders(world: World) -> None:
    with running(world.laptop, "service", "run", "--every", "600") as service:
        time.sleep(5)
        asked = time.monotonic()
        assert world.server.stop() == 0
        stopped = time.monotonic() - asked
        service.send_signal(signal.SIGTERM)
        assert service.wait(20) == 0

    assert stopped < 10
