"""Which names a person means who types a part of one, or a pattern."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

WILD = "*?["
_NO_LITERAL = re.compile(r"[*?]|\[!?\]?[^\]]*\]|\[")


def glob_of(text: str) -> str:
    """`*`, `?` and `[...]` as in a shell; without them, whatever contains the text."""
    return text if any(letter in text for letter in WILD) else f"*{text}*"


def folded(text: str) -> str:
    """A text without what people do not tell apart: case, and how accents are written."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


@dataclass(frozen=True, slots=True)
class NamePattern:
    """What somebody looks for. Without `*`, `?` and `[...]`: names that contain the text.

    `literal`: a text that every name it fits contains, as folded UTF-8; it may be empty.
    """

    matches: Callable[[bytes], bool]
    literal: bytes


def name_pattern(text: str) -> NamePattern:
    """Compares names folded; what is no text in a name is replaced."""
    wanted = folded(text)
    if not any(letter in wanted for letter in WILD):
        return NamePattern(lambda name: wanted in _folded_name(name), wanted.encode())
    compiled = re.compile(fnmatch.translate(wanted))
    literal = max(_NO_LITERAL.split(wanted), key=len)
    return NamePattern(lambda name: bool(compiled.match(_folded_name(name))), literal.encode())


def joined_names(names: Iterable[bytes]) -> bytes:
    """The names of a listing, folded; between them the one letter that none of them has."""
    return folded(b"/".join(names).decode(errors="replace")).encode()


def last_name(path: bytes) -> bytes:
    return path.rstrip(b"/").rpartition(b"/")[2]


def _folded_name(name: bytes) -> str:
    return folded(name.decode(errors="replace"))
