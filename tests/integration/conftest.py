"""Fixtures of the integration tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.api import Api, PersonCaller, api_on
from support.backup_bench import Bench, make_bench
from support.server_data import Plane


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with api_on(tmp_path / "data") as api:
        yield api


@pytest.fixture
def anna(api: Api) -> PersonCaller:
    return PersonCaller("anna").register(api)


@pytest.fixture
def bert(api: Api) -> PersonCaller:
    return PersonCaller("bert").register(api)


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Plane]:
    plane = Plane(tmp_path / "data")
    yield plane
    plane.close()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return make_bench(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What `bench` backs up."""
    return tmp_path / "data"
