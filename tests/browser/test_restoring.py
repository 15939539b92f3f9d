"""Restoring in the browser, as people do it: unlock, look, download, and what locks again."""

from __future__ import annotations

import base64
import os
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, expect

from csbackup.format.ids import AccountId
from csbackup.format.keys import account_keys, recovery_keys, unwrap_with_recovery_key
from csbackup.format.recovery import parse_recovery_key
from support import samples
from support.browser import PHONE, Person, person
from support.evil_world import check_unsaid
from support.processes import Client, Server
from support.web_app import PASSWORD, open_device, sign_in, sign_out

UNLOCKED_WITHIN_MS = 30_000  # it is made to take a while, more so beside other work
MARKUP = "<script>window.ran = true</script><b>not bold</b>"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is backed up: every kind that can be looked at, and some that trip over themselves."""
    folder = tmp_path_factory.mktemp("restoring") / "study"
    contents = {
        "Letters/to Anna.txt": "Liebe Anna, größer als gedacht\n".encode(),
        "Letters/Übersicht.txt": b"",
        "Letters/deep/<b>bold & odd.txt": b"odd\n",
        "photo.png": samples.photo(7),
        "paper.pdf": samples.document("A paper", ["One line of it"]),
        "page.html": MARKUP.encode(),
        "old.txt": "Bücher".encode("latin-1"),
        "film.bin": random.Random(3).randbytes(3_000_000),
        "README": b"read me\n",
    }
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "Letters" / "empty").mkdir()
    return folder


@pytest.fixture(scope="module")
def laptop(server: Server, study: Path, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A device of the account `wendy` that has backed up the study."""
    client = Client(tmp_path_factory.mktemp("wendy"), server.url, server.pin, password=PASSWORD)
    client.register("wendy", device="laptop")
    client.run("add", str(study))
    client.backup()
    return client


@pytest.fixture
def wendy(visitor: Person, laptop: Client) -> Iterator[Person]:
    """The person, signed in, with the study before them."""
    come_in(visitor)
    yield visitor


def come_in(somebody: Person) -> None:
    sign_in(somebody, "wendy")
    expect(somebody.page.get_by_role("link", name="laptop", exact=True)).to_be_visible()
    open_device(somebody, "laptop")
    expect(tick_of(somebody.page, "photo.png")).to_be_visible()


