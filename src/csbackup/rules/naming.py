"""How accounts and devices may be called."""

from __future__ import annotations

import unicodedata

from csbackup.errors import RequestError

MAX_NAME = 64
MAX_WORDS = 128
_NOT_SHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def checked_name(text: str, what: str) -> str:
    """The name in its one spelling; `RequestError` says what is wrong with it.

    `/` is out because we write ACCOUNT/DEVICE.
    """
    name = spelled(text)
    if not name:
        raise RequestError(f"{what} has no name. Give one.")
    if len(name) > MAX_NAME:
        raise RequestError(f"{what} has a name of more than {MAX_NAME} characters. Shorten it.")
    if "/" in name or any(unicodedata.category(letter) in _NOT_SHOWN for letter in name):
        raise RequestError(f"{what} has a name with a character that names cannot have.")
    return name


def is_name(text: str) -> bool:
    """Whether something may be called so; for names that somebody else gave."""
    try:
        return len(text) <= MAX_NAME and checked_name(text, "It") == text
    except RequestError:
        return False


def spelled(text: str) -> str:
    """A name in its one spelling."""
    return unicodedata.normalize("NFC", text).strip()


def folded(name: str) -> str:
    """The same for all spellings that mean one name to the catalog: ASCII case does not matter."""
    return "".join(one.lower() if one.isascii() else one for one in spelled(name))


def shortened(text: str) -> str:
    """What a client says of itself (system, version), cut to what fits a table."""
    return "".join(letter for letter in text if letter.isprintable())[:MAX_WORDS]
