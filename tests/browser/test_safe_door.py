"""The safe door in a real browser: pages of one's own client, and sites that want to get at it."""

from __future__ import annotations

import random
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.browser import Person, person
from support.processes import Client, Server
from support.safe_door import OpenDoor, safe_door
from support.web_app import PASSWORD, entry, open_device, sign_in

STRIP = "this page does not come from the server"

HOSTILE = """
<!doctype html><title>hostile</title>
<script>
const results = {};
async function tries(name, attempt) {
  try { results[name] = await attempt(); } catch (error) { results[name] = "refused"; }
}
function loads(kind, place) {
  return new Promise((resolve, reject) => {
    const element = document.createElement(kind);
    element.onload = () => resolve("loaded");
    element.onerror = () => reject(new Error("no"));
    element.src = place;
    document.body.append(element);
  });
}
async function attack(door) {
  const api = `${door}/api/v1/account`;
  await tries("read", async () => (await fetch(api, { credentials: "include" })).status);
  await tries("blind", async () => (await fetch(api, { mode: "no-cors" })).type);
  await tries("change", async () => (await fetch(`${door}/api/v1/sessions/current`,
    { method: "DELETE", credentials: "include", headers: { "X-CSB": "web" } })).status);
  await tries("post", async () => (await fetch(`${door}/enter`,
    { method: "POST", mode: "no-cors", body: "x" })).type);
  await tries("script", () => loads("script", `${door}/enter.js`));
  await tries("image", () => loads("img", `${door}/icon.svg`));
  return results;
}
</script><body></body>
"""


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """A site of somebody else on another port of this machine."""
    folder.mkdir()
    (folder / "index.html").write_text(HOSTILE)
    handler = partial(_Silent, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Client:
    """A device with one backup."""
    place = tmp_path_factory.mktemp("door")
    files = place / "home" / "Letters"
    files.mkdir(parents=True)
    (files / "to Anna.txt").write_text("hello")
    (place / "home" / "film.bin").write_bytes(random.Random(5).randbytes(3_000_000))
    client = Client(place / "state", server.url, server.pin, password=PASSWORD)
    client.register("quentin", device="laptop")
    client.run("add", str(place / "home"))
    client.backup()
    return client


@pytest.fixture
def door(laptop: Client) -> Iterator[OpenDoor]:
    with safe_door(laptop) as opened:
        yield opened


@pytest.fixture
def guest(browser: Browser, door: OpenDoor) -> Iterator[Person]:
    """Somebody whose browser `csb open` opened."""
    with person(browser, door.origin) as somebody:
        somebody.page.goto(door.url)
        expect(somebody.page.get_by_role("heading", name="Sign in")).to_be_visible()
        yield somebody
        assert somebody.unexpected_complaints() == []


def asked_elsewhere(guest: Person) -> list[str]:
    """The requests that went anywhere but to the door."""
    urls = [one.split("\n")[0].split(" ")[1] for one in guest.sent]
    return [url for url in urls if not url.startswith(guest.url) and not url.startswith("blob:")]


def test_a_person_signs_in_and_finds_their_files_without_a_warning(
    guest: Person, server: Server
) -> None:
    """The address is opened as it is: there is no certificate to click through."""
    expect(guest.page.get_by_text(STRIP)).to_be_visible()
    assert guest.page.get_by_label("Account name").input_value() == "quentin"

    come_in(guest)
    guest.page.get_by_role("link", name="laptop", exact=True).click()
    guest.page.get_by_role("link", name="Letters").click()

    expect(entry(guest, "to Anna.txt")).to_be_visible()
    expect(guest.page.get_by_text(STRIP)).to_be_visible()
    assert guest.page.evaluate("isSecureContext")
    assert guest.page.evaluate("'serviceWorker' in navigator && 'storage' in navigator")
    assert asked_elsewhere(guest) == []
    assert not [one for one in guest.sent if "csbs_" in one]


def test_a_file_and_a_folder_are_opened_and_saved(guest: Person) -> None:
    """By a thread that asks the door for itself, from a page that the server never saw."""
    come_in(guest)
    open_device(guest, "laptop")

    guest.page.get_by_role("checkbox", name="Select film.bin", exact=True).check()
    press_download(guest.page)
    asked = guest.page.get_by_role("dialog").filter(has_text="Unlock your files")
    expect(asked).to_contain_text("from your own client on this machine")
    asked.get_by_label("Password", exact=True).fill(PASSWORD)
    with guest.page.expect_download(timeout=60_000) as film:
        asked.get_by_role("button", name="Unlock", exact=True).click()
    guest.page.get_by_role("checkbox", name="Select Letters", exact=True).check()
    guest.page.get_by_role("checkbox", name="Select film.bin", exact=True).uncheck()
    with guest.page.expect_download(timeout=60_000) as letters:
        press_download(guest.page)

    assert Path(film.value.path()).read_bytes() == random.Random(5).randbytes(3_000_000)
    with zipfile.ZipFile(letters.value.path()) as archive:
        assert [archive.read(one) for one in archive.infolist() if not one.is_dir()] == [b"hello"]
    assert asked_elsewhere(guest) == []


def press_download(page: Page) -> None:
    page.get_by_role("group", name="Restore").get_by_role("button", name="Download").click()


def test_neither_the_session_nor_the_token_is_left_in_the_browser(
    guest: Person, door: OpenDoor
) -> None:
    come_in(guest)

    cookies = guest.page.context.cookies()
    kept = guest.page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")

    assert [cookie["name"] for cookie in cookies] == [f"csb-door-{door.port}"]
    assert cookies[0]["httpOnly"] and cookies[0]["sameSite"] == "Strict"
    assert "csbs_" not in kept and door.token not in kept
    assert "csbs_" not in str(cookies)
    assert door.token not in guest.page.url


def test_a_second_browser_is_told_that_the_address_was_used(
    guest: Person, door: OpenDoor, browser: Browser
) -> None:
    with person(browser, door.origin) as other:
        other.page.goto(door.url)
        expect(other.page.get_by_role("heading", name="used already")).to_be_visible()
        other.page.get_by_role("link", name="Go to the pages").click()
        expect(other.page.get_by_role("heading", name="not let in")).to_be_visible()
        assert other.page.evaluate("fetch('/api/v1/server').then(got => got.status)") == 401
        assert other.page.evaluate("localStorage.length") == 0


def test_another_tab_of_the_same_browser_goes_on_where_this_one_is(guest: Person) -> None:
    come_in(guest)

    tab = guest.page.context.new_page()
    tab.goto(guest.url)

    expect(tab.get_by_role("heading", name="Your device is protected.")).to_be_visible()
    tab.close()


def test_a_site_on_another_port_of_this_machine_gets_nothing(
    guest: Person, door: OpenDoor, tmp_path: Path
) -> None:
    """The cookie goes there too, since cookies know no ports: it must be worth nothing."""
    come_in(guest)

    with site(tmp_path / "site") as evil:
        assert attacked_from(guest.page, evil, door.origin) == {
            "read": "refused", "blind": "refused", "change": "refused",
            "post": "refused", "script": "refused", "image": "refused",
        }  # fmt: skip
    guest.complaints.clear()  # of what was refused
    guest.page.reload()
    expect_signed_in(guest)


def test_a_name_of_somebody_else_that_leads_here_gets_nothing(
    guest: Person, door: OpenDoor
) -> None:
    """What DNS rebinding looks like from the browser: another name, this very port."""
    come_in(guest)

    tab = guest.page.context.new_page()
    rebound = f"http://rebound.localhost:{door.port}"
    page = tab.goto(rebound)
    assert page is not None and page.status == 421
    answer = tab.evaluate("fetch('/api/v1/account').then(got => got.status)")

    assert answer == 421
    tab.close()
    guest.complaints.clear()
    guest.page.reload()
    expect_signed_in(guest)


def test_a_frame_of_another_site_shows_nothing(
    guest: Person, door: OpenDoor, tmp_path: Path
) -> None:
    with site(tmp_path / "site") as evil:
        tab = guest.page.context.new_page()
        tab.goto(evil)
        tab.evaluate(
            "place => { const frame = document.createElement('iframe'); frame.src = place;"
            " document.body.append(frame); }",
            f"{door.origin}/",
        )
        tab.wait_for_timeout(1000)
        inner = [frame for frame in tab.frames if frame is not tab.main_frame]
        assert all("csb open" not in frame.content() for frame in inner)
        tab.close()
    guest.complaints.clear()


def test_the_page_says_when_the_client_has_closed_it(guest: Person, door: OpenDoor) -> None:
    come_in(guest)

    assert door.stop() == 0

    closed = guest.page.get_by_text("Your client has closed this page")
    expect(closed.first).to_be_visible(timeout=40_000)


def test_the_servers_own_page_shows_no_strip_and_knows_no_door(visitor: Person) -> None:
    visitor.go("/sign-in")

    expect(visitor.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert visitor.page.get_by_text(STRIP).count() == 0
    assert visitor.page.locator("meta[name=csb-door]").count() == 0


def come_in(guest: Person) -> None:
    sign_in(guest, "quentin")
    expect_signed_in(guest)


def attacked_from(page: Page, evil: str, door: str) -> dict[str, str]:
    tab = page.context.new_page()
    tab.goto(evil)
    results: dict[str, str] = tab.evaluate("door => attack(door)", door)
    tab.close()
    return results


def expect_signed_in(guest: Person) -> None:
    verdict = guest.page.get_by_role("heading", name="Your device is protected.")
    expect(verdict).to_be_visible(timeout=30_000)
