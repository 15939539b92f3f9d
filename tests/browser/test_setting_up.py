"""From an installed client to a running backup, by clicks: a real server, `csb setup`, Chromium."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from support.axe import violations
from support.browser import PHONE, Person, person
from support.enrolling import SettingUp, setting_up
from support.file_systems import open_place
from support.nasty_kinds import NOBODY
from support.processes import Client, Server
from support.users import Python, UserClient, python_for_everybody
from support.web_app import PASSWORD, keep_recovery_kit, register, sign_in

Scheme = Literal["light", "dark"]
SHOTS = os.environ.get("CSB_SHOTS", "")


@dataclass
class Watch:
    """How many things a person did, and how long it took."""

    started: float = field(default_factory=time.monotonic)
    steps: list[str] = field(default_factory=list)

    def step(self, what: str) -> None:
        self.steps.append(f"{time.monotonic() - self.started:5.1f} s  {what}")

    def tell(self, title: str) -> None:
        print(f"\n{title}: {len(self.steps)} steps")
        print("\n".join(self.steps))


def shoot(page: Page, name: str) -> None:
    """A picture for people, where somebody wants them."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture(scope="module")
def python() -> Iterator[Python]:
    with open_place("csb-setup-python-") as place, python_for_everybody(place) as everybodys:
        yield everybodys


@pytest.fixture
def machine(server: Server, python: Python) -> Iterator[Client]:
    """An ordinary person's machine, on which the client is installed, and nothing else done."""
    with open_place("csb-setup-") as place:
        yield make_machine(place / "home", server, python)


def make_machine(home: Path, server: Server, python: Python) -> Client:
    for name in ("Documents/letter.txt", "Pictures/cat.jpg", "Documents/work/node_modules/x.js"):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(1_200_000) if name.endswith("x.js") else name.encode())
    client = UserClient(home / "state", server.url, server.pin, python=python)
    client.environment = {"BROWSER": "/bin/true"}
    client.home.mkdir()
    for path in (home, *home.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    return client


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[Person]:
    with person(browser, server.url) as somebody:
        yield somebody


def open_address(visitor: Person, running: SettingUp) -> None:
    """As the client opens the browser: its own page, which leads to the server's."""
    page = visitor.page
    page.goto(running.address())
    page.wait_for_selector("#details-button, #main h1")
    if page.locator("#details-button").count():  # the browser's warning, which people click away
        page.click("#details-button")
        page.click("#proceed-link")
    page.wait_for_selector("#main h1")


def test_a_new_person_sets_a_machine_up_by_clicks_alone(visitor: Person, machine: Client) -> None:
    page, watch = visitor.page, Watch()

    with setting_up(machine, "--name", "laptop", CSB_OPEN_SECONDS="2") as running:
        open_address(visitor, running)
        shoot(page, "1-sign-in-first")
        page.get_by_role("link", name="Create an account").click()
        watch.step("asked for a new account")
        page.get_by_label("Account name").fill("clara")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Create the account").click()
        watch.step("named it, with a password")
        expect(page.get_by_test_id("recovery-key")).to_be_visible()
        keep_recovery_kit(visitor)
        watch.step("kept the recovery kit")
        agree(page)
        watch.step("agreed, with the password")
        start_backing_up(page)
        watch.step("began the backup of what was ticked")
        expect(page.get_by_role("heading", name="You are protected")).to_be_visible(timeout=30_000)
        shoot(page, "5-protected")
        watch.step("is protected")
        assert running.end() == 0, "".join(running.lines)

    watch.tell("a new person, from an installed client to a whole backup")
    assert len(watch.steps) == 6
    names = {one["name"].rpartition("/")[2] for one in machine.run("ls", "--json").json}
    assert names == {"Documents", "Pictures"}
    assert machine.run("find", "x.js", "--json", code=None).json == []


def test_who_has_an_account_needs_three_steps(visitor: Person, machine: Client) -> None:
    register(visitor, "dora")
    page, watch = visitor.page, Watch()

    with setting_up(machine, "--name", "desk", CSB_OPEN_SECONDS="2") as running:
        open_address(visitor, running)
        agree(page)
        watch.step("agreed, with the password")
        start_backing_up(page)
        watch.step("began the backup of what was ticked")
        expect(page.get_by_role("heading", name="You are protected")).to_be_visible(timeout=30_000)
        watch.step("is protected")
        assert running.end() == 0

    watch.tell("a signed-in person")


def agree(page: Page) -> None:
    expect(page.get_by_role("heading", name="This device wants to back up")).to_be_visible()
    shoot(page, "2-agree")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="What to back up")).to_be_visible(timeout=20_000)


def start_backing_up(page: Page) -> None:
    expect(page.get_by_label("Leave out").get_by_text("Packages of Node.js")).to_be_visible()
    shoot(page, "3-choosing")
    page.get_by_role("button", name="Start backing up").click()


