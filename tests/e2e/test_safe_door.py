"""`csb open` as a command: what it says, whom it trusts, how it ends."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from support.processes import Client, Server, start_server
from support.safe_door import safe_door, visiting


@pytest.fixture(scope="module")
def stopped(place: Path) -> Client:
    """A registered device whose server was stopped."""
    with start_server(place / "stopped") as server:
        client = Client(place / "quiet", server.url, server.pin)
        client.register("eve", device="quiet")
        server.stop()
    return client


def log_of(client: Client) -> str:
    return (client.home / "logs" / "csb.log").read_text("utf-8")


def test_it_passes_the_api_on_through_the_pinned_connection(laptop: Client, server: Server) -> None:
    with safe_door(laptop) as door:
        with visiting(door.origin, door.token) as visitor:
            info = visitor.ask("GET", "/api/v1/server").json()
            signed_out = visitor.ask("GET", "/api/v1/account")

        assert door.server_failure == ""
        assert info["pin"] == server.pin
        assert signed_out.json()["code"] == "not-signed-in"
        assert door.stop() == 0


def test_its_log_says_what_happened_and_not_the_token(laptop: Client) -> None:
    with safe_door(laptop) as door:
        with visiting(door.origin, door.token):
            door.stop()

        log = log_of(laptop)
        assert "the safe door opens on port" in log
        assert "a browser was let in" in log
        assert "the safe door closes" in log
        assert door.token not in log


def test_people_are_told_the_address_and_how_to_come_from_afar(laptop: Client) -> None:
    process = laptop.start("open", "--no-browser", CSB_OPEN_SECONDS="1")
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "http://127.0.0.1:" in said
    assert "ssh -L" in said
    assert "Closed: nobody asked for anything for 1 second." in said


def test_it_opens_the_browser_of_the_person(laptop: Client, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)

    process = laptop.start("open", "--here", BROWSER=f"{browser} %s", CSB_OPEN_SECONDS="2")
    said, _ = process.communicate(timeout=60)

    opened = (tmp_path / "opened").read_text().strip()
    assert opened.startswith("http://127.0.0.1:")
    assert "/devices/" in opened
    assert opened in said


def test_it_opens_also_while_the_server_is_away(stopped: Client) -> None:
    with safe_door(stopped) as door, visiting(door.origin, door.token) as visitor:
        page = visitor.ask("GET", "/")
        answer = visitor.ask("GET", "/api/v1/server")

    assert "No answer from" in door.server_failure
    assert page.status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (502, "server-unreachable")


def test_a_server_that_comes_back_is_found_again(place: Path) -> None:
    with start_server(place / "returning") as server:
        port = server.port
        client = Client(place / "patient", server.url, server.pin)
        client.register("fay", device="patient")
        with safe_door(client) as door, visiting(door.origin, door.token) as visitor:
            before = visitor.ask("GET", "/api/v1/server").status_code
            server.stop()
            away = visitor.ask("GET", "/api/v1/server").status_code
            with start_server(place / "returning", listen=f"127.0.0.1:{port}"):
                back = visitor.ask("GET", "/api/v1/server").status_code

    assert (before, away, back) == (200, 502, 200)


def test_another_server_in_its_place_is_refused(stopped: Client, place: Path) -> None:
    port = int(stopped.url.rsplit(":", 1)[1])
    with start_server(place / "another", listen=f"127.0.0.1:{port}"):
        refused = stopped.run("open", "--no-browser", code=2)

    assert "[pin-mismatch]" in refused.err


def test_another_server_that_comes_in_between_is_refused_too(place: Path) -> None:
    with start_server(place / "first") as server:
        client = Client(place / "wary", server.url, server.pin)
        client.register("gus", device="wary")
        with safe_door(client) as door, visiting(door.origin, door.token) as visitor:
            assert visitor.ask("GET", "/api/v1/server").status_code == 200
            server.stop()
            with start_server(place / "second", listen=f"127.0.0.1:{server.port}"):
                answers = [visitor.ask("GET", "/api/v1/server") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [502, 502]
    assert answers[0].json()["code"] == "certificate-refused"
    assert answers[1].json()["code"] == "pin-mismatch"


def test_a_machine_that_is_not_set_up_hears_so(place: Path, server: Server) -> None:
    client = Client(place / "nobody", server.url, server.pin)

    assert "[not-enrolled]" in client.run("open", "--no-browser", code=2).err


def test_other_users_cannot_read_what_csb_open_keeps(laptop: Client) -> None:
    """It keeps nothing: the token and the session live in its memory."""
    before = {path for path in laptop.home.rglob("*") if "logs" not in path.parts}

    with safe_door(laptop):
        time.sleep(0.2)
        after = {path for path in laptop.home.rglob("*") if "logs" not in path.parts}

    assert after == before
    assert laptop.home.stat().st_mode & 0o077 == 0
