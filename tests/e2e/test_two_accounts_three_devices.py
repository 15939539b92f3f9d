"""Two accounts with three devices: what comes back is what went in, and only to its owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.nasty_files import add_socket, differences, make_nasty_files
from support.processes import Client, Server


@dataclass(frozen=True)
class Owner:
    """A device and what it backs up."""

    client: Client
    source: Path


@pytest.fixture(scope="module")
def world(place: Path, server: Server, laptop: Client) -> Iterator[dict[str, Owner]]:
    desktop = Client(place / "desktop", server.url, server.pin)
    desktop.login("ada", device="desktop")
    phone = Client(place / "phone", server.url, server.pin, password="another long password")
    phone.register("bob", device="phone")
    clients = {"laptop": laptop, "desktop": desktop, "phone": phone}
    owners = {}
    for seed, (name, client) in enumerate(clients.items()):
        source = place / f"files of {name}"
        make_nasty_files(source, seed)
        (source / "whose.txt").write_text(name)
        client.run("add", str(source))
        client.backup()
        owners[name] = Owner(client, source)
    yield owners


@pytest.mark.parametrize("name", ["laptop", "desktop", "phone"])
def test_what_comes_back_is_what_went_in(
    world: dict[str, Owner], name: str, tmp_path: Path
) -> None:
    owner = world[name]

    owner.client.run("restore", "--to", str(tmp_path))

    assert differences(owner.source, tmp_path / owner.source.name) == ""


def test_another_device_of_the_account_restores_its_files(
    world: dict[str, Owner], tmp_path: Path
) -> None:
    laptop, desktop = world["laptop"], world["desktop"]

    listed = desktop.client.run("ls", str(laptop.source), "--device", "laptop", "--json").json
    desktop.client.run("restore", "--device", "laptop", "--to", str(tmp_path))

    assert "whose.txt" in [entry["name"] for entry in listed]
    assert differences(laptop.source, tmp_path / laptop.source.name) == ""


def test_another_account_is_not_even_told_that_a_device_exists(world: dict[str, Owner]) -> None:
    phone = world["phone"].client

    there = phone.run("ls", "--device", "laptop", code=2)
    nowhere = phone.run("ls", "--device", "television", code=2)

    assert there.said.replace("laptop", "X") == nowhere.said.replace("television", "X")


def test_the_second_device_sends_little_of_what_the_first_has_sent(
    world: dict[str, Owner], place: Path
) -> None:
    """Devices of one account share chunks; the sources differ in their seeds' files only."""
    copy = place / "copy"
    make_nasty_files(copy, 0)  # the laptop's files, byte for byte
    desktop = world["desktop"].client
    desktop.run("add", str(copy))

    done = desktop.backup()

    assert done["bytes_sent"] < 400_000, done


def test_the_server_s_admin_sees_devices_and_names_but_no_contents(
    world: dict[str, Owner], server: Server
) -> None:
    devices = server.admin("devices", "--json").json
    source = world["laptop"].source
    listed = server.admin("ls", "ada/laptop", str(source), "--json").json

    assert {(one["account"], one["device"]) for one in devices} == {
        ("ada", "laptop"),
        ("ada", "desktop"),
        ("bob", "phone"),
    }
    by_name = {entry["name"]: entry for entry in listed}
    assert by_name["zeros"]["size"] == 3_000_000
    assert by_name["wide"]["kind"] == "folder"


def test_a_socket_is_no_problem_of_the_run(world: dict[str, Owner]) -> None:
    owner = world["phone"]
    add_socket(owner.source)

    assert owner.client.backup()["problems"] == []

    (owner.source / "socket").unlink()


def test_nothing_changed_means_nothing_is_sent(world: dict[str, Owner]) -> None:
    again = world["laptop"].client.backup()

    assert again["bytes_sent"] == 0
    assert again["coverage"] == 1


def test_the_past_comes_back_as_it_was(world: dict[str, Owner], tmp_path: Path) -> None:
    owner = world["phone"]
    before = owner.client.run("snapshots", "--json").json[-1]
    changed = owner.source / "whose.txt"
    changed.write_text("somebody else's")
    (owner.source / "new.txt").write_text("new")
    owner.client.backup()

    owner.client.run(
        "restore",
        str(changed),
        "--snapshot",
        str(before["sequence"]),
        "--to",
        str(tmp_path / "then"),
    )
    owner.client.run(
        "restore", str(changed), "--at", before["received"], "--to", str(tmp_path / "at")
    )
    owner.client.run("restore", str(changed), "--to", str(tmp_path / "now"))

    assert found(tmp_path / "then", "whose.txt") == "phone"
    assert found(tmp_path / "at", "whose.txt") == "phone"
    assert found(tmp_path / "now", "whose.txt") == "somebody else's"
    versions = owner.client.run("history", str(changed), "--json").json
    assert len(versions) == 2
    numbers = (before["sequence"], before["sequence"] + 1)
    difference = owner.client.run("diff", *map(str, numbers), code=None)
    assert "new.txt" in difference.said


def found(folder: Path, name: str) -> str:
    (path,) = folder.rglob(name)
    return path.read_text()
