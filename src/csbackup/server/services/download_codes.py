"""Download codes: short-lived words that ride along with a download and shorten enrolment.

Kept in memory only: a restart forgets them, and whoever waits asks for a new one.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from csbackup.server.services.tokens import token_hash

LIFE_MINUTES = 60
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
LENGTH = 12  # 59 bits: nobody guesses one within its hour
_LIFE = LIFE_MINUTES * 60 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class DownloadCode:
    """`account` is the catalog's number of who was signed in, None when nobody was."""

    account: int | None
    created: int
    expires: int
    fetched: bool = False  # a machine got the client with it
    used: bool = False


class DownloadCodes:
    """At most `most` at a time; the oldest gives way."""

    def __init__(
        self, *, choose: Callable[[str], str] = secrets.choice, most: int = 10_000
    ) -> None:
        self._choose = choose
        self._most = most
        self._lock = threading.Lock()
        self._codes: OrderedDict[bytes, DownloadCode] = OrderedDict()

    def mint(self, account: int | None, now: int) -> tuple[str, DownloadCode]:
        """A new code and what it stands for."""
        text = "".join(self._choose(LETTERS) for _ in range(LENGTH))
        code = DownloadCode(account, now, now + _LIFE)
        with self._lock:
            self._forget(now)
            self._codes[token_hash(text)] = code
            while len(self._codes) > self._most:
                self._codes.popitem(last=False)
        return text, code

    def open(self, code: str, now: int) -> DownloadCode | None:
        """What a code stands for, within its hour, also when it was used; None for any other."""
        with self._lock:
            found = self._codes.get(token_hash(code))
        return found if found is not None and found.created <= now < found.expires else None

    def mark_fetched(self, code: str, now: int) -> None:
        """A machine got something with this code."""
        with self._lock:
            key = token_hash(code)
            found = self._codes.get(key)
            if found is not None and found.created <= now < found.expires:
                self._codes[key] = replace(found, fetched=True)

    def use(self, code: str, now: int) -> DownloadCode | None:
        """What a code stands for, to whoever asks first; None for everybody after."""
        with self._lock:
            key = token_hash(code)
            found = self._codes.get(key)
            if found is None or found.used or not found.created <= now < found.expires:
                return None
            self._codes[key] = replace(found, used=True)
            return found

    def _forget(self, now: int) -> None:
        for key in [key for key, code in self._codes.items() if code.expires <= now]:
            del self._codes[key]
