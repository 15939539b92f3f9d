"""What the door shows: the web app, and the small pages before it."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from importlib import resources

from csbackup.errors import NotFound, WebAppMissing
from csbackup.web.files import PAGE, WebFiles

Content = tuple[Mapping[str, str], bytes]  # headers, and what they speak of

_HTML = "text/html; charset=utf-8"
_PARTS = {
    "/enter.js": "text/javascript",
    "/enrolled.js": "text/javascript",
    "/enter.css": "text/css",
}
_PLACES = {"/enter": "enter", "/enrolled": "enrolled"}
_HEAD = "<head>"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose page this is; the web app reads it and says so. `setting_up`: it also asks this
    machine itself what to back up."""

    server: str
    account: str
    device: str
    setting_up: bool = False

    def element(self) -> str:
        words: dict[str, str | bool] = {
            "server": self.server,
            "account": self.account,
            "device": self.device,
        }
        if self.setting_up:
            words["settingUp"] = True
        return f'<meta name="csb-door" content="{html.escape(json.dumps(words))}" />'


class OwnPages:
    """`WebAppMissing` where the client came without the web app."""

    def __init__(self, files: WebFiles, standing: Standing) -> None:
        page = files.find(PAGE)
        if page is None:
            raise WebAppMissing
        text = page.path.read_text("utf-8")
        self._files = files
        self._page = text.replace(_HEAD, _HEAD + standing.element(), 1).encode()

    def app(self, path: str) -> Content:
        """A file of the web app, for whoever was let in."""
        found = self._files.find(path.lstrip("/"))
        if found is None:
            raise NotFound("There is nothing at this address.")
        headers = {"Content-Type": found.kind, "Cache-Control": found.caching}
        if found.path.name == PAGE:
            return headers | {"Cache-Control": "no-store"}, self._page
        return headers, found.path.read_bytes()

    def unguarded(self, path: str, headers: Message) -> Content | None:
        """What anybody may see: the page that takes the token, and what it consists of."""
        if path in _PLACES:
            return {"Content-Type": _HTML}, _own(f"{_PLACES[path]}.{_language(headers)}.html")
        if path in _PARTS:
            return {"Content-Type": _PARTS[path]}, _own(path.lstrip("/"))
        return None

    def closed(self, headers: Message) -> Content:
        """For a browser that was not let in."""
        return {"Content-Type": _HTML}, _own(f"closed.{_language(headers)}.html")


def _own(name: str) -> bytes:
    return (resources.files("csbackup.client.door") / "pages" / name).read_bytes()


def _language(headers: Message) -> str:
    return "de" if headers.get("Accept-Language", "").lower().startswith("de") else "en"
