"""Another user: root may run `csb` as one who may not read everything."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from support.nasty_kinds import NOBODY
from support.processes import PROGRAMS, RUN_SECONDS, Client, Result


def as_user(command: list[str]) -> list[str]:
    """The command as an ordinary user without groups; unchanged for whoever is one already."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]


@dataclass
class UserClient(Client):
    """A device of the ordinary user; its state folder's parent must be theirs."""

    def run(self, *arguments: str, code: int | None = 0, give: str = "", **env: str) -> Result:
        more = {"HOME": str(self.home.parent), "USER": "nobody", "LOGNAME": "nobody"}
        command = as_user([str(PROGRAMS / "csb"), *arguments])
        finished = subprocess.run(
            command,
            input=give,
            capture_output=True,
            text=True,
            errors="replace",
            env=self._environment(more | env),
            timeout=RUN_SECONDS,
            check=False,
        )
        return Result(finished.returncode, finished.stdout, finished.stderr, tuple(command)).expect(
            code
        )
