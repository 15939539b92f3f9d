"""A person at a browser: Chromium, led by Playwright, that trusts the server as a person would.

The warning of the server's own certificate is clicked through. We never tell Chromium to ignore
certificates: with that, things work that do not work for people.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = (1280, 860)
PHONE = (390, 844)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, ended afterwards."""
    program = os.environ.get("CSB_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Person:
    """One browser with its own cookies, what it sent, and what it complained of."""

    page: Page
    url: str
    sent: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, place: str = "/") -> None:
        """Open a place of the app, such as `/sign-in`."""
        address = f"{self.url}/#{place}"
        if self.page.url.startswith(self.url):
            self.page.evaluate("place => { location.hash = place }", place)
            return
        try:
            self.page.goto(address)
        except Error as problem:
            if "ERR_CERT_AUTHORITY_INVALID" not in str(problem):
                raise
            self._go_on_in_spite_of_the_warning()

    def _go_on_in_spite_of_the_warning(self) -> None:
        self.page.click("#details-button")
        self.page.click("#proceed-link")
        self.page.wait_for_selector("main h1")

    def remember(self, request: Request) -> None:
        """Everything a request carries out, as one text."""
        headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        body = request.post_data_buffer or b""
        self.sent.append(f"{request.method} {request.url}\n{headers}\n{body.decode('latin-1')}")

    def unexpected_complaints(self) -> list[str]:
        """Without the note that the browser makes of every refusal, which the app handles."""
        return [one for one in self.complaints if not one.startswith("Failed to load resource")]

    def complain(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@contextmanager
def person(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = DESKTOP,
    language: str = "en-GB",
    scheme: Literal["light", "dark"] = "light",
) -> Iterator[Person]:
    """Somebody at a fresh browser."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=language,
        color_scheme=scheme,
        accept_downloads=True,
    )
    visitor = Person(context.new_page(), url.rstrip("/"))
    context.on("request", visitor.remember)
    context.on("console", visitor.complain)
    context.on("weberror", lambda failure: visitor.complaints.append(str(failure.error)))
    try:
        yield visitor
    finally:
        context.close()
