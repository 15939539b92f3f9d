"""`csb stills` and `csb uninstall`, as they are typed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.file_systems import file_system
from support.processes import Client, Server


@pytest.fixture
def device(server: Server, laptop: Client, tmp_path: Path) -> Client:
    """A device of its own, of an account that is there."""
    client = Client(tmp_path / "state", server.url, server.pin)
    client.login("ada", device=tmp_path.name)
    return client


def test_stills_are_taken_where_they_can_be_unless_a_person_says_otherwise(
    device: Client, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    device.run("add", str(tmp_path / "data"))

    usual = device.run("stills", "--json").json
    chosen = device.run("stills", "off", "--json").json

    assert (usual["stills"], chosen["stills"]) == ("auto", "off")
    assert device.run("stills", "--json").json["stills"] == "off"
    device.run("stills", "sometimes", code=2)
    device.run("exclude", "*.iso")
    assert device.run("stills", "--json").json["stills"] == "off"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a btrfs")
def test_a_backup_says_what_it_read_from_a_still(device: Client, tmp_path: Path) -> None:
    with file_system(tmp_path, "btrfs") as disk:
        (disk / "data").mkdir()
        (disk / "data/file").write_text("content")
        device.run("add", str(disk / "data"))

        foreseen = device.run("stills").out
        still = device.backup()["stills"]
        device.run("stills", "off")
        live = device.backup()["stills"]

    assert f"{disk / 'data'}  from a still of btrfs" in foreseen
    assert still == [{"path": str(disk / "data"), "read_from": "btrfs", "why": ""}]
    assert live == []


def test_who_insists_is_told_of_what_was_read_live(device: Client, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    device.run("add", str(tmp_path / "data"))
    device.run("stills", "on")

    result = device.backup(code=1)

    assert [problem["class"] for problem in result["problems"]] == ["read-live"]
    assert result["coverage"] == 1


def test_nothing_goes_that_nobody_agreed_to(device: Client, tmp_path: Path) -> None:
    environment = {"CSB_INSTALL_HOME": str(tmp_path / "none"), "HOME": str(tmp_path)}

    undecided = device.run("uninstall", code=2, **environment)
    unasked = device.run("uninstall", "--purge", code=2, **environment)
    shown = device.run("uninstall", "--purge", "--dry-run", "--json", **environment).json

    assert "[state-undecided]" in undecided.err
    assert "nothing was removed" in unasked.err and "device.json" in unasked.out
    assert str(device.home / "device.json") in [one["path"] for one in shown["going"]]
    assert (device.home / "device.json").exists()
