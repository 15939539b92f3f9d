"""Who is let in: the one browser that was given the address, and no other site it visits.

Any program, any other user of this machine and any site in any browser here can reach the port. So
a request must name this very address (another name that leads here is a trick of the DNS), must
come from our own page, and must show what only the browser that brought the token was given: a
cookie for the pages, and for the API a key in a header as well. The cookie alone is not enough
there: browsers send it to every port of this address, so whoever listens on another could see it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.cookies import CookieError, SimpleCookie

from csbackup.errors import Forbidden, NotLetIn, WrongHost

KEY_HEADER = "X-CSB-Door"
HOST = "127.0.0.1"
_SECRET_BYTES = 32
_READING = ("GET", "HEAD")


class AddressUsed(Forbidden):
    """Somebody brings the right token, and is not the first."""

    def __init__(self) -> None:
        super().__init__("This address was used already, or is not whole.")


@dataclass(frozen=True, slots=True)
class Guest:
    """What the browser that was let in shows from then on."""

    cookie: str
    key: str


class Guard:
    """Lets in whoever brings `token`, once."""

    def __init__(self, port: int) -> None:
        self.token = secrets.token_urlsafe(_SECRET_BYTES)
        self._hosts = (f"{HOST}:{port}", f"localhost:{port}")
        self._cookie_name = f"csb-door-{port}"  # of several doors the cookies go to each
        self._guest: Guest | None = None
        self._entering = threading.Lock()

    def check_host(self, headers: Message) -> None:
        if headers.get_all("Host", []) not in ([host] for host in self._hosts):
            raise WrongHost

    def enter(self, headers: Message, token: str) -> Guest:
        """The token is void from now on; whoever comes second hears so."""
        _check_origin(headers, changing=True)
        with self._entering:
            if not _same(token, self.token):
                raise Forbidden("This address was used already, or is not whole.")
            if self._guest is not None:
                raise AddressUsed
            self._guest = Guest(_new_secret(), _new_secret())
        return self._guest

    def cookie_for(self, guest: Guest) -> str:
        """A `__Host-` cookie would be refused without TLS."""
        return f"{self._cookie_name}={guest.cookie}; Path=/; HttpOnly; SameSite=Strict"

    def admit_to_pages(self, headers: Message) -> None:
        shown = _cookies(headers).get(self._cookie_name, "")
        if self._guest is None or not _same(shown, self._guest.cookie):
            raise NotLetIn

    def admit_to_api(self, headers: Message, method: str) -> None:
        _check_origin(headers, changing=method not in _READING)
        self.admit_to_pages(headers)
        if self._guest is None or not _same(headers.get(KEY_HEADER, ""), self._guest.key):
            raise NotLetIn


def _check_origin(headers: Message, *, changing: bool) -> None:
    """Browsers name the origin of whatever changes something, and of all that crosses origins."""
    origin = headers.get("Origin")
    site = headers.get("Sec-Fetch-Site", "same-origin")
    own = f"http://{headers['Host']}"
    if site != "same-origin" or origin not in ((own,) if changing else (own, None)):
        raise Forbidden("This request comes from another site.")


def _cookies(headers: Message) -> Mapping[str, str]:
    try:
        parsed = SimpleCookie(headers.get("Cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in parsed.items()}


def _new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def _same(shown: str, expected: str) -> bool:
    return secrets.compare_digest(shown.encode(errors="replace"), expected.encode())
