"""Real servers and clients for end-to-end tests, each test module with its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.processes import Client, Server, start_server


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the whole module."""
    return tmp_path_factory.mktemp("e2e")


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Server]:
    with start_server(place / "data") as running:
        yield running


@pytest.fixture(scope="module")
def laptop(place: Path, server: Server) -> Client:
    """A registered device that has no source yet."""
    client = Client(place / "laptop", server.url, server.pin)
    client.register("ada", device="laptop")
    return client
