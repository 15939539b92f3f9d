"""What a page at the door may ask this machine itself, past the server: while it is set up."""

from __future__ import annotations

from typing import Any, Protocol

OWN_API = "/device/v1/"
ENROLLED = "/enrolled"


class OwnWork(Protocol):
    """Called from several threads."""

    def entered(self) -> str:
        """The browser was let in: the address it goes on to, or nothing for the pages here."""

    def entered_again(self) -> None:
        """Somebody else came with the same address."""

    def receive(self, bundle: str) -> None:
        """What the server's page made for this machine."""

    def answer(self, method: str, target: str, body: bytes) -> Any:
        """A message, for a question below `OWN_API`; `target` is what follows it."""
