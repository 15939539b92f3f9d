"""Every page and dialog of the web app, and how a person comes to see it.

Whoever adds a page or a dialog adds it here: it is then checked by axe, and photographed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from playwright.sync_api import expect

from support.axe import SETTLED
from support.browser import Person
from support.web_app import PASSWORD

UNLOCKED_WITHIN_MS = 30_000


@dataclass(frozen=True)
class View:
    """`place` is its address; a device's name in braces stands for its id.

    `act` is what to do there until it shows; in English, unless it says otherwise.
    """

    name: str
    place: str
    act: Callable[[Person], None] | None = None
    in_any_language: bool = False

    def open(self, person: Person, devices: Mapping[str, str] | None = None) -> None:
        person.page.keyboard.press("Escape")  # a dialog of the view before
        person.go("/nowhere")  # so that a page that stands open starts afresh
        person.go(self.place.format_map(devices or {}))
        settle(person)
        if self.act:
            self.act(person)
            settle(person)


def settle(person: Person) -> None:
    """Until the page of the new address stands there, with what it had to fetch."""
    person.page.evaluate(SETTLED)
    expect(person.page.get_by_role("heading", level=1).first).to_be_visible()
    expect(person.page.locator(".mantine-Skeleton-root")).to_have_count(0)
    person.page.wait_for_load_state("networkidle")


def press(name: str | re.Pattern[str]) -> Callable[[Person], None]:
    return lambda person: person.page.get_by_role("button", name=name).first.click()


def type_a_bad_password(person: Person) -> None:
    person.page.get_by_label("Account name").fill("judy")
    person.page.get_by_label("Password", exact=True).fill("password1234")
    person.page.get_by_label("The same again").fill("password12")
    expect(person.page.get_by_text("too easy to guess")).to_be_visible()


def make_an_account(person: Person) -> None:
    fields = person.page.locator("main form input")
    for at, text in enumerate((f"anna-{secrets.token_hex(3)}", PASSWORD, PASSWORD)):
        fields.nth(at).fill(text)
    person.page.locator("main button[type=submit]").click()
    expect(person.page.get_by_test_id("recovery-key")).to_be_visible()


def sign_in_wrongly(person: Person) -> None:
    person.page.get_by_label("Account name").fill("nobody")
    person.page.get_by_label("Password", exact=True).fill(PASSWORD)
    person.page.locator("main").get_by_role("button", name="Sign in").click()
    expect(person.page.get_by_role("alert")).to_be_visible()


def choose_everything(person: Person) -> None:
    person.page.get_by_role("checkbox", name="Select everything shown").check()


def ask_to_download(person: Person) -> None:
    choose_everything(person)
    restore = person.page.get_by_role("group", name="Restore")
    restore.get_by_role("button", name="Download").click()
    expect(person.page.get_by_role("dialog")).to_be_visible()


def ask_to_put_back(person: Person) -> None:
    choose_everything(person)
    person.page.get_by_role("button", name="Put it back on a device").click()
    expect(person.page.get_by_role("dialog")).to_be_visible()


def unlock(person: Person) -> None:
    """Nothing to do once it was done: the page keeps it."""
    lock = person.page.locator("[data-lock]")
    if lock.get_attribute("data-lock") == "locked":
        lock.click()
        asked = person.page.get_by_role("dialog")
        asked.get_by_label("Password", exact=True).fill(PASSWORD)
        asked.get_by_role("button", name="Unlock", exact=True).click()
    open_lock = person.page.locator("[data-lock=open]")
    expect(open_lock).to_be_visible(timeout=UNLOCKED_WITHIN_MS)


def look_at_a_file(person: Person) -> None:
    unlock(person)
    for name in ("home", "Documents", "Letters"):
        folder = re.compile(f"{name}$")
        person.page.get_by_role("grid").get_by_role("link", name=folder).click()
    person.page.get_by_role("button", name=re.compile("^Look at ")).first.click()
    shown = person.page.get_by_role("dialog")
    expect(shown.locator("pre, img, iframe, audio, video").first).to_be_visible()


def read_an_order(person: Person) -> None:
    ask_to_put_back(person)
    person.page.get_by_role("button", name="Go on").click()
    expect(person.page.get_by_role("button", name="Send the order")).to_be_visible()


def download_something(person: Person) -> None:
    unlock(person)
    person.page.get_by_role("checkbox", name=re.compile("^Select (?!every)")).last.check()
    restore = person.page.get_by_role("group", name="Restore")
    restore.get_by_role("button", name="Download").click()
    expect(person.page.locator("[data-download=done]")).to_be_visible(timeout=UNLOCKED_WITHIN_MS)


def open_versions(person: Person) -> None:
    results = person.page.get_by_role("region", name="Search results")
    results.get_by_role("link").first.click()
    expect(person.page.get_by_role("region", name=re.compile("^History of"))).to_be_visible()


STRANGERS = (
    View("front-door", "/"),
    View("sign-in", "/sign-in"),
    View("sign-in-refused", "/sign-in", sign_in_wrongly),
    View("sign-in-recovery", "/sign-in", press("Use the recovery key instead")),
    View("register", "/register"),
    View("register-weak", "/register", type_a_bad_password),
    View("recovery-kit", "/register", make_an_account, in_any_language=True),
    View("register-passphrase", "/register", press("Suggest a passphrase")),
    View("setup", "/setup?code=not-valid"),
    View("setup-account", "/setup?code=not-valid", press("They are the same, go on")),
    View("setup-incomplete", "/setup"),
    View("add-device", "/add-device"),
    View("language-menu", "/sign-in", press("Language")),
)


# What somebody sees who is signed in, and an admin.
OWNERS = (
    View("devices", "/"),
    View("device", "/devices/{laptop}"),
    View("device-earlier", "/devices/{laptop}/snapshots/10"),
    View("device-selection", "/devices/{laptop}", choose_everything),
    View("device-changes", "/devices/{laptop}/snapshots/22?view=changes&since=1"),
    View("device-problems", "/devices/{laptop}/snapshots/22?view=problems"),
    View("device-snapshots", "/devices/{laptop}?view=snapshots"),
    View("device-search", "/devices/{laptop}?search=landlord"),
    View("device-versions", "/devices/{laptop}?search=landlord", open_versions),
    View("unlock", "/devices/{laptop}", ask_to_download),
    View("put-back", "/devices/{laptop}", ask_to_put_back),
    View("put-back-summary", "/devices/{laptop}", read_an_order),
    View("restores", "/restores"),
    View("device-never", "/devices/{new desk}"),
    View("device-overdue", "/devices/{Küchen-PC}"),
    View("device-revoke", "/devices/{laptop}", press("Revoke this device")),
    View("settings", "/devices/{laptop}/settings"),
    View("settings-template", "/templates", press("New template")),
    View("admin-settings", "/admin/devices/{laptop}/settings"),
    View("admin-templates", "/admin/templates"),
    View("device-unknown", f"/devices/{'0' * 32}"),
    View("account", "/account"),
    View("account-password", "/account", press("Change the password")),
    View("account-rename", "/account", press(re.compile("^Rename: "))),
    View("account-delete", "/account", press("Delete the account")),
    View("admin-devices", "/admin"),
    View("admin-accounts", "/admin/accounts"),
    View("admin-server", "/admin/server"),
    View("admin-device", "/admin/devices/{laptop}"),
    View("not-found", "/no/such/page"),
    # From here on the files are unlocked, and a download is in sight.
    View("unlocked", "/devices/{laptop}", unlock),
    View("look", "/devices/{laptop}/snapshots/22", look_at_a_file),
    View("downloads", "/devices/{laptop}/snapshots/22", download_something),
)


def devices_of(person: Person) -> dict[str, str]:
    """The ids of the devices of whoever is signed in, by name."""
    ask = "fetch('/api/v1/devices').then(answer => answer.json())"
    return {one["name"]: one["device"] for one in person.page.evaluate(ask)["devices"]}