def tick_of(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Select {name}", exact=True)


def dialog(page: Page, title: str) -> Locator:
    return page.get_by_role("dialog").filter(has=page.get_by_role("heading", name=title))


def press_download(page: Page) -> None:
    page.get_by_role("group", name="Restore").get_by_role("button", name="Download").click()


def type_password(page: Page, password: str = PASSWORD) -> None:
    asked = dialog(page, "Unlock your files")
    asked.get_by_label("Password", exact=True).fill(password)
    asked.get_by_role("button", name="Unlock", exact=True).click()


def unlock(page: Page) -> None:
    page.locator("[data-lock=locked]").click()
    type_password(page)
    expect(page.locator("[data-lock=open]")).to_be_visible(timeout=UNLOCKED_WITHIN_MS)


def look_at(page: Page, name: str) -> Locator:
    page.get_by_role("button", name=f"Look at {name}", exact=True).click()
    shown = dialog(page, name)
    expect(shown).to_be_visible()
    return shown


def content_of(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


# --- unlock and download -----------------------------------------------------------------------


def test_one_asks_for_a_file_unlocks_and_gets_it(wendy: Person, study: Path) -> None:
    tick_of(wendy.page, "film.bin").check()
    press_download(wendy.page)

    asked = dialog(wendy.page, "Unlock your files")
    expect(asked).to_contain_text("the key never leaves it")
    expect(asked).to_contain_text("csb open")
    type_password(wendy.page, "not the password at all")
    wrong = asked.get_by_role("alert")
    expect(wrong).to_contain_text("The password is wrong", timeout=UNLOCKED_WITHIN_MS)
    with wendy.page.expect_download() as arriving:
        type_password(wendy.page)

    assert arriving.value.suggested_filename == "film.bin"
    assert content_of(arriving.value) == (study / "film.bin").read_bytes()
    expect(wendy.page.locator("[data-lock=open]")).to_contain_text("Unlocked")
    tray = wendy.page.get_by_role("region", name="Downloads")
    expect(tray.locator("[data-download=done]")).to_contain_text("film.bin")
    with wendy.page.expect_download() as again:
        tray.get_by_role("button", name="Save again: film.bin").click()
    assert content_of(again.value) == content_of(arriving.value)
    tray.get_by_role("button", name="Remove from the list: film.bin").click()
    expect(tray).to_have_count(0)


def test_the_recovery_key_unlocks_too(wendy: Person, laptop: Client, study: Path) -> None:
    wendy.page.locator("[data-lock=locked]").click()
    asked = dialog(wendy.page, "Unlock your files")
    asked.get_by_role("button", name="Use the recovery key instead").click()
    asked.get_by_label("Recovery key").fill(laptop.recovery_key[:-1] + "!")
    asked.get_by_role("button", name="Unlock", exact=True).click()
    expect(asked.get_by_role("alert")).to_contain_text("That is not a recovery key")

    asked.get_by_label("Recovery key").fill(laptop.recovery_key.lower().replace("-", " "))
    asked.get_by_role("button", name="Unlock", exact=True).click()

    unlocked = wendy.page.locator("[data-lock=open]")
    expect(unlocked).to_be_visible(timeout=UNLOCKED_WITHIN_MS)
    tick_of(wendy.page, "README").check()
    with wendy.page.expect_download() as arriving:
        press_download(wendy.page)
    assert content_of(arriving.value) == b"read me\n"


def test_a_folder_comes_as_a_zip_byte_for_byte(wendy: Person, study: Path, tmp_path: Path) -> None:
    unlock(wendy.page)
    tick_of(wendy.page, "Letters").check()

    with wendy.page.expect_download() as arriving:
        press_download(wendy.page)

    arriving.value.save_as(tmp_path / "letters.zip")
    with zipfile.ZipFile(tmp_path / "letters.zip") as archive:
        archive.extractall(tmp_path / "out")
    assert arriving.value.suggested_filename == "Letters.zip"
    assert tree_of(tmp_path / "out" / "Letters") == tree_of(study / "Letters")


def tree_of(folder: Path) -> dict[str, bytes | None]:
    found = (Path(above) / name for above, dirs, files in os.walk(folder) for name in dirs + files)
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in found
    }


def test_no_secret_is_in_any_request(wendy: Person, laptop: Client) -> None:
    unlock(wendy.page)
    tick_of(wendy.page, "film.bin").check()
    with wendy.page.expect_download() as arriving:
        press_download(wendy.page)
    content_of(arriving.value)

    account = wendy.page.evaluate("fetch('/api/v1/account').then(answer => answer.json())")
    account_id = AccountId(bytes.fromhex(account["account_id"]))
    recovery_key = parse_recovery_key(laptop.recovery_key)
    kek = recovery_keys(recovery_key, account_id)
    wrap = base64.b64decode(account["wrap_recovery"])
    master = unwrap_with_recovery_key(wrap, kek, account_id)
    keys = account_keys(master, account_id)

    sent = "\n".join(wendy.sent).encode("latin-1")
    assert b"/api/v1/packs/" in sent  # so what opening asks for is seen here
    secrets = {"password": PASSWORD.encode(), "recovery key": recovery_key, "master secret": master}
    for key in (keys.sealing_private, keys.signing_private):
        secrets[str(key)] = key.private_bytes_raw()
    check_unsaid(secrets, sent)


# --- a look at a file --------------------------------------------------------------------------


def test_pictures_text_and_pdf_can_be_looked_at(wendy: Person) -> None:
    page = wendy.page
    page.get_by_role("button", name="Look at photo.png", exact=True).click()
    type_password(page)

    picture = dialog(page, "photo.png").get_by_role("img", name="photo.png")
    expect(picture).to_be_visible(timeout=UNLOCKED_WITHIN_MS)
    page.wait_for_function("document.querySelector('img[alt=\"photo.png\"]').naturalWidth === 480")
    page.keyboard.press("Escape")

    expect(look_at(page, "old.txt")).to_contain_text("Bücher")
    expect(dialog(page, "old.txt")).to_contain_text("Read as Windows-1252")
    page.keyboard.press("Escape")

    frame = look_at(page, "paper.pdf").locator("iframe")
    expect(frame).to_be_visible()
    wait_for_frame(page, "chrome-extension://")  # the browser's own viewer


def wait_for_frame(page: Page, beginning: str) -> None:
    for _ in range(100):
        if any(frame.url.startswith(beginning) for frame in page.frames):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"no frame shows {beginning}")


