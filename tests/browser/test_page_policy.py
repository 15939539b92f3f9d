"""What the page may do: run our scripts, talk to our server, and turn no text into a program."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from support.browser import Person, person
from support.history import History
from support.views import OWNERS, STRANGERS, devices_of
from support.web_app import sign_in

INJECTIONS = {
    "innerHTML": "document.body.innerHTML = '<img src=x onerror=alert(1)>'",
    "a script's address": "document.createElement('script').src = '/assets/any.js'",
    "a script's text": "document.createElement('script').text = 'alert(1)'",
    "a thread": "new Worker('/assets/any.js')",
    "a policy of one's own": "trustedTypes.createPolicy('mine', { createHTML: text => text })",
}


def policy_of(visitor: Person) -> dict[str, list[str]]:
    script = "fetch('/').then(answer => answer.headers.get('content-security-policy'))"
    parts = [part.split() for part in str(visitor.page.evaluate(script)).split(";")]
    return {name: values for name, *values in parts}


def test_the_policy_is_strict(visitor: Person) -> None:
    visitor.go("/")

    policy = policy_of(visitor)

    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["trusted-types"] == ["csb-workers"]
    assert [one for values in policy.values() for one in values if "unsafe-inline" in one] == []
    assert [one for values in policy.values() for one in values if "://" in one] == []


@pytest.mark.parametrize("injection", INJECTIONS.values(), ids=INJECTIONS)
def test_no_text_becomes_a_program(browser: Browser, history: History, injection: str) -> None:
    with person(browser, history.server.url) as somebody:
        somebody.go("/")
        expect(somebody.page.get_by_role("heading", level=1)).to_be_visible()

        said = somebody.page.evaluate(
            f"() => {{ try {{ {injection}; return 'done' }} catch (problem) "
            "{ return problem.name } }"
        )

        assert said == "TypeError"


def test_every_page_talks_to_its_own_server_alone(browser: Browser, history: History) -> None:
    with person(browser, history.server.url) as somebody:
        for view in STRANGERS:
            view.open(somebody)
        sign_in(somebody, history.account)
        expect(somebody.page.get_by_role("link", name="laptop", exact=True)).to_be_visible()
        devices = devices_of(somebody)
        for view in OWNERS:
            view.open(somebody, devices)

        addresses = [sent.split()[1] for sent in somebody.sent]
        assert len(addresses) > 50
        foreign = [one for one in addresses if not one.startswith(somebody.url)]
        assert foreign == []
        assert somebody.unexpected_complaints() == []
