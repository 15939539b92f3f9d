"""The web app's first room, used by people: a real Chromium, a real server, real backups."""

from __future__ import annotations

import base64
import re
import urllib.parse
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from csbackup.format.ids import AccountId
from csbackup.format.keys import recovery_keys, unwrap_with_recovery_key
from csbackup.format.recovery import parse_recovery_key
from support.browser import PHONE, Person, person
from support.processes import Client, Server, start_server
from support.web_app import (
    PASSWORD,
    entry,
    keep_recovery_kit,
    open_device,
    register,
    sign_in,
    sign_out,
)

FRONT_DOOR_BYTES = 300_000


def client_of(server: Server, folder: Path, password: str = PASSWORD) -> Client:
    return Client(folder, server.url, server.pin, password=password)


def backed_up(server: Server, folder: Path, home: Path, account: str, device: str) -> Client:
    """A new account with one device that has backed up once."""
    client = client_of(server, folder)
    client.register(account, device=device)
    client.run("add", str(home))
    client.backup()
    return client


# --- the front door ----------------------------------------------------------------------------


def test_the_front_door_says_what_this_is_and_how_to_begin(visitor: Person, server: Server) -> None:
    visitor.go("/")

    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("safe on a server you own")
    install = visitor.page.get_by_text("curl -fsSk --pinnedpubkey")
    expect(install).to_contain_text(f"{server.url}/client/install.sh | sh")
    expect(visitor.page.get_by_text(f"--accept-pin {server.pin}")).to_be_visible()


def test_the_front_door_is_light_and_comes_from_this_server_alone(visitor: Person) -> None:
    visitor.go("/")
    expect(visitor.page.get_by_text("csb-server pin").first).to_be_attached()

    script = """['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
        .map(entry => [entry.name, entry.transferSize])"""
    fetched = visitor.page.evaluate(script)

    assert any(size > 50_000 for _, size in fetched)  # so sizes are seen here
    assert sum(size for _, size in fetched) < FRONT_DOOR_BYTES
    assert [name for name, _ in fetched if not name.startswith(visitor.url)] == []


def test_german_speakers_read_german_and_may_switch(browser: Browser, server: Server) -> None:
    with person(browser, server.url, language="de-DE") as somebody:
        somebody.go("/")
        heading = somebody.page.get_by_role("heading", level=1)
        expect(heading).to_contain_text("sicher auf Ihrem eigenen Server")

        somebody.page.get_by_role("button", name="Sprache").click()
        somebody.page.get_by_role("menuitem", name="English").click()

        expect(heading).to_contain_text("safe on a server you own")
        assert somebody.page.evaluate("document.documentElement.lang") == "en"


# --- accounts ----------------------------------------------------------------------------------


