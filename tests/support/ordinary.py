"""The real `csb`, run by an ordinary user, also where root runs the tests."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from support.processes import PROGRAMS, RUN_SECONDS, Client, Result
from support.restoring import NOBODY, ROOT

_NEEDED = (Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[2])


class OrdinaryClient(Client):
    """A device of somebody who is not root. Its home must be theirs."""

    def run(self, *arguments: str, code: int | None = 0, give: str = "", **env: str) -> Result:
        finished = subprocess.run(
            self._command(*arguments),
            input=give,
            capture_output=True,
            text=True,
            errors="replace",
            env=self.environment_of_a_run(env),
            timeout=RUN_SECONDS,
            check=False,
        )
        told = (finished.returncode, finished.stdout, finished.stderr)
        return Result(*told, ("csb", *arguments)).expect(code)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self.environment_of_a_run(env),
        )

    def _command(self, *arguments: str) -> list[str]:
        return as_somebody_ordinary(self.home.parent, str(PROGRAMS / "csb"), *arguments)

    def environment_of_a_run(self, more: dict[str, str] | None = None) -> dict[str, str]:
        return super().environment_of_a_run(more) | {"HOME": str(self.home.parent)}


def as_somebody_ordinary(scratch: Path, *program: str) -> list[str]:
    """The command that runs a program as who is not root; `scratch` is a folder for its ways."""
    if not ROOT:
        return list(program)
    script = "\n".join(["set -e", *_open_ways(scratch), 'exec "$@"'])
    become = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    return ["unshare", "--mount", "sh", "-c", script, "sh", *become, *program]


def _open_ways(scratch: Path) -> Iterator[str]:
    """Commands that let others reach Python where it lies in root's own folder: in a view of the
    file systems that only this process has."""
    closed: dict[Path, list[Path]] = {}
    for needed in _NEEDED:
        for folder in reversed(needed.parents):
            if not folder.stat().st_mode & 0o001:
                closed.setdefault(folder, []).append(needed)
                break
    for folder, inner in closed.items():
        for number, path in enumerate(inner):
            kept = shlex.quote(str(scratch / f"way-{number}"))
            yield f"mkdir -p {kept} && mount --bind {shlex.quote(str(path))} {kept}"
        yield f"mount -t tmpfs -o mode=755 none {shlex.quote(str(folder))}"
        for number, path in enumerate(inner):
            kept, way = shlex.quote(str(scratch / f"way-{number}")), shlex.quote(str(path))
            yield f"mkdir -p {way} && mount --bind {kept} {way}"
