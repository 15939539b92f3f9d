"""Replaces paths in a log by tokens: the same path by the same token, and nobody can tell it back.

Each part of a path gets a token of its own, so that one still sees which files lie together.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

_FIELD = re.compile(r'(path|detail)="((?:[^"\\]|\\.)*)"')
_PATH = re.compile(r"(?<![:/\w])/.*", re.DOTALL)  # up to the end: a name may hold spaces
_PATH_KEYS = ("path", "path_hex", "roots", "home")


class Hider:
    """`salt` is this machine's own, or names could be guessed and compared."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def path(self, path: str) -> str:
        return "/".join(self._token(part) if part else "" for part in path.split("/"))

    def text(self, text: str) -> str:
        """Words in which a path may stand: from there on, all is replaced."""
        return _PATH.sub(lambda found: f"<{self._token(found[0])}>", text)

    def line(self, line: str) -> str:
        """A line of the log: its fields that may name a file."""
        return _FIELD.sub(self._field, line)

    def value(self, value: Any, key: str = "") -> Any:
        """What `csb status --json` says."""
        if isinstance(value, dict):
            return {name: self.value(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, key) for inner in value]
        if not isinstance(value, str):
            return value
        return self.path(value) if key in _PATH_KEYS else self.text(value)

    def _field(self, found: re.Match[str]) -> str:
        name, value = found[1], found[2]
        hidden = self.path(value) if name == "path" else f"<{self._token(value)}>"
        return f'{name}="{hidden}"'

    def _token(self, text: str) -> str:
        digest = hashlib.blake2s(text.encode(errors="surrogateescape"), key=self._salt)
        return digest.hexdigest()[:8]