def test_a_new_account_works_in_the_browser_and_in_the_client(
    visitor: Person, server: Server, tmp_path: Path
) -> None:
    register(visitor, "grace")
    expect(visitor.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()

    client_of(server, tmp_path / "state").login("grace", device="desk")

    expect(visitor.page.get_by_role("link", name="desk")).to_be_visible(timeout=30_000)


def test_no_secret_leaves_the_browser(visitor: Person) -> None:
    shown = register(visitor, "heidi")
    expect(visitor.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()
    sign_out(visitor)
    sign_in(visitor, "heidi")
    expect(visitor.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()

    account = visitor.page.evaluate("fetch('/api/v1/account').then(answer => answer.json())")
    recovery_key = parse_recovery_key(shown)
    account_id = AccountId(bytes.fromhex(account["account_id"]))
    unlock = recovery_keys(recovery_key, account_id)
    wrap = base64.b64decode(account["wrap_recovery"])
    master_secret = unwrap_with_recovery_key(wrap, unlock, account_id)

    sent = "\n".join(visitor.sent)
    assert base64.b64encode(unlock.auth).decode() in sent  # so bodies are seen here
    for secret in (PASSWORD.encode(), recovery_key, master_secret, unlock.kek):
        for form in spellings(secret):
            assert form not in sent
    assert shown not in sent and shown.replace("-", "") not in sent


def spellings(secret: bytes) -> list[str]:
    """The ways in which bytes may stand in a request."""
    return [
        secret.decode("latin-1"),
        secret.hex(),
        base64.b64encode(secret).decode().rstrip("="),
        base64.urlsafe_b64encode(secret).decode().rstrip("="),
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
    ]


def test_a_wrong_password_is_said_in_one_line(visitor: Person) -> None:
    register(visitor, "ivan")
    sign_out(visitor)

    sign_in(visitor, "ivan", "not the password at all")

    expect(visitor.page.get_by_role("alert")).to_contain_text("name or the password is wrong")


def test_a_weak_password_makes_no_account(visitor: Person) -> None:
    visitor.go("/register")
    visitor.page.get_by_label("Account name").fill("judy")
    visitor.page.get_by_label("Password", exact=True).fill("password1234")
    visitor.page.get_by_label("The same again").fill("password1234")

    expect(visitor.page.get_by_text("too easy to guess")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Create the account")).to_be_disabled()


def test_the_kit_is_kept_only_when_two_groups_are_typed_back(
    visitor: Person, tmp_path: Path
) -> None:
    visitor.go("/register")
    visitor.page.get_by_label("Account name").fill("kim")
    visitor.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.page.get_by_label("The same again").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Create the account").click()
    with visitor.page.expect_download() as saved:
        visitor.page.get_by_role("button", name="Save as a text file").click()

    visitor.page.get_by_role("button", name="I have kept it").click()
    for field in visitor.page.get_by_label(re.compile(r"^Group \d$")).all():
        field.fill("0000")
    visitor.page.get_by_role("button", name="Check").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("Not the same as in the kit")
    visitor.page.get_by_role("button", name="Show the kit again").click()
    shown = keep_recovery_kit(visitor)

    saved.value.save_as(tmp_path / "kit.txt")
    assert shown in (tmp_path / "kit.txt").read_text("utf-8")
    expect(visitor.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()


def test_the_recovery_key_opens_the_account_and_sets_a_new_password(
    visitor: Person, server: Server, tmp_path: Path
) -> None:
    shown = register(visitor, "leo")
    expect(visitor.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()
    sign_out(visitor)

    visitor.go("/sign-in")
    visitor.page.get_by_role("button", name="Use the recovery key instead").click()
    visitor.page.get_by_label("Account name").fill("leo")
    visitor.page.get_by_label("Recovery key").fill(shown.lower().replace("-", " "))
    visitor.page.locator("main").get_by_role("button", name="Sign in").click()
    visitor.page.get_by_label("New password").fill("paddle quartz violet saddle")
    visitor.page.get_by_label("The same again").fill("paddle quartz violet saddle")
    visitor.page.get_by_role("button", name="Change the password").click()

    expect(visitor.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()
    client_of(server, tmp_path / "s", "paddle quartz violet saddle").login("leo", device="new")


def test_password_and_recovery_kit_can_be_changed(
    visitor: Person, server: Server, tmp_path: Path
) -> None:
    register(visitor, "mallory")
    visitor.go("/account")

    visitor.page.get_by_role("button", name="Change the password").click()
    visitor.page.get_by_label("Current password").fill(PASSWORD)
    visitor.page.get_by_label("New password").fill("ribbon walnut harbor cedar")
    visitor.page.get_by_label("The same again").fill("ribbon walnut harbor cedar")
    visitor.page.get_by_role("button", name="Change the password").click()
    expect(visitor.page.get_by_text("The password is changed")).to_be_visible(timeout=30_000)
    visitor.page.get_by_role("button", name="Make a new recovery kit").click()
    visitor.page.get_by_label("Current password").fill("ribbon walnut harbor cedar")
    visitor.page.get_by_role("button", name="Make a new recovery kit").click()
    shown = keep_recovery_kit(visitor)
    expect(visitor.page.get_by_text("The new recovery kit is in force")).to_be_visible()

    client = client_of(server, tmp_path / "state", "ribbon walnut harbor cedar")
    client.login("mallory", device="desk")
    client.run("password", "--recovery-key", shown, CSB_NEW_PASSWORD=PASSWORD)


# --- devices and their files -------------------------------------------------------------------


def test_a_person_finds_the_files_that_csb_backed_up(
    visitor: Person, server: Server, tmp_path: Path, home: Path
) -> None:
    client = backed_up(server, tmp_path / "state", home, "niaj", "laptop")
    (home / "Letters" / "late.txt").write_text("late")
    client.backup()
    sign_in(visitor, "niaj")
    expect(visitor.page.get_by_role("heading", name="Your device is protected.")).to_be_visible()

    open_device(visitor, "laptop")
    for name in ("<b>bold & odd.txt", "notes.md", "link", "empty"):
        expect(entry(visitor, name)).to_be_visible()
    visitor.page.get_by_role("link", name="Letters").click()
    for name in ("to Anna.txt", "Übersicht.txt", "late.txt"):
        expect(entry(visitor, name)).to_be_visible()

    visitor.page.get_by_role("button", name="Earlier snapshot").click()
    expect(entry(visitor, "to Anna.txt")).to_be_visible()
    expect(entry(visitor, "late.txt")).to_have_count(0)
    visitor.page.get_by_role("link", name=str(home)).click()
    visitor.page.get_by_role("link", name="empty").click()
    expect(visitor.page.get_by_text("This folder is empty.")).to_be_visible()


def test_a_long_folder_shows_its_last_file_and_can_be_filtered(
    visitor: Person, server: Server, tmp_path: Path
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(2100):
        (many / f"mail-{number:05d}").write_text("m")
    backed_up(server, tmp_path / "state", many, "olivia", "laptop")
    sign_in(visitor, "olivia")
    open_device(visitor, "laptop")
    expect(entry(visitor, "mail-00000")).to_be_visible()

    visitor.page.get_by_role("row").nth(1).focus()
    visitor.page.keyboard.press("End")

    expect(entry(visitor, "mail-02099")).to_be_visible()
    assert visitor.page.get_by_role("row").count() < 200
    visitor.page.get_by_label("Filter by name").fill("01234")
    expect(entry(visitor, "mail-01234")).to_be_visible()
    expect(visitor.page.get_by_role("row")).to_have_count(2)


def test_a_revoked_device_backs_up_no_more_and_its_files_stay(
    visitor: Person, server: Server, tmp_path: Path, home: Path
) -> None:
    client = backed_up(server, tmp_path / "state", home, "peggy", "laptop")
    sign_in(visitor, "peggy")
    open_device(visitor, "laptop")

    visitor.page.get_by_role("button", name="Revoke this device").click()
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its snapshots stay")
    dialog.get_by_role("button", name="Revoke", exact=True).click()

    expect(visitor.page.locator("[data-state=revoked]")).to_be_visible()
    expect(entry(visitor, "notes.md")).to_be_visible()
    client.run("backup", code=2)


# --- the admin ---------------------------------------------------------------------------------


def test_the_admin_sees_every_device_and_its_tree_and_others_do_not(
    browser: Browser, tmp_path: Path, home: Path
) -> None:
    with start_server(tmp_path / "data") as fresh:
        backed_up(fresh, tmp_path / "state", home, "rupert", "attic")
        made = fresh.admin("admin", "create", "boss", "--json").json
        code = made["link"].partition("code=")[2]
        with person(browser, fresh.url) as boss:
            register(boss, "boss", code=code)
            boss.go("/admin")
            row = boss.page.get_by_role("row").filter(has_text="attic")
            expect(row).to_contain_text("rupert")
            expect(row).to_contain_text("Protected")

            boss.page.get_by_role("link", name="attic").click()
            expect(entry(boss, "notes.md")).to_be_visible()
            assert boss.page.get_by_role("button", name="Revoke this device").count() == 0

            boss.go("/admin/accounts")
            expect(boss.page.get_by_role("row").filter(has_text="rupert")).to_be_visible()
            boss.go("/admin/server")
            expect(boss.page.get_by_text(str(tmp_path / "data"))).to_be_visible()
            assert boss.unexpected_complaints() == []
        with person(browser, fresh.url) as other:
            sign_in(other, "rupert")
            expect(other.page.get_by_role("link", name="attic")).to_be_visible()
            other.go("/admin")
            expect(other.page.get_by_text("Only admins see this page.")).to_be_visible()


# --- every circumstance ------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_no_page_is_wider_than_a_phone(
    browser: Browser, server: Server, tmp_path: Path, home: Path, language: str
) -> None:
    account = f"sybil-{language[:2]}"
    backed_up(server, tmp_path / "state", home, account, "a-laptop-with-quite-a-long-name")
    with person(browser, server.url, size=PHONE, language=language, scheme="dark") as somebody:
        wide = [place for place in ("/", "/register", "/sign-in") if is_too_wide(somebody, place)]
        somebody.go("/sign-in")
        somebody.page.locator("main input").nth(0).fill(account)
        somebody.page.locator("main input").nth(1).fill(PASSWORD)
        somebody.page.locator("main button[type=submit]").click()
        link = somebody.page.get_by_role("link", name="a-laptop-with-quite-a-long-name")
        device = str(link.get_attribute("href")).removeprefix("#")
        places = ("/", device, "/account", "/add-device")
        wide += [place for place in places if is_too_wide(somebody, place)]

        assert wide == []


def is_too_wide(somebody: Person, place: str) -> bool:
    somebody.go(place)
    somebody.page.wait_for_load_state("networkidle")
    return bool(somebody.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_the_keyboard_alone_signs_in(visitor: Person, server: Server, tmp_path: Path) -> None:
    client_of(server, tmp_path / "state").register("trent", device="desk")
    visitor.go("/sign-in")
    visitor.page.get_by_label("Account name").focus()

    visitor.page.keyboard.type("trent")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.type(PASSWORD)
    visitor.page.keyboard.press("Enter")

    expect(visitor.page.get_by_role("link", name="desk")).to_be_visible()


def test_a_page_of_which_a_part_did_not_come_is_loaded_anew(visitor: Person) -> None:
    visitor.go("/")
    broken: list[str] = []

    def break_off(route: Route) -> None:
        broken.append(route.request.url)
        route.abort()

    visitor.page.context.route("**/assets/*.css", break_off, times=1)
    visitor.go("/sign-in")

    expect(visitor.page.get_by_label("Account name")).to_be_visible()
    assert len(broken) == 1


def test_the_page_says_when_the_server_does_not_answer(
    browser: Browser, tmp_path: Path, home: Path
) -> None:
    with start_server(tmp_path / "data") as fresh:
        backed_up(fresh, tmp_path / "state", home, "victor", "desk")
        with person(browser, fresh.url) as somebody:
            sign_in(somebody, "victor")
            expect(somebody.page.get_by_role("link", name="desk")).to_be_visible()

            fresh.stop()

            said = somebody.page.get_by_text("The server does not answer")
            expect(said.first).to_be_visible(timeout=60_000)
            expect(somebody.page.get_by_role("link", name="desk")).to_be_visible()


def test_a_session_that_ended_asks_to_sign_in_and_goes_on(
    visitor: Person, server: Server, tmp_path: Path, home: Path
) -> None:
    backed_up(server, tmp_path / "state", home, "walter", "desk")
    sign_in(visitor, "walter")
    open_device(visitor, "desk")

    visitor.page.context.clear_cookies()

    expect(visitor.page.get_by_text("Your session has ended")).to_be_visible(timeout=30_000)
    visitor.page.get_by_label("Account name").fill("walter")
    visitor.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.page.locator("main").get_by_role("button", name="Sign in").click()
    expect(entry(visitor, "notes.md")).to_be_visible()
