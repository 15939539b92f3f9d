"""One browser for all tests here, one server for each file; every test brings its own people.

Files share a process in one run and not in the next: with one server for all, an account of one
file would now and then be in the way of another.

The fixture `history` is another server, where somebody has lived for a year.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from support.browser import Person, chromium, person
from support.history import History, make_history_once, open_history
from support.processes import Server, start_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("browser") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """A server with 30 snapshots of 20,000 files over more than a year; it takes half a minute.

    CSB_HISTORY names a folder to keep it in from run to run.
    """
    with open_history(
        make_history_once(history_folder(tmp_path_factory)),
        tmp_path_factory.mktemp("history") / "data",
    ) as running:
        yield running


def history_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all processes of a run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return Path(os.environ.get("CSB_HISTORY", shared / "history-made"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[Person]:
    """Somebody at a desktop; whatever the browser complained of fails the test."""
    with person(browser, server.url) as somebody:
        yield somebody
        assert somebody.unexpected_complaints() == []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder worth backing up, with names that a page could trip over."""
    folder = tmp_path / "home"
    for name in ("Letters/to Anna.txt", "Letters/Übersicht.txt", "notes.md", "<b>bold & odd.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"this is {name}\n", "utf-8")
    (folder / "empty").mkdir()
    (folder / "link").symlink_to("notes.md")
    return folder
