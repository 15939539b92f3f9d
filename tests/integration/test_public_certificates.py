"""A proxy with a certificate of a public CA before the server: whom the client trusts, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.front import Front, PublicAuthority
from support.ports import free_port
from support.processes import Client, Server, start_server


@pytest.fixture
def authority(tmp_path: Path) -> PublicAuthority:
    return PublicAuthority(tmp_path)


def served(folder: Path, port: int) -> Server:
    """A server that people reach as https://localhost:PORT, where a proxy stands."""
    url = f"https://localhost:{port}"
    return start_server(folder / "data", "--url", url, "--registration", "open")


def client_of(folder: Path, server: Server, port: int, **environment: str) -> Client:
    client = Client(folder / "laptop", f"https://localhost:{port}", server.pin)
    client.environment |= environment
    return client


def test_a_public_certificate_is_good_where_the_servers_own_ca_says_so(
    tmp_path: Path, authority: PublicAuthority
) -> None:
    port, roots = free_port(), str(authority.roots)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("a")

    with served(tmp_path, port) as server:
        laptop = client_of(tmp_path, server, port, SSL_CERT_FILE=roots)
        with Front(server.port, authority.issue("localhost"), port):
            laptop.register("ada", device="laptop")
            laptop.run("add", str(tmp_path / "files"))
            laptop.backup()
        # The proxy goes, and the server itself is reached by the same address.
        with Front(server.port, tmp_path / "data" / "secret" / "leaf.pem", port):
            laptop.backup()


def register(laptop: Client) -> str:
    """What is said of a server that is refused."""
    return laptop.run(
        "register", laptop.url, "--account", "ada", "--accept-pin", laptop.pin, code=2
    ).err


def test_it_is_refused_without_the_word_of_the_servers_ca(
    tmp_path: Path, authority: PublicAuthority
) -> None:
    port, roots = free_port(), str(authority.roots)

    with (
        start_server(tmp_path / "data", "--registration", "open") as server,
        Front(server.port, authority.issue("localhost"), port),
    ):
        said = register(client_of(tmp_path, server, port, SSL_CERT_FILE=roots))

    assert "certificate" in said


def test_it_is_refused_for_another_name(tmp_path: Path, authority: PublicAuthority) -> None:
    port, roots = free_port(), str(authority.roots)
    other = authority.issue("other.example.org")

    with served(tmp_path, port) as server, Front(server.port, other, port):
        said = register(client_of(tmp_path, server, port, SSL_CERT_FILE=roots))

    assert "certificate" in said


def test_it_is_refused_where_the_system_does_not_trust_its_ca(
    tmp_path: Path, authority: PublicAuthority
) -> None:
    port = free_port()

    with served(tmp_path, port) as server, Front(server.port, authority.issue("localhost"), port):
        said = register(client_of(tmp_path, server, port))

    assert "certificate" in said


def test_another_server_behind_a_good_public_certificate_is_still_another(
    tmp_path: Path, authority: PublicAuthority
) -> None:
    """Who takes the name over gets a certificate for it, yet not the CA's key."""
    port, roots = free_port(), str(authority.roots)
    with served(tmp_path, port) as server:
        laptop = client_of(tmp_path, server, port, SSL_CERT_FILE=roots)
        with Front(server.port, authority.issue("localhost"), port):
            laptop.register("ada", device="laptop")

    with (
        served(tmp_path / "impostor", port) as impostor,
        Front(impostor.port, authority.issue("localhost"), port),
    ):
        refused = laptop.run("snapshots", code=2)

    assert f"shows pin {impostor.pin}, not {server.pin}" in refused.err
