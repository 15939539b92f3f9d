"""An admin gives a release to one device first, then to all, and sees who went back and why."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from csbackup.client.config import Home
from csbackup.client.keyring import load_device
from support.axe import violations
from support.browser import PHONE, Person, person
from support.processes import Client, Server, start_server
from support.updating import release
from support.web_app import PASSWORD, sign_in

REASON = "It ended <b>again</b> and again before the server heard of it."
HERE = {
    "version": "0.1.0", "os": "Linux", "target": "linux-amd64", "update": {"state": "ready"},
}  # fmt: skip
BACK = {"state": "rolled-back", "version": "0.2.0", "code": "died", "reason": REASON}


@dataclass
class House:
    """A server with devices that say what they run, and an admin."""

    server: Server
    devices: dict[str, Client]

    def say(self, name: str, **changes: Any) -> None:
        """A device checks in."""
        device = self.devices[name]
        request = urllib.request.Request(
            f"{self.server.url}/api/v1/checkin",
            json.dumps(HERE | changes).encode(),
            {
                "Authorization": f"Bearer {load_device(Home(device.home)).token}",
                "Content-Type": "application/json",
            },
        )
        context = ssl.create_default_context(cafile=str(device.home / "ca.crt"))
        urllib.request.urlopen(request, context=context).close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    place = tmp_path_factory.mktemp("releases")
    with start_server(place / "data") as server:
        devices = {
            name: Client(place / name, server.url, server.pin, password=PASSWORD)
            for name in ("laptop", "tablet", "pc", "nas", "pi")
        }
        for name, client in devices.items():
            if name in ("laptop", "pc"):
                client.register("root" if name == "laptop" else "bert", device=name)
            else:
                client.login("bert" if name == "nas" else "root", device=name)
        server.admin("admin", "create", "root")
        for version in ("0.1.0", "0.2.0"):
            release(version, target="linux-amd64").write(place / "data/releases")
        broken = release("0.1.9", target="linux-amd64")
        broken.files[broken.bundle_name] += b"x"
        broken.write(place / "data/releases")
        house = House(server, devices)
        for name in ("laptop", "tablet", "pc"):
            house.say(name)
        house.say("pi", target="linux-armv7")
        house.say("nas", update={"state": "off", "code": "package", "reason": "By dpkg."})
        yield house


@pytest.fixture
def admin(browser: Browser, house: House) -> Iterator[Person]:
    with person(browser, house.server.url) as somebody:
        sign_in(somebody, "root")
        expect(somebody.page.get_by_role("heading", level=1)).to_be_visible()
        yield somebody
        assert somebody.unexpected_complaints() == []


def row(admin: Person, name: str) -> Locator:
    return admin.page.get_by_role("row").filter(has=admin.page.get_by_role("link", name=name))


def test_a_release_goes_to_one_device_then_to_all(admin: Person, house: House) -> None:
    page = admin.page
    admin.go("/admin/releases")
    expect(page.get_by_role("link", name="Versions")).to_have_attribute("aria-current", "page")
    expect(page.get_by_text("No update is given out.")).to_be_visible()
    expect(page.get_by_text("Not usable")).to_be_visible()

    page.get_by_role("button", name="Give out an update").click()
    expect(page.get_by_role("checkbox")).to_have_count(3)  # who can install it by itself
    page.get_by_role("checkbox", name="laptop").check()
    page.get_by_label("Go on to all after 24 hours").check()
    expect(page.get_by_text("goes to 1 device at the next contact")).to_be_visible()
    page.get_by_role("button", name="Give it to 1 device").click()

    expect(page.get_by_text("Version 0.2.0 goes to 1 first device.")).to_be_visible()
    expect(row(admin, "laptop")).to_contain_text("Will update")
    expect(row(admin, "tablet")).to_contain_text("Not yet")
    expect(row(admin, "pi")).to_contain_text("nothing for this kind of machine")
    expect(row(admin, "nas")).to_contain_text("A package manager updates it.")

    house.say("laptop", version="0.2.0")
    page.reload()
    expect(row(admin, "laptop")).to_contain_text("Up to date")
    expect(page.get_by_text("1 of 1 device runs it")).to_be_visible()
    page.get_by_role("button", name="Give it to all").click()
    expect(page.get_by_role("dialog")).to_contain_text("2 devices will get it")
    page.get_by_role("dialog").get_by_role("button", name="Give it to all").click()

    expect(page.get_by_text("Version 0.2.0 goes to all devices.")).to_be_visible()
    expect(row(admin, "tablet")).to_contain_text("Will update")


def test_who_went_back_is_shown_with_the_reason_as_text(admin: Person, house: House) -> None:
    house.say("pc", update=BACK)

    admin.go("/admin/releases")

    expect(row(admin, "pc")).to_contain_text("Went back")
    expect(row(admin, "pc")).to_contain_text(REASON)
    expect(admin.page.get_by_text("went back to the version before. See why")).to_be_visible()


def test_it_can_be_paused(admin: Person) -> None:
    admin.go("/admin/releases")

    admin.page.get_by_role("button", name="Pause").click()

    expect(admin.page.get_by_text("Version 0.2.0 is paused")).to_be_visible()
    expect(admin.page.get_by_text("paused 0.2.0")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 860), PHONE], ids=["desktop", "phone"])
def test_everybody_can_use_the_page(
    browser: Browser, house: House, size: tuple[int, int], scheme: Any
) -> None:
    with person(browser, house.server.url, size=size, scheme=scheme) as admin:
        sign_in(admin, "root")
        expect(admin.page.get_by_role("heading", level=1)).to_be_visible()
        admin.go("/admin/releases")
        expect(row(admin, "pc")).to_be_visible()

        assert violations(admin.page) == []
        width = admin.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0]