def test_markup_is_shown_and_never_run(wendy: Person) -> None:
    unlock(wendy.page)

    shown = look_at(wendy.page, "page.html")

    expect(shown.locator("pre")).to_have_text(MARKUP)
    assert wendy.page.evaluate("window.ran") is None
    with wendy.page.expect_download() as arriving:
        shown.get_by_role("button", name="Download").click()
    assert content_of(arriving.value) == MARKUP.encode()


def test_who_does_not_unlock_sees_nothing(wendy: Person) -> None:
    wendy.page.get_by_role("button", name="Look at photo.png", exact=True).click()
    expect(dialog(wendy.page, "Unlock your files")).to_be_visible()

    wendy.page.keyboard.press("Escape")

    expect(wendy.page.get_by_role("dialog")).to_have_count(0)
    expect(wendy.page.locator("[data-lock=locked]")).to_be_visible()


# --- what locks --------------------------------------------------------------------------------


def test_files_lock_themselves_when_nobody_is_there(browser: Browser, laptop: Client) -> None:
    with person(browser, laptop.url) as somebody:
        somebody.page.clock.install()
        come_in(somebody)
        unlock(somebody.page)
        somebody.page.clock.fast_forward("09:00")
        shown = look_at(somebody.page, "README")  # so somebody is there
        somebody.page.clock.fast_forward("09:00")
        expect(shown).to_contain_text("read me")

        somebody.page.clock.fast_forward("02:00")

        lock = somebody.page.locator("[data-lock=locked]")
        expect(lock).to_be_visible()
        expect(shown).to_have_count(0)
        lock.click()
        asked = dialog(somebody.page, "Unlock your files")
        expect(asked).to_contain_text("nobody touched this page for a while")


def test_files_lock_at_a_word_and_when_the_page_is_left(wendy: Person) -> None:
    unlock(wendy.page)
    wendy.page.locator("[data-lock=open]").click()
    wendy.page.get_by_role("button", name="Lock now").click()
    expect(wendy.page.locator("[data-lock=locked]")).to_be_visible()

    unlock(wendy.page)
    wendy.page.reload()

    expect(wendy.page.locator("[data-lock=locked]")).to_be_visible()


def test_signing_out_locks_and_leaves_no_downloads_to_the_next(wendy: Person) -> None:
    unlock(wendy.page)
    tick_of(wendy.page, "README").check()
    with wendy.page.expect_download():
        press_download(wendy.page)
    expect(wendy.page.get_by_role("region", name="Downloads")).to_be_visible()

    sign_out(wendy)
    expect(wendy.page.locator("[data-lock]")).to_have_count(0)
    come_in(wendy)

    expect(wendy.page.locator("[data-lock=locked]")).to_be_visible()
    expect(wendy.page.get_by_role("region", name="Downloads")).to_have_count(0)


def test_a_session_that_ended_locks(wendy: Person) -> None:
    unlock(wendy.page)
    shown = look_at(wendy.page, "README")
    expect(shown).to_contain_text("read me")

    wendy.page.context.clear_cookies()

    expect(wendy.page.get_by_text("Your session has ended")).to_be_visible(timeout=30_000)
    expect(wendy.page.get_by_role("dialog")).to_have_count(0)
    come_in(wendy)
    expect(wendy.page.locator("[data-lock=locked]")).to_be_visible()


# --- downloads that do not go through ----------------------------------------------------------


def test_a_download_waits_for_the_server_and_goes_on(wendy: Person, study: Path) -> None:
    page = wendy.page
    unlock(page)
    page.context.route("**/api/v1/packs/**", lambda route: route.abort())
    tick_of(page, "film.bin").check()
    press_download(page)
    tray = page.get_by_role("region", name="Downloads")
    expect(tray.locator("[data-download=waiting]")).to_contain_text(
        "for the server to answer again"
    )

    asked = []
    page.once("dialog", lambda warning: (asked.append(warning.type), warning.dismiss()))
    page.evaluate("location.reload()")  # a person who leaves is warned, and stays
    tray.get_by_role("button", name="Pause: film.bin").click()
    expect(tray.locator("[data-download=paused]")).to_be_visible()
    page.context.unroute("**/api/v1/packs/**")  # not before: it goes on by itself
    with page.expect_download(timeout=60_000) as arriving:
        tray.get_by_role("button", name="Go on: film.bin").click()

    assert asked == ["beforeunload"]
    assert content_of(arriving.value) == (study / "film.bin").read_bytes()
    wendy.complaints.clear()  # of the requests that were broken off


