"""`csb-server health`, and a server without TLS."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from support.processes import run_server_command, start_server


def health(data: Path, port: int, *more: str, code: int, **env: str) -> str:
    listen = f"0.0.0.0:{port}"
    arguments = ("health", "--data", str(data), "--listen", listen, *more)
    return run_server_command(*arguments, code=code, **env).out


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "0.0.0.0:0", "[::]:0"])
def test_a_server_that_works_is_healthy_wherever_it_listens(tmp_path: Path, listen: str) -> None:
    with start_server(tmp_path / "data", listen=listen) as server:
        said = health(server.data, server.port, code=0)
        told = json.loads(health(server.data, server.port, "--json", code=0))

    assert said == "The server works.\n"
    assert told == {"status": "ok", "problem": ""}


def test_a_server_that_is_gone_is_not_healthy(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server:
        server.stop()

        said = health(server.data, server.port, code=1)
        told = json.loads(health(server.data, server.port, "--json", code=1))

    assert "does not answer" in said
    assert told["status"] == "failed"


def test_another_server_on_its_port_is_not_taken_for_it(tmp_path: Path) -> None:
    with start_server(tmp_path / "data") as server, start_server(tmp_path / "other") as other:
        said = health(server.data, other.port, code=1)

    assert "does not answer" in said


def test_what_has_no_identity_yet_is_said(tmp_path: Path) -> None:
    outcome = run_server_command("health", "--data", str(tmp_path), code=2)

    assert "cannot be read" in outcome.err


def test_without_tls_a_server_answers_on_loopback(tmp_path: Path) -> None:
    with start_server(tmp_path / "data", CSB_SERVER_TLS="none") as server:
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=10) as answer:
            content = answer.read()
        said = health(
            server.data,
            server.port,
            code=0,
            CSB_SERVER_TLS="none",
            CSB_SERVER_TRUSTED_PROXIES="::2",
        )

    assert server.url.startswith("http://")
    assert json.loads(content) == {"status": "ok"}
    assert said == "The server works.\n"


def test_without_tls_nobody_else_is_answered_but_the_named_proxy(tmp_path: Path) -> None:
    own = _own_address()
    if not own:
        pytest.skip("this machine has no address but loopback")

    answers = {}
    for proxy in (own, "192.0.2.99"):
        data = tmp_path / proxy
        with start_server(
            data, listen="0.0.0.0:0", CSB_SERVER_TLS="none", CSB_SERVER_TRUSTED_PROXIES=proxy
        ) as server:
            try:
                url = f"http://{own}:{server.port}/healthz"
                answers[proxy] = urllib.request.urlopen(url, timeout=10).status
            except urllib.error.HTTPError as refused:
                answers[proxy] = refused.code
                refused.close()

    assert answers == {own: 200, "192.0.2.99": 403}


def _own_address() -> str:
    """The address this machine would send from; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])
