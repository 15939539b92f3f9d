"""What people do in the web app, said as they would say it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from support.browser import Person

PASSWORD = "lantern cobalt feather mosaic"


def register(person: Person, account: str, *, password: str = PASSWORD, code: str = "") -> str:
    """Make an account and keep the recovery kit; the recovery key as it was shown."""
    register_as_far_as_the_kit(person, account, password=password, code=code)
    return keep_recovery_kit(person)


def register_as_far_as_the_kit(
    person: Person, account: str, *, password: str = PASSWORD, code: str = ""
) -> None:
    if code:
        person.go(f"/setup?code={code}")
        person.page.get_by_role("button", name="They are the same, go on").click()
    else:
        person.go("/register")
    person.page.get_by_label("Account name").fill(account)
    person.page.get_by_label("Password", exact=True).fill(password)
    person.page.get_by_label("The same again").fill(password)
    person.page.get_by_role("button", name="Create the account").click()
    expect(person.page.get_by_test_id("recovery-key")).to_be_visible()


def keep_recovery_kit(person: Person) -> str:
    """Read the key that is shown, and type back the two groups that are asked for."""
    shown = person.page.get_by_test_id("recovery-key").locator("[data-group]")
    expect(shown).to_have_count(9)
    groups = [str(group.get_attribute("data-group")) for group in shown.all()]
    person.page.get_by_role("button", name="I have kept it").click()
    asked = person.page.get_by_label(re.compile(r"^Group \d$"))
    expect(asked).to_have_count(2)
    for field in asked.all():
        field.fill(groups[_number(person, field) - 1].lower())
    person.page.get_by_role("button", name="Check").click()
    return "-".join(groups)


def _number(person: Person, field: Locator) -> int:
    label = person.page.locator(f"label[for='{field.get_attribute('id')}']").inner_text()
    return int(label.removeprefix("Group "))


def sign_in(person: Person, account: str, password: str = PASSWORD) -> None:
    person.go("/sign-in")
    person.page.get_by_label("Account name").fill(account)
    person.page.get_by_label("Password", exact=True).fill(password)
    person.page.locator("main").get_by_role("button", name="Sign in").click()


def sign_out(person: Person) -> None:
    person.go("/account")
    person.page.get_by_role("button", name="Sign out").click()
    expect(person.page.get_by_role("link", name="Create an account")).to_be_visible()


def open_device(person: Person, name: str) -> None:
    """From the list of one's own devices to one of them."""
    person.go("/")
    person.page.get_by_role("link", name=name, exact=True).click()
    expect(person.page.get_by_role("heading", level=1, name=name)).to_be_visible()


def entry(person: Person, name: str) -> Locator:
    """The row of a file or folder in the folder browser."""
    cell = person.page.get_by_role("gridcell").filter(has_text=re.compile(f"^{re.escape(name)}$"))
    return person.page.get_by_role("row").filter(has=cell)
