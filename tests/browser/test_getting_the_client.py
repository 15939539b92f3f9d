"""Getting the client at the front door: what is offered, what travels along, what the page sees."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from support.axe import violations
from support.browser import PHONE, Person, person
from support.processes import Server, start_server
from support.released import Machine, make_release
from support.restoring import open_place
from support.web_app import register


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    release = make_release(tmp_path_factory.mktemp("made"), weight=100_000)
    with start_server(tmp_path_factory.mktemp("getting") / "data") as running:
        running.admin("releases", "add", str(release))
        yield running


def begin(visitor: Person) -> str:
    """The command that the front door gives."""
    visitor.go("/")
    visitor.page.get_by_role("button", name="Get the client").click()
    return visitor.page.get_by_text("curl -fsSk --pinnedpubkey").first.inner_text()


def test_three_steps_from_the_front_door_to_a_machine_that_has_the_client(
    visitor: Person,
) -> None:
    with open_place() as place:
        machine = Machine(place / "home")
        command = begin(visitor)
        steps = visitor.page.locator("ol > li > h3").all_inner_texts()
        expect(visitor.page.get_by_text("Waiting for your machine")).to_be_visible()

        machine.shell(command)

        fetched = visitor.page.get_by_text("Your machine has fetched the client")
        expect(fetched).to_be_visible(timeout=20_000)
        assert machine.shell(f"{machine.csb} version").out.startswith("csb ")
    assert len(steps) == 3
    assert visitor.page.get_by_text("Release 1.4.0").is_visible()


def test_files_for_this_machine_and_for_others_can_be_taken_away(visitor: Person) -> None:
    begin(visitor)
    visitor.page.get_by_text("Or as a file, for Linux, 64-bit Intel or AMD").click()

    with visitor.page.expect_download() as started:
        visitor.page.get_by_role("link", name="csb-1.4.0-linux-amd64.tar").click()
    visitor.page.get_by_text("For another machine").click()

    content = Path(started.value.path()).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert "csb-1.4.0/server.json" in archive.getnames()
    expect(visitor.page.get_by_role("link", name="csb-1.4.0-linux-armv7.run")).to_be_visible()


def test_the_front_door_makes_no_code_before_somebody_asks(visitor: Person) -> None:
    visitor.go("/")
    expect(visitor.page.get_by_role("button", name="Get the client")).to_be_visible()

    assert not [one for one in visitor.sent if "/api/v1/downloads" in one]


def test_who_is_signed_in_gets_a_code_of_the_own_account(visitor: Person) -> None:
    register(visitor, "anna")
    visitor.go("/add-device")

    expect(visitor.page.get_by_text("curl -fsSk --pinnedpubkey").first).to_be_visible()
    expect(visitor.page.get_by_text("Approve the machine in the browser")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_axe_finds_nothing(
    browser: Browser, server: Server, scheme: str
) -> None:
    with person(browser, server.url, size=PHONE, language="de-DE", scheme=scheme) as visitor:  # type: ignore[arg-type]
        visitor.go("/")
        visitor.page.get_by_role("button", name="Client holen").click()
        visitor.page.get_by_text("Oder als Datei").click()
        expect(visitor.page.get_by_text("Warten auf Ihr Gerät")).to_be_visible()

        wide = visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        assert violations(visitor.page) == []


def test_a_server_without_releases_offers_the_way_with_python(
    browser: Browser, tmp_path: Path
) -> None:
    with start_server(tmp_path / "data") as empty, person(browser, empty.url) as visitor:
        visitor.go("/")

        expect(visitor.page.get_by_text("has no ready-made client yet")).to_be_visible()
        install = visitor.page.get_by_text("curl -fsSk --pinnedpubkey")
        expect(install).to_contain_text("/client/install.sh | sh")
