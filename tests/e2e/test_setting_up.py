"""`csb setup`: a machine becomes a device by way of a browser, and what must not work."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from support.enrolling import (
    Agreeing,
    Asked,
    SettingUp,
    offer_of,
    read_page,
    setting_up,
    to_base64url,
)
from support.processes import Client, Server, start_server
from support.safe_door import Visitor

BROWSER = {"BROWSER": "/bin/true"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("setup") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def tablet(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Client:
    """What Anna has already; her browser knows the server by it."""
    tablet = Client(tmp_path_factory.mktemp("tablet"), server.url, server.pin)
    tablet.register("anna", device="tablet")
    return tablet


@pytest.fixture
def anna(tablet: Client) -> Iterator[Agreeing]:
    anna = Agreeing.sign_in(tablet, "anna")
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


# --- what must not work ---------------------------------------------------------------------------


@dataclass
class Attack:
    """A machine that waits, and the browser that was let in."""

    running: SettingUp
    visitor: Visitor
    asked: Asked
    token: str

    def bring(self, bundle: bytes, **headers: str) -> str:
        """The code of the refusal, or nothing."""
        answer = self.visitor.ask(
            "POST", "/enrolled", content=to_base64url(bundle), headers=headers or None
        )
        return str(answer.json().get("code", ""))


@pytest.fixture
def waiting(client: Client) -> Iterator[Attack]:
    with ExitStack() as stack:
        running = stack.enter_context(setting_up(client, "--account", "anna", **BROWSER))
        origin, _, token = running.address().partition("/enter#")
        visitor = stack.enter_context(contextlib.closing(Visitor(origin)))
        yield Attack(running, visitor, read_page(visitor.enter(token).json()["next"]), token)


def test_a_bundle_for_another_request_is_refused_and_the_right_one_still_works(
    waiting: Attack, anna: Agreeing, client: Client
) -> None:
    other, _ = offer_of("thief")
    elsewhere = Asked(other.encode(), waiting.asked.secret)
    wrong_secret = replace(waiting.asked, secret=bytes(32))

    refused = [
        waiting.bring(anna.bundle(elsewhere, name="one")),
        waiting.bring(anna.bundle(wrong_secret, name="two")),
        waiting.bring(b"nonsense"),
    ]
    right = anna.bundle(waiting.asked, name="three")

    assert refused == ["enrolment-invalid"] * 3
    assert not (client.home / "device.json").exists()
    assert waiting.bring(right) == ""
    assert waiting.bring(right) == "enrolment-used"


def test_only_the_browser_that_was_let_in_may_bring_one(waiting: Attack, anna: Agreeing) -> None:
    bundle = anna.bundle(waiting.asked, name="guarded")
    stranger = Visitor(waiting.visitor.origin)

    with contextlib.closing(stranger):
        without = stranger.ask("POST", "/enrolled", content=to_base64url(bundle)).json()["code"]
        looking = stranger.ask("GET", "/device/v1/choosing").json()["code"]

    assert (without, looking) == ("not-let-in", "not-let-in")
    assert waiting.bring(bundle, Origin="https://evil.example") == "forbidden"
    assert waiting.bring(bundle, Host="evil.example") == "wrong-host"


def test_an_account_that_was_not_meant_is_refused(
    waiting: Attack, server: Server, tmp_path: Path
) -> None:
    other = Client(tmp_path / "mallorys", server.url, server.pin)
    other.register("mallory", device="phone")
    mallory = Agreeing.sign_in(other, "mallory")

    with contextlib.closing(mallory.account.connection.transport):
        refused = waiting.bring(mallory.bundle(waiting.asked))

    assert refused == "enrolment-invalid"


def test_an_address_that_two_opened_ends_it(waiting: Attack, anna: Agreeing) -> None:
    second = Visitor(waiting.visitor.origin)

    with contextlib.closing(second):
        second.enter(waiting.token)
        code = waiting.running.end()

    assert code == 2
    assert "[address-seen]" in waiting.running.lines[-1]


def test_a_machine_that_is_set_up_says_so_and_asks_for_folders_again(
    client: Client, folder: Path
) -> None:
    client.register("berta", device="kept")

    with setting_up(client, "--no-browser", "--folders", str(folder), "--json") as running:
        code = running.end()

    assert code == 0
    assert "This machine is kept of account berta" in "".join(running.lines)


def test_without_a_terminal_nobody_guesses_the_folders(client: Client) -> None:
    client.register("carla", device="cellar")

    result = client.run("setup", "--no-browser", code=2)

    assert "[folders-needed]" in result.err
