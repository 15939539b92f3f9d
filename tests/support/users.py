"""Another user: root may run `csb` as one who may not read everything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import csbackup
from support.nasty_kinds import NOBODY
from support.processes import RUN_SECONDS, Client, Result

CSB = "import sys; sys.argv[0] = 'csb'; from csbackup.client.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Python:
    """An interpreter with our packages that everybody may run, wherever root keeps its own."""

    executable: Path
    path: str
    libraries: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """Its own shared library, too, is where only root finds it."""
        found = {"PYTHONPATH": self.path, "PYTHONDONTWRITEBYTECODE": "1"}
        return found | ({"LD_LIBRARY_PATH": self.libraries} if self.libraries else {})


@contextmanager
def python_for_everybody(place: Path) -> Iterator[Python]:
    """Root's may lie in a folder that is closed to others, so it is mounted below `place`."""
    if os.geteuid() != 0:
        yield Python(Path(sys.executable), os.pathsep.join([str(_tests()), *sys.path]))
        return
    base = Path(sys.base_prefix)
    places = {
        "python": base,
        "packages": Path(sysconfig.get_path("purelib")),
        "src": Path(csbackup.__file__).parents[1],
        "tests": _tests(),
    }
    with ExitStack() as mounts:
        for name, real in places.items():
            (place / name).mkdir()
            subprocess.run(["mount", "--bind", real, place / name], check=True)
            mounts.callback(subprocess.run, ["umount", "--lazy", place / name], check=True)
        binary = Path(sys.executable).resolve().relative_to(base.resolve())
        names = [str(place / name) for name in ("src", "packages", "tests")]
        libraries = str(place / "python" / "lib")
        yield Python(place / "python" / binary, os.pathsep.join(names), libraries)


def _tests() -> Path:
    return Path(__file__).parents[1]


def as_user(command: list[str]) -> list[str]:
    """The command as an ordinary user without groups; unchanged for whoever is one already."""
    if os.geteuid() != 0:
        return command
    setpriv = shutil.which("setpriv") or "setpriv"  # the command may be given another PATH
    return [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]


@dataclass
class UserClient(Client):
    """A device of the ordinary user; its state folder's parent must be theirs."""

    python: Python | None = None

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self._environment(env),
            cwd=self.home.parent,
        )

    def _command(self, *arguments: str) -> list[str]:
        assert self.python is not None
        return as_user([str(self.python.executable), "-c", CSB, *arguments])

    def _environment(self, env: dict[str, str]) -> dict[str, str]:
        assert self.python is not None
        more = {"HOME": str(self.home.parent), "USER": "nobody", "LOGNAME": "nobody"}
        return self.environment_of_a_run(more | self.python.environment | env)

    def run(self, *arguments: str, code: int | None = 0, give: str = "", **env: str) -> Result:
        finished = subprocess.run(
            self._command(*arguments),
            input=give,
            capture_output=True,
            text=True,
            errors="replace",
            env=self._environment(env),
            cwd=self.home.parent,
            timeout=RUN_SECONDS,
            check=False,
        )
        result = Result(finished.returncode, finished.stdout, finished.stderr, tuple(arguments))
        return result.expect(code)