def test_a_code_is_typed_and_never_shown(visitor: Person, machine: Client) -> None:
    register(visitor, "emil")
    page = visitor.page

    with setting_up(machine, "--no-browser", "--name", "attic", "--yes") as running:
        code = running.code()
        visitor.go("/enrol")
        assert code not in page.content()
        page.get_by_label("Code").fill(mistyped(code))
        page.get_by_role("button", name="Find the device").click()
        expect(page.get_by_text("No device that waits shows this code")).to_be_visible()
        page.get_by_label("Code").fill(code.lower())
        page.get_by_role("button", name="Find the device").click()
        expect(page.get_by_text("attic")).to_be_visible()
        shoot(page, "6-code-agree")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Set it up").click()
        expect(page.get_by_role("heading", name="attic is set up")).to_be_visible(timeout=20_000)
        assert running.end() == 0, "".join(running.lines)

    assert machine.run("status", "--json").json["account"] == "emil"


def mistyped(code: str) -> str:
    """Another last letter."""
    return code[:-1] + ("A" if code[-1] != "A" else "B")


def test_a_wrong_password_sets_nothing_up(visitor: Person, machine: Client) -> None:
    register(visitor, "frida")
    page = visitor.page

    with setting_up(machine) as running:
        open_address(visitor, running)
        page.get_by_label("Password", exact=True).fill("not the password at all")
        page.get_by_role("button", name="Set it up").click()
        expect(page.get_by_text("The password is wrong.")).to_be_visible(timeout=20_000)

    assert not (machine.home / "device.json").exists()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_for_everybody(
    browser: Browser, server: Server, machine: Client, tmp_path: Path, scheme: Scheme
) -> None:
    old = Client(tmp_path / "old", server.url, server.pin, password=PASSWORD)
    old.register(f"gerda-{scheme}", device="altes Notebook")

    with (
        person(browser, server.url, size=PHONE, scheme=scheme, language="de-DE") as visitor,
        setting_up(machine, "--name", "Küche", CSB_OPEN_SECONDS="2") as running,
    ):
        page = visitor.page
        open_address(visitor, running)
        look(page, f"phone-{scheme}-1-sign-in")
        page.get_by_role("link", name="Anmelden").click()
        page.get_by_label("Kontoname").fill(f"gerda-{scheme}")
        page.get_by_label("Passwort", exact=True).fill(PASSWORD)
        page.locator("main").get_by_role("button", name="Anmelden").click()
        expect(page.get_by_role("radio", name="Es ersetzt eines")).to_be_visible()
        page.get_by_role("radio", name="Es ersetzt eines").check()
        look(page, f"phone-{scheme}-2-replaces")
        page.get_by_role("radio", name="Ein neues").check()
        look(page, f"phone-{scheme}-3-agree")
        page.get_by_label("Passwort", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Einrichten").click()
        expect(page.get_by_text("Pakete von Node.js")).to_be_visible(timeout=20_000)
        look(page, f"phone-{scheme}-4-choosing")
        page.get_by_role("button", name="Weiteren Ordner").click()
        expect(page.get_by_role("button", name="Diesen Ordner hinzufügen")).to_be_visible()
        look(page, f"phone-{scheme}-5-folder")
        page.get_by_role("button", name="Abbrechen").click()
        page.get_by_role("button", name="Sicherung beginnen").click()
        expect(page.get_by_role("heading", name="Sie sind geschützt")).to_be_visible(timeout=30_000)
        look(page, f"phone-{scheme}-6-protected")
        visitor.go("/enrol")
        expect(page.get_by_label("Gerätecode")).to_be_visible()
        look(page, f"phone-{scheme}-7-code")

    assert visitor.unexpected_complaints() == []


def look(page: Page, name: str) -> None:
    shoot(page, name)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_device_takes_over_from_a_lost_one(
    visitor: Person, server: Server, machine: Client, tmp_path: Path
) -> None:
    lost = Client(tmp_path / "lost", server.url, server.pin, password=PASSWORD)
    papers = machine.home.parent / "Documents"
    lost.register("hanna", device="lost laptop")
    lost.run("add", str(papers))
    lost.backup()
    page = visitor.page

    with setting_up(machine, CSB_OPEN_SECONDS="2") as running:
        sign_in(visitor, "hanna")
        expect(page.get_by_role("link", name="lost laptop")).to_be_visible()
        open_address(visitor, running)
        page.get_by_role("radio", name="It replaces").check()
        agree(page)
        expect(page.get_by_label(str(papers))).to_be_checked()
        page.get_by_role("button", name="Start backing up").click()
        expect(page.get_by_role("heading", name="You are protected")).to_be_visible(timeout=30_000)

    assert len(machine.run("snapshots", "--json").json) == 2
    assert lost.run("backup", code=2).said.count("token-refused") == 1
