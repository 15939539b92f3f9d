"""A server that moved to another address is known again by its pin; another one is not."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.support.processes import Client, start_server


def test_a_machine_goes_on_with_its_server_at_another_address(tmp_path: Path) -> None:
    home = tmp_path / "laptop"
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "letter").write_text("dear ada")
    with start_server(tmp_path / "data") as before:
        laptop = Client(home, before.url, before.pin)
        laptop.register("ada", device="laptop")
        laptop.run("add", str(folder))
        laptop.run("backup")

    with start_server(tmp_path / "data") as after:
        laptop.run("login", after.url, "--account", "ada", "--take-over", "laptop")
        result = laptop.run("backup", "--json").json

    assert (result["sequence"], result["bytes_sent"]) == (2, 0)


def test_a_machine_does_not_trust_another_server_at_another_address(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as own, start_server(tmp_path / "other") as other:
        laptop = Client(tmp_path / "laptop", own.url, own.pin)
        laptop.register("ada", device="laptop")

        refused = laptop.run(
            "login", other.url, "--account", "ada", "--take-over", "laptop", code=2
        )

    assert "is not trusted yet" in refused.said


def test_the_catalog_is_for_its_owner_alone(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        files = list(server.data.glob("catalog.db*"))
        modes = {stat.S_IMODE(path.stat().st_mode) for path in files}

    assert modes == {0o600}
