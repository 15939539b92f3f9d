"""The whole story with what people install: from the server's page to a restored file, with a
stopwatch and a count of what a person does."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser import Person, chromium, person
from support.enrolling import SettingUp
from support.packages import Packages, own_version
from support.processes import start_server
from support.released import Machine, sign_release
from support.restoring import NOBODY, ROOT, open_place
from support.web_app import PASSWORD, keep_recovery_kit

MOST_SECONDS = 120
MOST_STEPS = 7
HAS_BROWSER = bool(os.environ.get("CSB_CHROMIUM") or shutil.which("chromium"))

pytestmark = pytest.mark.skipif(
    not (ROOT and HAS_BROWSER), reason="needs Chromium, and root for a clean account"
)


@dataclass
class Watch:
    """What a person did, and when."""

    started: float = field(default_factory=time.monotonic)
    steps: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def step(self, what: str) -> None:
        self.steps.append(f"{self.seconds:5.1f} s  {what}")


@pytest.fixture(scope="module")
def release(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built client as a signed release."""
    place = tmp_path_factory.mktemp("release") / own_version()
    place.mkdir()
    shutil.copy(packages.tarball(), place)
    shutil.copy(packages.debian_package(), place)
    files = {
        "linux-amd64": packages.tarball().name,
        "linux-amd64-deb": packages.debian_package().name,
    }
    sign_release(place, own_version(), files)
    return place


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Somebody's machine without Python: a home with files, few programs, a browser we lead."""
    with open_place() as place:
        made = Machine(place / "anna")
        for name, content in (("Documents/letter.txt", "Dear all"), ("Pictures/cat.jpg", "meow")):
            path = made.home / name
            path.parent.mkdir(parents=True)
            path.write_text(content)
        for path in (made.home, *made.home.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        made.environment = {"DISPLAY": ":9", "BROWSER": "/bin/true", "CSB_OPEN_SECONDS": "2"}
        yield made


def test_from_the_page_to_a_restored_file_in_seven_steps_and_two_minutes(
    release: Path, machine: Machine, tmp_path: Path
) -> None:
    with start_server(tmp_path / "data") as server, chromium() as browser:
        server.admin("releases", "add", str(release))
        with person(browser, server.url) as visitor:
            watch = Watch()
            protect(visitor, machine, watch)
            protected = watch.seconds
            restore = f"CSB_PASSWORD='{PASSWORD}' {machine.csb} restore --to {machine.home}/back"
            machine.shell(restore)
            watch.step("restored everything")

    print(
        "\n".join(["", f"from the page to a restored file: {len(watch.steps)} steps", *watch.steps])
    )
    assert (machine.home / "back" / "Documents" / "letter.txt").read_text() == "Dear all"
    assert len(watch.steps) <= MOST_STEPS + 1
    assert protected < MOST_SECONDS


def protect(visitor: Person, machine: Machine, watch: Watch) -> None:
    """From the front door to the end of the first backup; the installer leads to the set-up."""
    page = visitor.page
    visitor.go("/")
    page.get_by_role("button", name="Get the client").click()
    command = page.get_by_text("curl -fsSk --pinnedpubkey").first.inner_text()
    watch.step("asked for the client")
    process = machine.start(command)
    running = SettingUp(process, [])
    try:
        address = running.address()
        watch.step("ran the command in a terminal; the client is there")
        set_up(visitor, page, address, watch)
        assert running.end() == 0, "".join(running.lines)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def set_up(visitor: Person, page: Page, address: str, watch: Watch) -> None:
    page.goto(address)
    page.wait_for_selector("#main h1")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Account name").fill("anna")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    watch.step("made an account")
    expect(page.get_by_test_id("recovery-key")).to_be_visible(timeout=20_000)
    keep_recovery_kit(visitor)
    watch.step("kept the recovery kit")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", name="What to back up")).to_be_visible(timeout=30_000)
    watch.step("agreed to the device")
    page.get_by_role("button", name="Start backing up").click()
    expect(page.get_by_role("heading", name="You are protected")).to_be_visible(timeout=60_000)
    watch.step("chose the folders; the first backup is done")
