"""A data folder that was made with the first release is served, listed and restored today."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.processes import Client, Server, run_server_command, start_server

GOLDEN = Path(__file__).parents[1] / "golden" / "v1"
VECTORS: dict[str, Any] = json.loads((GOLDEN / "vectors.json").read_text("utf-8"))


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A server on a copy, its catalog made anew."""
    data = Path(shutil.copytree(GOLDEN / "data", tmp_path / "data"))
    run_server_command("rebuild", "--data", str(data))
    return start_server(data)


@pytest.fixture
def stranger(tmp_path: Path, server: Server) -> Client:
    """A machine that is not enrolled, whose person knows the password."""
    return Client(tmp_path / "home", server.url, server.pin, VECTORS["account"]["password"])


def test_the_first_release_s_folder_still_works(
    server: Server, stranger: Client, tmp_path: Path
) -> None:
    with server:
        (device,) = server.admin("devices", "--json").json
        listed = server.admin("ls", "ada/laptop", "/home/ada/many", "--json").json
        restored = stranger.run(
            "restore", server.url, "--account", "ada", "--device", "laptop",
            "--accept-pin", server.pin, "--to", str(tmp_path / "out"), "--json", code=1,
        ).json  # fmt: skip

    home = tmp_path / "out" / "ada"
    (problem,) = restored["problems"]  # the sibling that its snapshots name was made up
    assert "device eeeeeeee, which laptop saw, is gone" in problem["message"]
    assert (device["device"], device["snapshots"], device["files"]) == ("laptop", 2, 2508)
    assert len(listed) == 2500
    assert (home / "docs/hello.txt").read_bytes() == b"HELLO, WORLD\n"
    assert (home / "long.list").read_bytes() == b"tick" * 1200
    assert (home / "sparse.img").stat().st_size == 2_000_000
    assert (home / "twin-a").stat().st_ino == (home / "twin-b").stat().st_ino


def test_another_machine_goes_on_with_the_first_release_s_device(
    server: Server, stranger: Client, tmp_path: Path
) -> None:
    with server:
        stranger.run(
            "login", server.url, "--account", "ada", "--device", "laptop",
            "--take-over", "laptop", "--accept-pin", server.pin,
        )  # fmt: skip
        before = stranger.run("snapshots", "--json").json
        (tmp_path / "files").mkdir()
        (tmp_path / "files/new.txt").write_text("new")
        stranger.run("add", str(tmp_path / "files"))
        stranger.backup(code=None)
        after = stranger.run("snapshots", "--json").json

    assert [one["sequence"] for one in before] == [1, 2]
    assert [one["sequence"] for one in after] == [1, 2, 3]