def test_a_cancelled_download_leaves_the_list(wendy: Person) -> None:
    page = wendy.page
    unlock(page)
    page.context.route("**/api/v1/packs/**", lambda route: route.abort())
    tick_of(page, "film.bin").check()
    press_download(page)
    tray = page.get_by_role("region", name="Downloads")

    tray.get_by_role("button", name="Cancel: film.bin").click()
    expect(tray.locator("[data-download=cancelled]")).to_contain_text("Cancelled")
    tray.get_by_role("button", name="Remove from the list: film.bin").click()

    expect(tray).to_have_count(0)
    wendy.complaints.clear()  # of the requests that were broken off


# --- put back on a device ----------------------------------------------------------------------


def test_a_device_puts_files_back(
    wendy: Person, laptop: Client, study: Path, tmp_path: Path
) -> None:
    page = wendy.page
    tick_of(page, "Letters").check()
    page.get_by_role("button", name="Put it back on a device").click()
    asked = dialog(page, "Put it back on a device")
    asked.get_by_label("Into a folder").check()
    asked.get_by_label("Whole path of the folder").fill(str(tmp_path / "back"))
    asked.get_by_role("button", name="Go on").click()
    expect(asked).to_contain_text("Nothing is sent yet")
    expect(asked).to_contain_text("3 files")
    asked.get_by_role("button", name="Send the order").click()
    type_password(page)
    asked.get_by_role("link", name="See how it goes").click()

    order = page.locator("[data-order]").filter(has_text="Letters")
    expect(order.locator("[data-state=waiting]")).to_be_visible()
    laptop.run("orders", "run")

    expect(order.locator("[data-state=done]")).to_contain_text("Put back")
    expect(order).to_contain_text("3 of 3 files")
    assert tree_of(tmp_path / "back" / "Letters") == tree_of(study / "Letters")


def test_an_order_says_who_is_asked_and_can_be_withdrawn(wendy: Person, laptop: Client) -> None:
    page = wendy.page
    unlock(page)
    tick_of(page, "README").check()
    page.get_by_role("button", name="Put it back on a device").click()
    asked = dialog(page, "Put it back on a device")
    asked.get_by_label("Replace them").check()
    asked.get_by_role("button", name="Go on").click()
    expect(asked.get_by_role("alert")).to_contain_text("Somebody at the device is asked first")
    asked.get_by_role("button", name="Send the order").click()
    asked.get_by_role("link", name="See how it goes").click()
    order = page.locator("[data-order]").filter(has_text="README")
    laptop.run("orders", "run", code=None)
    expect(order).to_contain_text("Waits for somebody at the device")
    expect(order).to_contain_text("csb orders accept")

    order.get_by_role("button", name="Withdraw: laptop").click()
    dialog(page, "Withdraw this order?").get_by_role("button", name="Withdraw").click()

    expect(order.locator("[data-state=withdrawn]")).to_be_visible()
    assert laptop.run("orders", "run").out == "There is no order for this machine.\n"


# --- every circumstance ------------------------------------------------------------------------


def test_the_keyboard_alone_restores(wendy: Person) -> None:
    page = wendy.page
    tick_of(page, "README").focus()
    page.keyboard.press("Space")
    button = page.get_by_role("group", name="Restore").get_by_role("button", name="Download")
    tab_to(page, button)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()

    with page.expect_download() as arriving:
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")

    assert content_of(arriving.value) == b"read me\n"
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
    tab_to(page, page.get_by_role("button", name="Remove from the list: README"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Downloads")).to_have_count(0)


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(60):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not get there")


def test_restoring_fits_a_phone(browser: Browser, laptop: Client) -> None:
    with person(browser, laptop.url, size=PHONE, scheme="dark") as somebody:
        page = somebody.page
        come_in(somebody)
        tick_of(page, "README").check()
        press_download(page)
        wide = [is_too_wide(page)]
        with page.expect_download():
            type_password(page)
        expect(page.get_by_role("region", name="Downloads")).to_be_visible()
        wide.append(is_too_wide(page))
        look_at(page, "photo.png")
        wide.append(is_too_wide(page))

        assert wide == [False, False, False]
        assert somebody.unexpected_complaints() == []


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))
