"""Programs whose clock stands in the past, by libfaketime: a year of backups in a minute."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

# Time limits go by the clock that only ever runs on; files keep their own times.
ONLY_THE_CALENDAR = {"DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def can_travel() -> bool:
    """Whether libfaketime is here (Debian's package `faketime`)."""
    return shutil.which("faketime") is not None


@dataclass(frozen=True)
class Clock:
    """A clock that any number of running programs share, and that can be moved under them."""

    file: Path

    def set(self, moment: datetime) -> None:
        behind = (datetime.now(UTC) - moment).total_seconds()
        new = self.file.with_suffix(".new")
        new.write_text(f"{-behind:+.0f}\n")
        new.replace(self.file)

    @property
    def environment_of_now(self) -> dict[str, str]:
        """What a program needs to go by what the clock shows now: it looks no more, so it is
        quicker."""
        return {
            "LD_PRELOAD": _library(),
            "FAKETIME": self.file.read_text().strip(),
            **ONLY_THE_CALENDAR,
        }

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to go by this clock, and to notice when it is moved."""
        return {
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            **ONLY_THE_CALENDAR,
        }


def _library() -> str:
    """What the program `faketime` would preload."""
    said = subprocess.run(
        ["faketime", "-f", "+0", "printenv", "LD_PRELOAD"],
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.strip()
