"""The whole way from the front door to a restored folder, by the keys of a keyboard alone."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from support.browser import Person, person
from support.history import LAPTOP, TOLD, TURNS, History

EARLIER = len(TURNS) - 1
TABS_AT_MOST = 60


@pytest.fixture
def typist(browser: Browser, history: History) -> Iterator[Person]:
    """Somebody without a mouse."""
    with person(browser, history.server.url) as somebody:
        yield somebody
        assert somebody.unexpected_complaints() == []


def test_the_whole_way_needs_no_mouse(typist: Person, history: History, tmp_path: Path) -> None:
    page, press = typist.page, typist.page.keyboard.press
    typist.go("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    tab_to(typist, page.get_by_role("link", name="Sign in").first)
    press("Enter")
    expect(page.get_by_label("Account name")).to_be_visible()
    tab_to(typist, page.get_by_label("Account name"))
    page.keyboard.type(history.account)
    tab_to(typist, page.get_by_label("Password", exact=True))
    page.keyboard.type(history.password)
    press("Enter")

    device = page.get_by_role("link", name=LAPTOP, exact=True)
    expect(device).to_be_visible()
    tab_to(typist, device)
    press("Enter")

    slider = page.get_by_role("slider", name="Moment shown")
    expect(slider).to_be_visible()
    tab_to(typist, slider)
    press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuenow", str(EARLIER))

    enter(typist, history.files.name)
    tick = page.get_by_role("checkbox", name=f"Select {TOLD}", exact=True)
    expect(tick).to_be_visible()
    row_of(typist, TOLD)
    press("Space")
    expect(tick).to_be_checked()

    tab_to(typist, page.get_by_role("group", name="Restore").get_by_role("button", name="Download"))
    press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    with page.expect_download(timeout=60_000) as arriving:
        page.keyboard.type(history.password)
        press("Enter")

    arriving.value.save_as(tmp_path / "documents.zip")
    with zipfile.ZipFile(tmp_path / "documents.zip") as archive:
        archive.extractall(tmp_path / "out")
    got = contents(tmp_path / "out" / TOLD)
    assert {name: got[name] for name in contents(history.told(EARLIER))} == contents(
        history.told(EARLIER)
    )


def tab_to(somebody: Person, wanted: Locator) -> None:
    """Press Tab until it has the focus, as who does not see a pointer does."""
    for _ in range(TABS_AT_MOST):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        somebody.page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not get to {wanted}")


def row_of(somebody: Person, name: str) -> None:
    """Into the list of files, and with the arrows down to a row."""
    rows = somebody.page.get_by_role("grid").get_by_role("row")
    tab_to(somebody, rows.nth(1))
    for _ in range(rows.count()):
        if name in somebody.page.evaluate("document.activeElement.textContent"):
            return
        somebody.page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow leads to {name}")


def enter(somebody: Person, name: str) -> None:
    expect(somebody.page.get_by_role("grid").get_by_role("link", name=name)).to_be_visible()
    row_of(somebody, name)
    somebody.page.keyboard.press("Enter")


def contents(folder: Path) -> dict[str, bytes]:
    paths = (Path(above) / name for above, _, names in os.walk(folder) for name in names)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
