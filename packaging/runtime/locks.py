"""The pinned inputs, as they stand in the lock files beside this one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
RUNTIME = FOLDER / "runtime.lock"
_HEADER = "# Written by packaging/runtime/lock.py.\n# machine package version suite sha256 path\n"


@dataclass(frozen=True, slots=True)
class DebianFile:
    """One file of Debian's archive. `machine`: Debian's name of it."""

    machine: str
    package: str
    version: str
    suite: str
    sha256: str
    path: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Wheel:
    """One file of the Python package index: a wheel, or a source that is compiled here."""

    name: str
    version: str
    sha256: str


def read_runtime(path: Path = RUNTIME) -> list[DebianFile]:
    return [DebianFile(*line.split()) for line in _lines(path)]


def write_runtime(files: Iterable[DebianFile], path: Path = RUNTIME) -> None:
    lines = sorted(" ".join(astuple(file)) for file in files)
    path.write_text(_HEADER + "".join(f"{line}\n" for line in lines), "utf-8")


def wheels_lock(target: str, kind: str) -> Path:
    return FOLDER / f"wheels-{target}-{kind}.lock"


def read_wheels(path: Path) -> list[Wheel]:
    """A requirements file in pip's own form: `name==version --hash=sha256:...`."""
    wheels = []
    for line in _lines(path):
        pinned, _, digest = line.partition(" --hash=sha256:")
        name, _, version = pinned.partition("==")
        wheels.append(Wheel(name, version, digest))
    return wheels


def write_wheels(wheels: Iterable[Wheel], path: Path) -> None:
    lines = sorted(f"{one.name}=={one.version} --hash=sha256:{one.sha256}" for one in wheels)
    text = "# Written by packaging/runtime/lock.py.\n" + "".join(f"{line}\n" for line in lines)
    path.write_text(text, "utf-8")


def _lines(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
