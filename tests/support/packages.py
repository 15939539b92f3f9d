"""What people install, built for tests: each thing once a run, whichever process asks first.

`CSB_PACKAGES=/folder` keeps what was built between runs; it is then for you to empty the folder.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csbackup.format.releases import write_pinned
from support.released import PINNED

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "packaging" / "runtime" / "build.py"
RESTAMP = ROOT / "packaging" / "client" / "linux" / "restamp.py"
BUSYBOX = Path("/bin/busybox")
_BUILD_SECONDS = 900


class Packages:
    """Builds into `folder`, which the processes of one run share."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.environ.get("CSB_PACKAGES") or folder / "packages").resolve()
        self._folder.mkdir(parents=True, exist_ok=True)

    def client(self, target: str = "linux-amd64") -> Path:
        """A version as it lies on a device: `csb`, `start.sh`, `runtime/`, `release-keys.json`."""
        return self._client(target) / own_version()

    def tarball(self) -> Path:
        return self._client("linux-amd64") / f"csb-{own_version()}-linux-amd64.tar.xz"

    def debian_package(self) -> Path:
        return self._client("linux-amd64") / f"csb_{own_version()}_amd64.deb"

    def server(self, target: str = "linux-amd64") -> Path:
        """A folder with `runtime/` and `csb-server`."""
        return self._make(f"server-{target}", "--target", target, "--kind", "server")

    def newer(self, version: str, **code: str) -> Path:
        """A tarball of this client as another version; `code`: sources by module, `__` for dots."""
        with self._once(f"newer-{version}") as (out, done):
            if not done:
                _restamp(self.tarball(), version, out, code)
        return out / f"csb-{version}-linux-amd64.tar.xz"

    def _client(self, target: str) -> Path:
        # A device elsewhere is only run from its folder: packing takes long.
        formats = "folder,tar,deb" if target == "linux-amd64" else "folder"
        options = ["--target", target, "--kind", "client", "--fast", "--formats", formats]
        with self._once("keys") as (keys, done):
            if not done:
                (keys / "release-keys.json").write_bytes(write_pinned(PINNED))
        return self._make(
            f"client-{target}", *options, "--release-keys", str(keys / "release-keys.json")
        )

    def _make(self, name: str, *options: str) -> Path:
        with self._once(name) as (out, done):
            if not done:
                build(out, *options)
        return out

    @contextmanager
    def _once(self, name: str) -> Iterator[tuple[Path, bool]]:
        """The folder of that name, and whether it is complete; others wait meanwhile."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        with (self._folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self._folder / f"{name}.done"
            yield folder, done.is_file()
            done.touch()


def build(out: Path, *options: str) -> None:
    """Run the builder. A newer package in Debian's archive is no failure of ours."""
    command = [sys.executable, str(BUILD), "--out", str(out), "--allow-drift", *options]
    _run(command)


def own_version() -> str:
    text = (ROOT / "src/csbackup/__init__.py").read_text("utf-8")
    return text.partition('__version__ = "')[2].partition('"')[0]


def make_programs(folder: Path, **commands: str) -> Path:
    """A folder with a program of each name, which runs that shell command with its arguments."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, command in commands.items():
        program = folder / name.replace("_", "-")
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
        program.chmod(0o755)
    return folder


def by_loader(runtime: Path) -> str:
    """How to start that runtime's Python without a shell."""
    (loader,) = (runtime / "lib").glob("ld-linux-*")
    python = f"--argv0 {runtime}/bin/python3 {runtime}/bin/python3.13 -I -B -X utf8"
    return f"{loader} --inhibit-cache --library-path {runtime}/lib {python}"


def lay_busybox(root: Path) -> None:
    """The few commands that a start script uses, in a root folder that has nothing else."""
    (root / "bin").mkdir(parents=True, exist_ok=True)
    (root / "bin/busybox").write_bytes(BUSYBOX.read_bytes())
    (root / "bin/busybox").chmod(0o755)
    for name in ("sh", "readlink", "dirname", "id", "sort", "tail", "sleep", "cat", "mv", "rm"):
        (root / "bin" / name).symlink_to("busybox")


def _restamp(tarball: Path, version: str, out: Path, code: dict[str, str]) -> None:
    options = []
    for name, source in code.items():
        module = name.replace("__", ".")
        path = out / f"{module}.py"
        path.write_text(source, "utf-8")
        options += ["--code", f"{module}={path}"]
    command = [sys.executable, str(RESTAMP), str(tarball), "--version", version, "--out", str(out)]
    _run([*command, *options])


def _run(command: list[str]) -> None:
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=_BUILD_SECONDS)
    assert outcome.returncode == 0, outcome.stdout[-2000:] + outcome.stderr[-4000:]
