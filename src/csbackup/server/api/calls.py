"""A request as handlers see it: who calls, from where, what was sent, already parsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from csbackup.errors import NotFound, NotSignedIn
from csbackup.rules.access import Caller, DeviceCaller, Person
from csbackup.server.api.workers import Workers
from csbackup.server.services.services import Services

Message = TypeVar("Message")
_DIGITS = set("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with more than a message: another status, a cookie, raw bytes."""

    content: Any
    status: int = 200
    cookie: str | None = None  # the session's; empty to remove it
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    services: Services
    workers: Workers
    caller: Caller
    address: str
    agent: str  # what the caller's program says of itself
    now: int
    browser: bool  # the web app asks: sessions travel as a cookie
    base_url: str  # as the caller reached us
    leaf_pin: str  # of the certificate that the caller sees; empty: a proxy's own
    body: Any
    path: Mapping[str, str]
    query: Mapping[str, Any]

    def message(self, kind: type[Message]) -> Message:
        if not isinstance(self.body, kind):
            raise TypeError(f"the route does not declare {kind.__name__} as its body")
        return self.body

    @property
    def person(self) -> Person:
        if not isinstance(self.caller, Person):
            raise NotSignedIn
        return self.caller

    @property
    def device(self) -> DeviceCaller:
        if not isinstance(self.caller, DeviceCaller):
            raise NotSignedIn
        return self.caller

    @property
    def known(self) -> Person | DeviceCaller:
        if self.caller is None:
            raise NotSignedIn
        return self.caller

    @property
    def ca_pem(self) -> bytes:
        """Whose certificate the caller sees; empty: one that its system trusts by itself."""
        return self.services.face.ca_pem if self.leaf_pin else b""

    def id(self, name: str, length: int) -> bytes:
        """An id in the path; what is none cannot be found."""
        text = self.path[name]
        if len(text) != 2 * length or not set(text) <= _DIGITS:
            raise NotFound("There is nothing at this address.")
        return bytes.fromhex(text)
