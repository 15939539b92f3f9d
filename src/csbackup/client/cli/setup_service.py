"""Has the machine back up by itself from now on, where `csb service install` can see to it."""

from __future__ import annotations

import subprocess
import sys

from csbackup.client.cli.service import service
from csbackup.protocol import messages

_INSTALL = "install"
_SECONDS = 120.0


def start_service() -> messages.ServiceStanding:
    """Whether that worked; else what a person can do."""
    if _INSTALL not in service.commands:
        return _not_possible("", "csb service run")
    command = (sys.executable, "-m", "csbackup.client.cli", "service", _INSTALL)
    done = subprocess.run(  # noqa: S603  our own program, nothing from outside
        command, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode == 0:
        return messages.ServiceStanding("running", "", "")
    lines = done.stderr.strip().splitlines()
    return _not_possible(lines[-1] if lines else "", "csb service install")


def _not_possible(why: str, by_hand: str) -> messages.ServiceStanding:
    return messages.ServiceStanding("not-possible", why, by_hand)
