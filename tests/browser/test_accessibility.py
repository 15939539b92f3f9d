"""axe finds nothing: on every page and dialog, light and dark, at a desktop and on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser

from support import axe
from support.browser import DESKTOP, PHONE, Person, person
from support.history import History
from support.views import OWNERS, STRANGERS, View, devices_of, settle
from support.web_app import keep_recovery_kit, register_as_far_as_the_kit, sign_in


@pytest.fixture(scope="module")
def stranger(browser: Browser, history: History) -> Iterator[Person]:
    with person(browser, history.server.url) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def owner(browser: Browser, history: History) -> Iterator[Person]:
    with person(browser, history.server.url) as somebody:
        sign_in(somebody, history.account)
        somebody.page.get_by_role("link", name="laptop", exact=True).wait_for()
        yield somebody


@pytest.fixture(scope="module")
def devices(owner: Person) -> Mapping[str, str]:
    return devices_of(owner)


def findings(somebody: Person) -> str:
    """What axe finds on the page that is open, in every look it can have."""
    found = []
    for width, height in (DESKTOP, PHONE):
        somebody.page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            somebody.page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {one}" for one in axe.violations(somebody.page)]
    somebody.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    return "\n".join(found)


@pytest.mark.parametrize("view", STRANGERS, ids=lambda view: view.name)
def test_nothing_is_wrong_with_a_page_for_strangers(stranger: Person, view: View) -> None:
    view.open(stranger)

    assert findings(stranger) == ""


@pytest.mark.parametrize("view", OWNERS, ids=lambda view: view.name)
def test_nothing_is_wrong_with_a_page_for_owners(
    owner: Person, devices: Mapping[str, str], view: View
) -> None:
    view.open(owner, devices)

    assert findings(owner) == ""


def test_nothing_is_wrong_with_the_recovery_kit(browser: Browser, history: History) -> None:
    with person(browser, history.server.url) as somebody:
        register_as_far_as_the_kit(somebody, "kit-reader")
        shown = findings(somebody)
        somebody.page.get_by_role("button", name="I have kept it").click()
        settle(somebody)
        asked = findings(somebody)
        somebody.page.get_by_role("button", name="Show the kit again").click()
        keep_recovery_kit(somebody)
        settle(somebody)
        empty = findings(somebody)

    assert (shown, asked, empty) == ("", "", "")


def test_axe_can_find_something(stranger: Person) -> None:
    """Or else the tests above would prove nothing."""
    stranger.go("/sign-in")
    settle(stranger)

    stranger.page.evaluate("document.querySelector('main input').removeAttribute('id')")

    assert any("label" in one for one in axe.violations(stranger.page))
