"""Settings in the web: changed by their owner, by an admin, by a template; seen, and taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from csbackup.client.config import Home
from csbackup.client.keyring import load_device
from support.axe import violations
from support.browser import PHONE, Person, person
from support.processes import Client, Server, start_server
from support.web_app import PASSWORD, sign_in

SOON = 30_000
OVERHANG = "Math.max(0, document.documentElement.scrollWidth - innerWidth)"


@dataclass
class World:
    server: Server
    laptop: Client
    device: str
    home: Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = tmp_path_factory.mktemp("settings")
    home = place / "home"
    for name in ("Documents/Letters", "Pictures", "Music"):
        (home / name).mkdir(parents=True)
        (home / name / "a.txt").write_text(name)
    with start_server(place / "server") as server:
        laptop = Client(place / "laptop", server.url, server.pin, password=PASSWORD)
        laptop.register("ada", device="laptop")
        laptop.run("add", str(home))
        laptop.backup()
        boss = Client(place / "other", server.url, server.pin, password=PASSWORD)
        boss.register("boss", device="desk")
        server.admin("admin", "create", "boss")
        boss.run("settings", "unlock")  # tells what it has
        yield World(server, laptop, load_device(Home(laptop.home)).device.hex(), home)


@pytest.fixture
def ada(browser: Browser, world: World) -> Iterator[Person]:
    yield from signed_in(browser, world, "ada")


@pytest.fixture
def boss(browser: Browser, world: World) -> Iterator[Person]:
    yield from signed_in(browser, world, "boss")


def signed_in(browser: Browser, world: World, account: str) -> Iterator[Person]:
    with person(browser, world.server.url) as somebody:
        sign_in(somebody, account)
        expect(somebody.page.get_by_role("heading", level=1)).to_be_visible()
        yield somebody
        assert somebody.unexpected_complaints() == []


def open_settings(somebody: Person, world: World, *, scope: str = "") -> None:
    somebody.go(f"{scope}/devices/{world.device}/settings")
    expect(somebody.page.get_by_role("heading", level=2, name="Who changed what")).to_be_visible()


def part(somebody: Person, title: str) -> Locator:
    heading = somebody.page.get_by_role("heading", level=2, name=title, exact=True)
    return somebody.page.locator("section").filter(has=heading)


def save(somebody: Person, name: str = "Save") -> None:
    somebody.page.get_by_role("button", name="Review and save").click()
    somebody.page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
    expect(somebody.page.get_by_role("dialog")).to_have_count(0)


def state(somebody: Person) -> Locator:
    return somebody.page.locator("h1 [data-state]")


def test_a_person_changes_folders_exclusions_and_times_and_the_device_takes_them(
    ada: Person, world: World
) -> None:
    page = ada.page
    page.get_by_role("link", name="laptop").click()
    page.get_by_role("link", name="Settings").click()
    folders = part(ada, "Folders")
    folders.get_by_label("Path to add").fill(f"{world.home.parent}/Work/")
    folders.get_by_role("button", name="Add", exact=True).click()
    part(ada, "Left out").get_by_role("button", name="Disk images").click()
    when = part(ada, "When")
    when.get_by_label("Back up every", exact=True).fill("30")
    when.get_by_role("combobox", name="Back up every").select_option("minutes")
    when.get_by_role("button", name="Nights").click()

    save(ada, "Save all the same")  # what is left out narrows

    expect(state(ada)).to_have_text("Waits for the device")
    world.laptop.backup(code=None)
    expect(state(ada)).to_have_text("In force on the device", timeout=SOON)
    shown = world.laptop.run("settings", "--json").json["settings"]
    assert shown["roots"][-1]["path"] == f"{world.home.parent}/Work"
    assert shown["exclusions"] == ["*.iso", "*.img"]
    assert shown["schedule"]["every_minutes"] == 30
    assert shown["schedule"]["quiet_hours"][0]["begin"] == 22 * 60
    newest = page.locator("ol > li").first
    expect(newest).to_contain_text("You")
    expect(newest).to_contain_text("Work is not there")


def test_a_narrowing_change_is_named_before_it_is_saved(ada: Person, world: World) -> None:
    open_settings(ada, world)
    first = part(ada, "Folders").get_by_role("button", name=re.compile("^Remove")).first
    first.click()

    ada.page.get_by_role("button", name="Review and save").click()

    dialog = ada.page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("Less is backed up by this")
    expect(dialog).to_contain_text(f"{world.home} is no longer backed up")
    dialog.get_by_role("button", name="Go on editing").last.click()
    ada.page.get_by_role("button", name="Discard").click()
    expect(part(ada, "Folders").get_by_text(str(world.home), exact=True)).to_be_visible()


def test_a_folder_is_chosen_from_the_newest_snapshot(ada: Person, world: World) -> None:
    open_settings(ada, world)
    folders = part(ada, "Folders")
    folders.get_by_role("button", name=f"Remove {world.home}", exact=True).click()
    folders.get_by_role("button", name="Choose from the last snapshot").click()
    dialog = ada.page.get_by_role("dialog")
    dialog.get_by_role("button", name=str(world.home), exact=True).click()
    dialog.get_by_role("button", name=re.compile("Back up this folder: .*Documents$")).click()

    expect(dialog.get_by_text("Backed up", exact=True)).to_be_visible()
    ada.page.keyboard.press("Escape")

    expect(folders.get_by_text(f"{world.home}/Documents", exact=True)).to_be_visible()
    ada.page.get_by_role("button", name="Discard").click()


def test_quiet_hours_are_chosen_by_keyboard_alone(ada: Person, world: World) -> None:
    open_settings(ada, world)
    when = part(ada, "When")
    when.get_by_role("button", name="Clear").click()
    cell = when.get_by_role("gridcell", name="Monday, 0:00: backups may run")
    cell.focus()

    for key in ("ArrowDown", "ArrowRight", " ", "Shift+ArrowRight", "Shift+ArrowRight"):
        ada.page.keyboard.press(key)

    chosen = when.get_by_role("gridcell", selected=True)
    expect(chosen).to_have_count(3)
    expect(chosen.first).to_have_attribute("aria-label", "Tuesday, 1:00: quiet")
    expect(when.get_by_role("status")).to_contain_text("3 hours a week are quiet")
    ada.page.get_by_role("button", name="Discard").click()


def test_what_an_admin_changed_is_shown_until_the_owner_takes_it_back(
    ada: Person, boss: Person, world: World
) -> None:
    world.laptop.backup(code=None)
    open_settings(boss, world, scope="/admin")
    part(boss, "Folders").get_by_role("button", name=re.compile("^Remove")).last.click()
    boss.page.get_by_role("button", name="Review and save").click()
    dialog = boss.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its owner is shown this change")
    dialog.get_by_role("button", name="Save all the same").click()
    world.laptop.backup(code=None)
    ada.go(f"/devices/{world.device}")
    ada.page.get_by_role("link", name="Settings").click()
    notice = part(ada, "boss changed these settings")
    expect(notice).to_contain_text("Less is backed up since")

    notice.get_by_role("button", name="Take it back").click()

    expect(notice).to_have_count(0)
    world.laptop.backup(code=None)
    expect(state(ada)).to_have_text("In force on the device", timeout=SOON)
    expect(
        part(ada, "Folders").get_by_text(f"{world.home.parent}/Work", exact=True)
    ).to_be_visible()
    expect(ada.page.locator("ol > li").first).to_contain_text("took a change back")


def test_what_the_admin_decides_can_only_be_looked_at(
    ada: Person, boss: Person, world: World
) -> None:
    open_settings(boss, world, scope="/admin")
    owner = part(boss, "What the owner may change here")
    owner.get_by_label("Folders").uncheck()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_role("button", name="Save")).to_have_count(0)

    open_settings(ada, world)

    expect(part(ada, "Folders")).to_contain_text("The admin decides this.")
    expect(part(ada, "Folders").get_by_label("Path to add")).to_have_count(0)
    expect(part(ada, "Left out").get_by_label("Pattern to leave out")).to_be_visible()
    owner.get_by_label("Folders").check()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_role("button", name="Save")).to_have_count(0)


def test_a_template_is_made_and_its_devices_follow(boss: Person, world: World) -> None:
    world.laptop.backup(code=None)
    page = boss.page
    page.get_by_role("link", name="Admin").click()
    page.get_by_role("link", name="Templates").click()
    page.get_by_role("button", name="New template").click()
    page.get_by_label("Name").fill("Office & co.")
    page.get_by_label("When backups run").check(force=True)
    part(boss, "When").get_by_label("Back up every", exact=True).fill("4")
    page.get_by_label("ada / laptop").check()
    page.get_by_role("button", name="Save and stamp").click()
    card = page.get_by_role("region", name="Office & co.")
    expect(card).to_contain_text("ada / laptop")
    expect(card.locator("[data-state]")).to_have_text("Waits for the device")

    world.laptop.backup(code=None)

    expect(card.locator("[data-state]")).to_have_text("In force on the device", timeout=SOON)
    shown = world.laptop.run("settings", "--json", code=1).json["settings"]
    assert shown["schedule"]["every_minutes"] == 4 * 60
    card.get_by_role("button", name="Delete: Office & co.").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No template yet")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 860), PHONE], ids=["desktop", "phone"])
def test_nothing_stands_in_the_way_of_anybody_in_german_too(
    browser: Browser, world: World, size: tuple[int, int], scheme: str
) -> None:
    with person(
        browser,
        world.server.url,
        size=size,
        language="de-DE",
        scheme=scheme,  # type: ignore[arg-type]
    ) as erika:
        erika.go("/sign-in")
        erika.page.get_by_label("Kontoname").fill("boss")
        erika.page.get_by_label("Passwort", exact=True).fill(PASSWORD)
        erika.page.locator("main").get_by_role("button", name="Anmelden").click()
        expect(erika.page.get_by_role("heading", level=1)).to_be_visible()
        erika.go(f"/admin/devices/{world.device}/settings")
        expect(erika.page.get_by_role("heading", name="Wer was geändert hat")).to_be_visible()
        erika.page.get_by_role("button", name="Tageszeit hinzufügen").click()
        erika.page.get_by_label(re.compile("^Pfad zum")).fill("falsch")
        erika.page.get_by_role("button", name="Hinzufügen", exact=True).first.click()

        page_findings = violations(erika.page)
        erika.page.get_by_role("button", name="Prüfen und speichern").click()
        expect(erika.page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
        dialog_findings = violations(erika.page)
        erika.page.keyboard.press("Escape")
        wide = erika.page.evaluate(OVERHANG)
        erika.go("/admin/templates")
        erika.page.get_by_role("button", name="Neue Vorlage").click()
        for label in ("Welche Ordner", "Was ausgelassen", "Wann Backups", "Wie viel Kraft"):
            erika.page.get_by_label(re.compile(f"^{label}")).check(force=True)
        template_findings = violations(erika.page)
        wide += erika.page.evaluate(OVERHANG)

    assert (page_findings, dialog_findings, template_findings) == ([], [], [])
    assert wide == 0
