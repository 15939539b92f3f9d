"""Running a program of this machine and hearing what it says."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_PATIENCE_SECONDS = 120.0
_NOT_THERE = 127


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended; `code` 127 when there is none of that name."""

    code: int
    out: str = ""
    error: str = ""

    @property
    def fine(self) -> bool:
        return self.code == 0

    @property
    def reason(self) -> str:
        """What it said of its failure, on one line."""
        lines = (self.error.strip() or self.out.strip()).splitlines()
        return lines[-1].strip() if lines else f"it ended with {self.code}"


Run = Callable[[Sequence[str]], Answer]


def run_command(command: Sequence[str], more: Mapping[str, str] | None = None) -> Answer:
    """Run it to its end, with messages in English; never raises for how it ends."""
    environment = os.environ | {"LC_ALL": "C"} | dict(more or {})
    try:
        done = subprocess.run(  # noqa: S603  the words are ours
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return Answer(_NOT_THERE, error=f"{command[0]} is not installed")
    except subprocess.TimeoutExpired:
        return Answer(_NOT_THERE, error=f"{command[0]} did not end")
    except OSError as failure:
        return Answer(_NOT_THERE, error=f"{command[0]}: {failure.strerror}")
    return Answer(done.returncode, done.stdout, done.stderr)
