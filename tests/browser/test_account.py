"""From the one-time link to the end of an account: kit, sessions, devices, export, deletion."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from pypdf import PdfReader

from support.browser import PHONE, Person, person
from support.opening_page import find_node
from support.processes import Client, Server, start_server
from support.web_app import (
    PASSWORD,
    keep_recovery_kit,
    register,
    sign_in,
    sign_out,
)

WEB = Path(__file__).parents[2] / "web"
READ_QR = """
import { decodeQR } from "qr/decode.js";
const { width, height, dark } = JSON.parse(process.argv[1]);
const data = new Uint8Array(width * height * 4).fill(255);
for (const at of dark) data.fill(0, at * 4, at * 4 + 3);
console.log(JSON.stringify(decodeQR({ width, height, data })));
"""
SCALE = 4  # pixels a module


def ask_for_account(visitor: Person, name: str) -> None:
    """Up to the recovery kit."""
    visitor.go("/register")
    visitor.page.get_by_label("Account name").fill(name)
    visitor.page.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.page.get_by_label("The same again").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Create the account").click()
    expect(visitor.page.locator("[data-ready=true]")).to_be_visible()


def groups_of(visitor: Person) -> list[str]:
    shown = visitor.page.get_by_test_id("recovery-key").locator("[data-group]")
    return [str(group.get_attribute("data-group")) for group in shown.all()]


def client_of(server: Server, folder: Path) -> Client:
    return Client(folder, server.url, server.pin, password=PASSWORD)


def section(visitor: Person, title: str) -> Locator:
    heading = visitor.page.get_by_role("heading", level=2, name=title, exact=True)
    return visitor.page.locator("section").filter(has=heading)


# --- the recovery kit --------------------------------------------------------------------------


def test_the_kit_as_a_pdf_has_all_that_is_needed_to_restore(
    visitor: Person, server: Server, tmp_path: Path
) -> None:
    ask_for_account(visitor, "Zoë Łukasz")
    groups = groups_of(visitor)
    with visitor.page.expect_download() as saved:
        visitor.page.get_by_role("button", name="Save as PDF").click()

    saved.value.save_as(tmp_path / "kit.pdf")
    (page,) = PdfReader(tmp_path / "kit.pdf").pages
    text = page.extract_text()
    assert saved.value.suggested_filename == "recovery-kit-Zoë Łukasz.pdf"
    assert len(groups) == 9
    for needed in (*groups, server.url, "What to do with it", "Nobody else can recover it"):
        assert needed in text
    assert server.pin in text.replace(" ", "").replace("\n", "")
    assert len(page.images) == 1  # the name: the fonts of a PDF have no Polish letter


def test_the_qr_code_holds_account_server_and_key(visitor: Person, server: Server) -> None:
    ask_for_account(visitor, "quentin")

    found = read_qr(visitor.page.get_by_test_id("qr-code"))

    assert found.split("\n") == [
        "CSB-RECOVERY-1",
        "quentin",
        server.url,
        "-".join(groups_of(visitor)),
    ]


def read_qr(code: Locator) -> str:
    """What a scanner reads of the code as it is drawn."""
    side = int(str(code.get_attribute("viewBox")).split()[2])
    path = str(code.locator("path").last.get_attribute("d"))
    width = side * SCALE
    dark = [
        (int(y) * SCALE + down) * width + int(x) * SCALE + right
        for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path)
        for down in range(SCALE)
        for right in range(SCALE)
    ]
    picture = json.dumps({"width": width, "height": width, "dark": dark})
    command = [str(find_node() / "node"), "--input-type=module", "-e", READ_QR, picture]
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout))


def test_what_is_printed_is_the_kit_alone(visitor: Person, server: Server) -> None:
    ask_for_account(visitor, "printer")

    visitor.page.emulate_media(media="print")

    expect(visitor.page.get_by_text("What to do with it")).to_be_visible()
    expect(visitor.page.get_by_test_id("qr-code")).to_be_visible()
    expect(visitor.page.locator("[data-print]")).to_contain_text(server.pin[:8])
    for unwanted in (visitor.page.get_by_role("button"), visitor.page.locator("header")):
        assert [one for one in unwanted.all() if one.is_visible()] == []


def test_the_text_of_a_scanned_code_signs_in(visitor: Person) -> None:
    shown = register(visitor, "scanner")
    expect(visitor.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()
    sign_out(visitor)
    visitor.go("/sign-in")
    visitor.page.get_by_role("button", name="Use the recovery key instead").click()

    code = f"CSB-RECOVERY-1\nscanner\n{visitor.url}\n{shown}"
    visitor.page.get_by_label("Recovery key").fill(code)
    visitor.page.locator("main").get_by_role("button", name="Sign in").click()

    expect(visitor.page.get_by_role("heading", name="Choose a new password")).to_be_visible()


def test_a_suggested_passphrase_is_strong_and_has_to_be_typed_again(visitor: Person) -> None:
    visitor.go("/register")
    visitor.page.get_by_label("Account name").fill("wordy")
    visitor.page.get_by_role("button", name="Suggest a passphrase").click()
    first = visitor.page.get_by_test_id("passphrase").inner_text()
    visitor.page.get_by_role("button", name="Another one").click()
    expect(visitor.page.get_by_test_id("passphrase")).not_to_have_text(first)
    words = visitor.page.get_by_test_id("passphrase").inner_text()

    visitor.page.get_by_role("button", name="Use it").click()

    assert len(words.split()) == 5
    expect(visitor.page.get_by_text("Very strong")).to_be_visible()
    create = visitor.page.get_by_role("button", name="Create the account")
    expect(create).to_be_disabled()
    visitor.page.get_by_label("The same again").fill(words)
    expect(create).to_be_enabled()


# --- the first admin ---------------------------------------------------------------------------


def test_the_first_admin_is_led_from_the_link_to_the_first_device(
    browser: Browser, tmp_path: Path
) -> None:
    with start_server(tmp_path / "data", CSB_SERVER_NAME="attic") as fresh:
        code = first_code(fresh)
        with person(browser, fresh.url) as boss:
            boss.go(f"/setup?code={code}")
            for shown in ("attic", fresh.url, fresh.pin):
                expect(boss.page.locator("main").get_by_text(shown, exact=True)).to_be_visible()
            boss.page.get_by_role("button", name="They are the same, go on").click()
            expect(boss.page.locator("[aria-current=step]")).to_contain_text("Account")
            boss.page.get_by_label("Account name").fill("boss")
            boss.page.get_by_label("Password", exact=True).fill(PASSWORD)
            boss.page.get_by_label("The same again").fill(PASSWORD)
            boss.page.get_by_role("button", name="Create the account").click()
            keep_recovery_kit(boss)

            expect(boss.page.get_by_text("Everybody in the server's own network")).to_be_visible()
            boss.page.get_by_role("link", name="Add a device").click()
            expect(boss.page.get_by_text("csb login")).to_contain_text("--account boss")
            boss.go("/admin/server")
            expect(boss.page.get_by_text(str(tmp_path / "data"))).to_be_visible()
            boss.go("/account")
            boss.page.get_by_role("button", name="Delete the account").click()
            expect(boss.page.get_by_role("dialog")).to_contain_text("You are the only admin")
            assert boss.unexpected_complaints() == []


def first_code(server: Server) -> str:
    """The one of the link that the server prints when it starts."""
    while "setup?code=" not in server.output:
        assert server.process.poll() is None
    return server.output.partition("setup?code=")[2].split()[0]


def test_a_link_without_its_code_says_so(visitor: Person) -> None:
    visitor.go("/setup")

    expect(visitor.page.get_by_text("This link is not complete")).to_be_visible()


# --- sessions and devices ----------------------------------------------------------------------


def test_a_session_that_is_ended_elsewhere_is_over(
    visitor: Person, browser: Browser, server: Server
) -> None:
    register(visitor, "sessy")
    expect(visitor.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()
    with person(browser, server.url) as far:
        sign_in(far, "sessy")
        expect(far.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()
        visitor.go("/account")
        rows = section(visitor, "Where you are signed in").get_by_role("row")
        expect(rows).to_have_count(3)  # with the titles
        expect(rows.filter(has_text="this one")).to_contain_text("Chrome on Linux")
        expect(rows.filter(has_text="this one")).to_contain_text("127.0.0.1")

        visitor.page.get_by_role("button", name="End: Chrome on Linux").click()

        expect(rows).to_have_count(2)
        expect(far.page.get_by_text("Your session has ended")).to_be_visible(timeout=30_000)


def test_all_other_sessions_end_after_a_question(
    visitor: Person, server: Server, tmp_path: Path
) -> None:
    register(visitor, "many")
    expect(visitor.page.get_by_role("heading", name="Nothing is protected yet")).to_be_visible()
    for number in range(2):
        client_of(server, tmp_path / str(number)).login("many", device=f"desk-{number}")
    visitor.go("/account")
    others = section(visitor, "Where you are signed in").get_by_role("button", name="End all")
    if others.count():  # the client ends its own sessions when it is done
        others.click()
        dialog = visitor.page.get_by_role("dialog")
        expect(dialog).to_contain_text("Devices go on backing up")
        dialog.get_by_role("button", name="End them").click()

    expect(section(visitor, "Where you are signed in").get_by_role("row")).to_have_count(2)


def test_a_device_is_renamed_and_its_client_goes_on(
    visitor: Person, server: Server, tmp_path: Path, home: Path
) -> None:
    client = client_of(server, tmp_path / "state")
    client.register("renamer", device="laptop")
    client_of(server, tmp_path / "other").login("renamer", device="desk")
    client.run("add", str(home))
    client.backup()
    sign_in(visitor, "renamer")
    expect(visitor.page.get_by_role("link", name="laptop")).to_be_visible()
    visitor.go("/account")
    visitor.page.get_by_role("button", name="Rename: laptop").click()
    dialog = visitor.page.get_by_role("dialog")

    dialog.get_by_label("New name").fill("desk")
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog).to_contain_text("You have a device of that name already")
    dialog.get_by_label("New name").fill("<b>Küche & more")
    dialog.get_by_role("button", name="Rename").click()

    expect(visitor.page.get_by_role("link", name="<b>Küche & more")).to_be_visible()
    client.backup()
    taken = client_of(server, tmp_path / "new")
    taken.login("renamer", device="Küche 2", take_over="<b>Küche & more")


def test_a_device_is_revoked_from_the_account_page(
    visitor: Person, server: Server, tmp_path: Path
) -> None:
    client_of(server, tmp_path / "state").register("revoker", device="laptop")
    sign_in(visitor, "revoker")
    expect(visitor.page.get_by_role("link", name="laptop")).to_be_visible()
    visitor.go("/account")

    visitor.page.get_by_role("button", name="Revoke this device: laptop").click()
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its snapshots stay")
    dialog.get_by_role("button", name="Revoke", exact=True).click()

    expect(section(visitor, "Devices").locator("[data-state=revoked]")).to_be_visible()


# --- the data, and the end ---------------------------------------------------------------------


def test_the_export_is_one_file_with_devices_and_snapshots(
    visitor: Person, server: Server, tmp_path: Path, home: Path
) -> None:
    client = client_of(server, tmp_path / "state")
    client.register("exporter", device="laptop")
    client.run("add", str(home))
    client.backup()
    sign_in(visitor, "exporter")
    expect(visitor.page.get_by_role("link", name="laptop")).to_be_visible()
    visitor.go("/account")

    with visitor.page.expect_download() as saved:
        visitor.page.get_by_role("link", name="Download the file").click()

    saved.value.save_as(tmp_path / "export.json")
    found = json.loads((tmp_path / "export.json").read_text("utf-8"))
    assert found["account"]["name"] == "exporter"
    assert [len(device["snapshots"]) for device in found["devices"]] == [1]


def test_an_account_is_deleted_with_proof_and_kept_after_all(
    visitor: Person, server: Server, tmp_path: Path, home: Path
) -> None:
    client = client_of(server, tmp_path / "state")
    client.register("leaver", device="laptop")
    client.run("add", str(home))
    client.backup()
    sign_in(visitor, "leaver")
    expect(visitor.page.get_by_role("link", name="laptop")).to_be_visible()
    visitor.go("/account")

    visitor.page.get_by_role("button", name="Delete the account").click()
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 device, which can back up no more")
    expect(dialog).to_contain_text("1 snapshot")
    submit = dialog.get_by_role("button", name="Delete everything")
    dialog.get_by_label("Current password").fill("not the password")
    expect(submit).to_be_disabled()  # the name is not typed yet
    dialog.get_by_label("Type the account's name").fill("leaver")
    submit.click()
    expect(dialog.get_by_text("the password is wrong")).to_be_visible(timeout=30_000)
    dialog.get_by_label("Current password").fill(PASSWORD)
    submit.click()

    notice = visitor.page.get_by_role("alert").filter(has_text="going to be deleted")
    expect(notice).to_be_visible(timeout=30_000)  # the proof takes a while
    assert "going to be deleted" in client.run("backup", code=None).said
    visitor.go("/")
    notice.get_by_role("button", name="Keep the account").click()
    expect(notice).to_have_count(0)
    client.backup()
    assert visitor.unexpected_complaints() == []


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_set_up_kit_and_account_fit_a_phone(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    with (
        start_server(tmp_path / "data") as fresh,
        person(browser, fresh.url, size=PHONE, language=language, scheme="dark") as somebody,
    ):
        wide = []

        def look(place: str) -> None:
            somebody.page.wait_for_load_state("networkidle")
            if somebody.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(place)

        somebody.go(f"/setup?code={first_code(fresh)}")
        look("welcome")
        somebody.page.locator("main button").last.click()
        somebody.page.locator("main input").nth(0).fill("a-name-of-an-account-that-is-rather-long")
        somebody.page.locator("main input").nth(1).fill(PASSWORD)
        somebody.page.locator("main input").nth(2).fill(PASSWORD)
        look("account")
        somebody.page.locator("main button[type=submit]").click()
        expect(somebody.page.locator("[data-ready=true]")).to_be_visible()
        look("kit")

        assert wide == []
