"""Behind a real nginx, by the configuration that people copy: what works, what nobody can claim."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.browser import chromium, person
from support.front import PublicAuthority
from support.nginx import nginx
from support.ports import free_port
from support.processes import Client, Server, start_server
from support.web_app import register

FAR = "9.9.9.9"


@dataclass
class Proxied:
    """A server, and an nginx with a certificate that only `roots` vouches for."""

    server: Server
    port: int
    roots: Path

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def client(self, home: Path) -> Client:
        client = Client(home, self.url, self.server.pin)
        client.environment["SSL_CERT_FILE"] = str(self.roots)
        return client

    def info(self, **headers: str) -> dict[str, object]:
        """What the server says of itself through nginx, whatever the caller claims."""
        return _ask(
            f"{self.url}/api/v1/server", ssl.create_default_context(cafile=self.roots), headers
        )

    def info_straight(self, **headers: str) -> dict[str, object]:
        """The same without nginx, from the same machine."""
        return _ask(f"{self.server.url}/api/v1/server", None, headers)


def _ask(url: str, context: ssl.SSLContext | None, headers: dict[str, str]) -> dict[str, object]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers=named)
    with urllib.request.urlopen(request, timeout=10, context=context) as answer:
        found: dict[str, object] = json.load(answer)
        return found


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("proxied")
    authority = PublicAuthority(folder)
    port = free_port()
    with (
        start_server(
            folder / "data",
            CSB_SERVER_TLS="none",
            CSB_SERVER_TRUSTED_PROXIES="127.0.0.1",
            CSB_SERVER_URL=f"https://localhost:{port}",
        ) as server,
        nginx(
            folder / "nginx",
            port=port,
            behind=server.port,
            certificate=authority.issue("localhost"),
        ),
    ):
        yield Proxied(server, port, authority.roots)


def test_a_device_registers_backs_up_and_restores_through_it(
    proxied: Proxied, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    (files / "deep").mkdir(parents=True)
    (files / "a.txt").write_text("a")
    (files / "deep" / "large").write_bytes(bytes(range(256)) * 200_000)  # more than one pack
    laptop = proxied.client(tmp_path / "laptop")

    laptop.register("ada", device="laptop")
    laptop.run("add", str(files))
    laptop.backup()
    laptop.run("restore", "--to", str(tmp_path / "back"))

    back = tmp_path / "back" / "files"
    assert (back / "a.txt").read_text() == "a"
    assert (back / "deep" / "large").read_bytes() == (files / "deep" / "large").read_bytes()


def test_the_address_that_nginx_sees_counts_and_no_other(proxied: Proxied) -> None:
    near = proxied.info()
    forged = proxied.info(X_Forwarded_For=FAR, Forwarded=f"for={FAR}", X_Real_IP=FAR, Via="1.1 x")

    assert near["may_register"] is forged["may_register"] is True


def test_nginx_itself_is_nobody_when_it_does_not_say_for_whom_it_asks(proxied: Proxied) -> None:
    """A request from its address without the header: nothing near is open to it."""
    silent = proxied.info_straight()
    far = proxied.info_straight(X_Forwarded_For=FAR)
    claimed = proxied.info_straight(X_Forwarded_For=f"192.168.1.2, {FAR}")

    assert [silent["may_register"], far["may_register"], claimed["may_register"]] == [False] * 3


def test_a_forged_header_from_elsewhere_than_the_named_proxy_is_no_help(tmp_path: Path) -> None:
    authority = PublicAuthority(tmp_path)
    port = free_port()
    with (
        start_server(
            tmp_path / "data", CSB_SERVER_TLS="none", CSB_SERVER_TRUSTED_PROXIES="192.0.2.50"
        ) as server,
        nginx(
            tmp_path / "nginx",
            port=port,
            behind=server.port,
            certificate=authority.issue("localhost"),
        ),
    ):
        other = Proxied(server, port, authority.roots)
        through = other.info(X_Forwarded_For="192.168.1.2")
        straight = other.info_straight(X_Forwarded_For="192.168.1.2")

    assert [through["may_register"], straight["may_register"]] == [False, False]


def test_what_is_handed_out_through_it_trusts_its_certificate(proxied: Proxied) -> None:
    info = proxied.info()
    script = urllib.request.urlopen(
        f"{proxied.url}/client/install.sh",
        timeout=10,
        context=ssl.create_default_context(cafile=proxied.roots),
    )
    with script:
        text = script.read().decode()

    assert info["leaf_pin"] == ""
    assert info["url"] == proxied.url
    assert "BEGIN CERTIFICATE" not in text
    assert f"url='{proxied.url}'" in text


def test_the_page_makes_an_account_through_it(proxied: Proxied) -> None:
    with chromium() as browser, person(browser, proxied.url) as visitor:
        register(visitor, "bert")
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()

        assert visitor.unexpected_complaints() == []
