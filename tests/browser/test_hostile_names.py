"""Names are text: whatever a file, folder, device or account is called, the page shows it as that.

Whoever names files on a device writes into the page of whoever looks: at their own, or as an admin.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.browser import PHONE, Person, person
from support.processes import PASSWORD, Client, Server, start_server
from support.views import devices_of, settle
from support.web_app import sign_in

MARKUP = "<img src=x onerror=alert(1)>"
HEBREW = "\u05e9\u05dc\u05d5\u05dd (1)"
LONG = "w" * 64
ACCOUNT = "<b>bob&amp;"
FOLDER = f"{MARKUP} {HEBREW}"
DEVICE = "<svg onload=alert(1)>"
WRITTEN = {
    f"{MARKUP}.txt": "markup",
    "\u202egpj.exe": "turned round",
    "\u2066\u2067never closed": "isolates that are never closed",
    HEBREW: "right to left",
    "x" * 255: "as long as can be",
    "\u00fc" * 127: "as long as can be, of two bytes",
    "two\nlines": "a newline",
    "bell\x07 tab\t": "control characters",
    "zero\u200bwidth": "a space without width",
    "Zalgo" + "\u0300\u0301\u0316" * 30: "marks upon marks",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose account, devices, folders and files have names that a page could trip on."""
    place = tmp_path_factory.mktemp("hostile")
    folder = home_of(place) / FOLDER
    folder.mkdir(parents=True)
    for name, content in WRITTEN.items():
        (folder / name).write_text(content)
    Path(os.fsdecode(os.fsencode(folder) + b"/not utf-8 \xff\xfe")).write_text("not UTF-8")
    with start_server(place / "data") as server:
        client = Client(place / "state", server.url, server.pin)
        client.register(ACCOUNT, device=DEVICE)
        client.run("add", str(home_of(place)))
        client.backup()
        for name in WRITTEN:
            (folder / name).write_text("changed")
        client.backup()
        for device in (HEBREW, LONG):
            Client(place / device[:9], server.url, server.pin).login(ACCOUNT, device=device)
        server.admin("admin", "create", ACCOUNT)
        yield server


def in_an_address(path: bytes) -> str:
    return base64.urlsafe_b64encode(path).decode().rstrip("=")


def home_of(place: Path) -> Path:
    return place / MARKUP


@pytest.fixture(scope="module")
def places(hostile: Server, reader: Person) -> dict[str, str]:
    """Where the app shows a name that somebody chose."""
    device = f"/devices/{devices_of(reader)[DEVICE]}"
    path = os.fsencode(home_of(hostile.data.parent) / FOLDER)
    folder = in_an_address(path)
    file = in_an_address(path + b"/" + os.fsencode(HEBREW))
    return {
        "devices": "/",
        "device": device,
        "folder": f"{device}/snapshots/1/{folder}",
        "versions": f"{device}/snapshots/1/{folder}?file={file}",
        "search": f"{device}?search=e",
        "changes": f"{device}/snapshots/2?view=changes&since=1",
        "account": "/account",
        "admin-devices": "/admin",
        "admin-device": f"/admin{device}",
        "admin-folder": f"/admin{device}/snapshots/1/{folder}",
        "admin-accounts": "/admin/accounts",
    }


@pytest.fixture(scope="module")
def reader(browser: Browser, hostile: Server) -> Iterator[Person]:
    with person(browser, hostile.url, size=PHONE) as somebody:
        sign_in(somebody, ACCOUNT, PASSWORD)
        expect(somebody.page.get_by_role("link", name=DEVICE)).to_be_visible()
        yield somebody
        assert somebody.unexpected_complaints() == []


PAGES = (
    "devices", "device", "folder", "versions", "search", "changes", "account",
    "admin-devices", "admin-device", "admin-folder", "admin-accounts",
)  # fmt: skip

# Every text that holds letters or marks which turn the direction, and is not shut off from what
# stands beside it.
NOT_ISOLATED = r"""() => {
    const found = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        if (!/[\u0590-\u06ff\u202a-\u202e\u2066-\u2069]/.test(text.data)) continue
        let around = text.parentElement
        if (around.matches('bdi > *')) around = around.parentElement  // a part that was looked for
        const kept = getComputedStyle(around).unicodeBidi
        const whole = around.localName === 'bdi' || around.textContent === text.data
        const alone = /isolate|plaintext/.test(kept) && whole
        if (!alone) found.push(around.outerHTML)
    }
    return found
}"""
BORN_FROM_A_NAME = "[onload], [onerror], img[src='x'], main b:empty"


@pytest.mark.parametrize("page", PAGES)
def test_a_name_makes_no_element(reader: Person, places: dict[str, str], page: str) -> None:
    reader.go(places[page])
    settle(reader)

    assert reader.page.locator(BORN_FROM_A_NAME).count() == 0


@pytest.mark.parametrize("page", PAGES)
def test_a_name_does_not_turn_what_stands_beside_it(
    reader: Person, places: dict[str, str], page: str
) -> None:
    reader.go(places[page])
    settle(reader)

    assert reader.page.evaluate(NOT_ISOLATED) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_name_does_not_widen_the_page(reader: Person, places: dict[str, str], page: str) -> None:
    reader.go(places[page])
    settle(reader)

    assert reader.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_every_name_is_shown_as_it_is(reader: Person, places: dict[str, str]) -> None:
    reader.go(places["folder"])
    settle(reader)

    shown = reader.page.evaluate("document.querySelector('main').textContent")

    assert [name for name in WRITTEN if name not in shown] == []
    assert "not utf-8 \ufffd\ufffd" in shown


def test_a_name_in_the_tab_is_text(reader: Person, places: dict[str, str]) -> None:
    reader.go(places["device"])
    settle(reader)

    assert reader.page.title().startswith(DEVICE)
