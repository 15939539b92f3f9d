"""What a run could not do, with the words of it; the run goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One file, folder or root, and what is wrong with it. `kind`: its class, as people search it.

    The path is empty where the problem is the whole run's.
    """

    kind: str
    path: bytes
    message: str
    ignored: bool = False

    def to_json(self) -> dict[str, Any]:
        """`path_hex` stands beside the path only where that is not text."""
        path = self.path.decode(errors="replace")
        described = {
            "class": self.kind,
            "path": path,
            "message": self.message,
            "ignored": self.ignored,
        }
        if path.encode() != self.path:
            described["path_hex"] = self.path.hex()
        return described
