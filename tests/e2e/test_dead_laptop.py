"""The laptop is gone. Its files come back without it, and another machine goes on from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.nasty_files import differences, make_nasty_files
from support.processes import Client, Server, run_program


@pytest.fixture(scope="module")
def source(place: Path, laptop: Client) -> Path:
    folder = place / "source"
    make_nasty_files(folder)
    laptop.run("add", str(folder))
    laptop.backup()
    return folder


@pytest.fixture(scope="module")
def empty_machine(place: Path, server: Server) -> Client:
    return Client(place / "new machine", server.url, server.pin)


def test_a_machine_that_is_not_enrolled_restores_with_the_recovery_key(
    source: Path, laptop: Client, empty_machine: Client, tmp_path: Path
) -> None:
    empty_machine.run(
        "restore", empty_machine.url, "--account", "ada", "--device", "laptop",
        "--to", str(tmp_path), "--accept-pin", empty_machine.pin,
        CSB_PASSWORD="", CSB_RECOVERY_KEY=laptop.recovery_key,
    )  # fmt: skip

    assert differences(source, tmp_path / source.name) == ""


def test_the_new_machine_takes_over_and_sends_almost_nothing(
    source: Path, laptop: Client, empty_machine: Client, server: Server
) -> None:
    empty_machine.login("ada", device="laptop", take_over="laptop")

    done = empty_machine.backup()

    assert done["sequence"] == 2
    assert done["bytes_sent"] < done["bytes"] / 100
    assert [one["sequence"] for one in empty_machine.run("snapshots", "--json").json] == [1, 2]


def test_the_old_machine_s_token_has_ended(
    empty_machine: Client, laptop: Client, source: Path
) -> None:
    (source / "later.txt").write_text("later")

    refused = laptop.run("backup", code=2)

    assert "Traceback" not in refused.said
    assert len(empty_machine.run("snapshots", "--json").json) == 2


def test_a_forgotten_password_is_set_anew_with_the_recovery_key(
    empty_machine: Client, laptop: Client, source: Path, tmp_path: Path
) -> None:
    empty_machine.run(
        "password", "--recovery-key", laptop.recovery_key,
        CSB_PASSWORD="", CSB_NEW_PASSWORD="a very new password",
    )  # fmt: skip

    refused = empty_machine.run("restore", "--to", str(tmp_path / "old"), code=2)
    empty_machine.run("restore", "--to", str(tmp_path / "new"), CSB_PASSWORD="a very new password")

    assert "password" in refused.said
    assert (tmp_path / "new" / source.name / "one byte").read_text() == "x"


def test_nothing_of_this_needs_more_than_the_two_programs() -> None:
    assert run_program("csb", "version", env={"PATH": "/nowhere"}).code == 0
