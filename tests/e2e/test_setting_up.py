"""`csb setup`: a machine becomes a device by way of a browser, and what must not work."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from csbackup.client.config import Home
from support.enrolling import Agreeing, read_page, setting_up, to_base64url
from support.processes import PASSWORD, Client, Server, start_server
from support.safe_door import Visitor

BROWSER = {"BROWSER": "/bin/true"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("setup") / "data") as running:
        other = Client(tmp_path_factory.mktemp("other"), running.url, running.pin)
        other.register("anna", device="tablet")
        yield running


@pytest.fixture
def anna(tmp_path: Path, server: Server) -> Iterator[Agreeing]:
    home = Home(tmp_path / "browser")
    anna = Agreeing.sign_in(home, server.url, server.pin, "anna", PASSWORD)
    yield anna
    anna.account.connection.transport.close()


@pytest.fixture
def client(tmp_path: Path, server: Server) -> Client:
    return Client(tmp_path / "state", server.url, server.pin)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "letter.txt").write_text("Dear Bert,")
    return folder


def test_a_code_sets_a_machine_up_and_its_folders_are_backed_up(
    client: Client, anna: Agreeing, folder: Path
) -> None:
    options = ("--no-browser", "--name", "attic", "--folders", str(folder), "--json")
    with setting_up(client, *options) as running:
        asked = anna.find(running.code().lower().replace("-", " "))
        anna.hand_over(asked, anna.bundle(asked))
        code = running.end()

    said = "".join(running.lines)
    assert code == 0, said
    result = json.loads(said[said.index("{") :])
    assert (result["account"], result["device"]) == ("anna", "attic")
    assert result["backup"]["state"] == "done"
    assert result["backup"]["files"] == 1
    assert client.run("status", "--json").json["device"] == "attic"


def test_a_browser_sets_a_machine_up_and_chooses_its_folders(
    client: Client, anna: Agreeing, folder: Path
) -> None:
    with ExitStack() as stack:
        running = stack.enter_context(setting_up(client, "--name", "desk", **BROWSER))
        origin, _, token = running.address().partition("/enter#")
        visitor = stack.enter_context(contextlib.closing(Visitor(origin)))
        asked = read_page(visitor.enter(token).json()["next"])
        taken = visitor.ask("POST", "/enrolled", content=to_base64url(anna.bundle(asked)))
        assert taken.json() == {"done": True}
        added = visitor.ask("POST", "/device/v1/places", json={"path_bytes": b64(folder)})
        assert b64(folder) in [one["path_bytes"] for one in added.json()["places"]]
        begun = visitor.ask(
            "POST", "/device/v1/start", json={"roots": [b64(folder)], "exclusions": []}
        )
        assert begun.json()["run"]["state"] in ("running", "done")
        code = running.end()

    assert code == 0, "".join(running.lines)
    assert "desk of account anna" in "".join(running.lines)
    assert client.run("ls", "--json").json != []


def b64(path: Path) -> str:
    return base64.b64encode(str(path).encode()).decode()
