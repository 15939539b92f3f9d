"""Programs whose clock stands in the past, by libfaketime: a year of backups in a minute."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

# Time limits go by the clock that only ever runs on; files keep their own times.
ONLY_THE_CALENDAR = {"DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def can_travel() -> bool:
    """Whether libfaketime is here (Debian's package `faketime`)."""
    return shutil.which("faketime") is not None


def in_the_past(moment: datetime) -> dict[str, str]:
    """What a program needs to start at a moment, from which its clock runs on."""
    return {"LD_PRELOAD": _library(), "FAKETIME": _offset(moment), **ONLY_THE_CALENDAR}


@dataclass(frozen=True)
class Clock:
    """A clock that can be moved under a program that runs by it."""

    file: Path

    def set(self, moment: datetime) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(_offset(moment) + "\n")
        new.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        """The library is the one for threads, since each look at the time reads the file."""
        return {
            "LD_PRELOAD": _library("-m"),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            **ONLY_THE_CALENDAR,
        }


def _offset(moment: datetime) -> str:
    return f"{(moment - datetime.now(UTC)).total_seconds():+.0f}"


@cache
def _library(*options: str) -> str:
    """What the program `faketime` would preload."""
    said = subprocess.run(
        ["faketime", *options, "-f", "+0", "printenv", "LD_PRELOAD"],
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.strip()
