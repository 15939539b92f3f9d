"""Which names a person means who types a part of one, or a pattern."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Callable

WILD = "*?["


def glob_of(text: str) -> str:
    """`*`, `?` and `[...]` as in a shell; without them, whatever contains the text."""
    return text if any(letter in text for letter in WILD) else f"*{text}*"


def folded(text: str) -> str:
    """A text without what people do not tell apart: case, and how accents are written."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def name_matcher(text: str) -> Callable[[bytes], bool]:
    """Compares names with a text or a pattern, folded; what is no text in a name is replaced."""
    wanted = folded(text)
    if not any(letter in wanted for letter in WILD):
        return lambda name: wanted in folded(name.decode(errors="replace"))
    compiled = re.compile(fnmatch.translate(wanted))
    return lambda name: compiled.match(folded(name.decode(errors="replace"))) is not None
