"""Pictures of every page of the web app, from a server with a year behind it.

    PYTHONPATH=tests .venv/bin/python scripts/screenshots.py FOLDER            every page and look
    PYTHONPATH=tests .venv/bin/python scripts/screenshots.py --guide           those of docs/guide

Every page comes at a desktop and on a phone, light and dark, in English; the plain pages in German
too. CSB_HISTORY names a folder to keep the server's history in from run to run.
"""

import argparse
import os
import tempfile
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from support.browser import DESKTOP, PHONE, Person, chromium, person
from support.history import ACCOUNT, History, make_history_once, open_history
from support.views import OWNERS, STRANGERS, View, devices_of
from support.web_app import PASSWORD

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "guide" / "pictures"
SIZES = {"desktop": DESKTOP, "phone": PHONE}
GUIDE_SIZE = (1120, 880)
GUIDE_QUALITY = 82  # WebP

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@dataclass(frozen=True)
class GuidePicture:
    """A picture of the guide, named NAME-LANGUAGE.webp there."""

    name: str
    view: str


GUIDE_PICTURES = (
    GuidePicture("front-door", "front-door"),
    GuidePicture("recovery-kit", "recovery-kit"),
    GuidePicture("devices", "devices"),
    GuidePicture("timeline", "device-earlier"),
    GuidePicture("admin", "admin-devices"),
)


def main() -> None:
    arguments = parse_arguments()
    with served() as history, chromium() as browser:
        if arguments.guide:
            picture_the_guide(browser, history)
        else:
            picture_everything(browser, history, arguments.folder)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screenshots"))
    parser.add_argument("--guide", action="store_true", help="only the pictures of docs/guide")
    return parser.parse_args()


@contextmanager
def served() -> Iterator[History]:
    with tempfile.TemporaryDirectory() as temp:
        made = make_history_once(Path(os.environ.get("CSB_HISTORY", Path(temp) / "history")))
        with open_history(made, Path(temp) / "data") as history:
            yield history


def picture_everything(browser: Browser, history: History, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for language in ("en-GB", "de-DE"):
        with person(browser, history.server.url, language=language) as somebody:

            def take(view: View, somebody: Person = somebody, language: str = language) -> None:
                for (size, shape), scheme in product(SIZES.items(), SCHEMES):
                    name = f"{view.name}-{size}-{scheme}-{language[:2]}.png"
                    take_picture(somebody, folder / name, shape, scheme)

            walk(somebody, take)


def picture_the_guide(browser: Browser, history: History) -> None:
    GUIDE.mkdir(parents=True, exist_ok=True)
    wanted = {one.view: one.name for one in GUIDE_PICTURES}
    for language in ("en-GB", "de-DE"):
        with person(browser, history.server.url, language=language, size=GUIDE_SIZE) as somebody:

            def take(view: View, somebody: Person = somebody, language: str = language) -> None:
                if view.name in wanted:
                    path = GUIDE / f"{wanted[view.name]}-{language[:2]}.webp"
                    path.write_bytes(as_webp(somebody))

            walk(somebody, take)


def walk(somebody: Person, take: Callable[[View], None]) -> None:
    """Open every view as whoever may see it; what is done in English is left out elsewhere."""
    english = somebody.page.evaluate("navigator.language").startswith("en")
    for view in STRANGERS:
        if english or view.act is None or view.in_any_language:
            view.open(somebody)
            take(view)
    sign_in_by_fields(somebody)
    devices = devices_of(somebody)
    for view in OWNERS:
        if english or view.act is None:
            view.open(somebody, devices)
            take(view)


def sign_in_by_fields(somebody: Person) -> None:
    """In any language."""
    somebody.go("/sign-in")
    fields = somebody.page.locator("main input")
    fields.nth(0).fill(ACCOUNT)
    fields.nth(1).fill(PASSWORD)
    somebody.page.locator("main button[type=submit]").click()
    somebody.page.wait_for_selector("main article")


def take_picture(somebody: Person, path: Path, shape: tuple[int, int], scheme: Scheme) -> None:
    somebody.page.set_viewport_size({"width": shape[0], "height": shape[1]})
    somebody.page.emulate_media(color_scheme=scheme)
    somebody.page.evaluate("scrollTo(0, 0)")  # the head of the page sticks to where one looks
    somebody.page.wait_for_timeout(300)  # until colours have changed
    somebody.page.screenshot(path=path, full_page=True)


def as_webp(somebody: Person) -> bytes:
    """What is seen now, small enough for a page of the guide: the browser itself packs it."""
    session = somebody.page.context.new_cdp_session(somebody.page)
    try:
        shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": GUIDE_QUALITY})
    finally:
        session.detach()
    return b64decode(shot["data"])


if __name__ == "__main__":
    main()
