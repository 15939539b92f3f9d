"""Where this client is installed, and whether it may update itself there.

    <install>/csb             start script, which never changes
    <install>/current         the version to start
    <install>/versions/<v>/   a whole version; names with a dot first are nobody's
    <install>/.download/      bundles on their way
    <install>/managed-by      by what this was installed that also updates it, such as `dpkg`
    <install>/trial, trial-starts, trial-rest, rolled-back    see the start script

The start script says where it lies by CSB_INSTALL.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from csbackup import __version__
from csbackup.client.platform.durable import replace_text, sync_folder
from csbackup.client.update.failures import UpdatesOff
from csbackup.errors import CsbError
from csbackup.format.releases import PINNED, Version, read_pinned, read_version

VARIABLE = "CSB_INSTALL"
Kind = Literal["development", "package", "bundle"]

_UNRELEASED = Version(0, 0, 0)  # a clone between two releases
_MACHINES = {
    ("x86_64", 64): "amd64",
    ("amd64", 64): "amd64",
    ("aarch64", 64): "arm64",
    ("arm64", 64): "arm64",
    ("armv7l", 32): "armv7",
    ("armv8l", 32): "armv7",
    ("aarch64", 32): "armv7",
}
_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}


@dataclass(frozen=True, slots=True)
class Installation:
    """An unpacked bundle with its start script, of which `running` runs now."""

    folder: Path
    running: Version
    target: str

    @property
    def start_script(self) -> Path:
        return self.folder / "csb"

    @property
    def downloads(self) -> Path:
        return self.folder / ".download"

    @property
    def versions(self) -> Path:
        return self.folder / "versions"

    def version_folder(self, version: Version) -> Path:
        return self.versions / str(version)

    def path(self, name: str) -> Path:
        return self.folder / name

    def pinned(self) -> tuple[bytes, ...]:
        """The release keys that the running version brought; empty where it brought none."""
        try:
            return read_pinned((self.version_folder(self.running) / PINNED).read_bytes())
        except FileNotFoundError:
            return ()

    def current(self) -> Version | None:
        """What the pointer names: another than `running` where an installer was here since."""
        return _version_or_none(_read_word(self.folder / "current"))

    def point_to(self, version: Version) -> None:
        replace_text(self.folder / "current", f"{version}\n")

    def remove(self, *names: str) -> None:
        """Files of the installation, durably, in this order."""
        for name in names:
            self.path(name).unlink(missing_ok=True)
        sync_folder(self.folder)

    def kept_versions(self) -> list[Version]:
        """The whole ones, newest first."""
        found = []
        for entry in self.versions.iterdir():
            if entry.is_dir() and not entry.name.startswith(".") and (entry / "csb").is_file():
                found.append(_version_or_none(entry.name))
        return sorted((version for version in found if version is not None), reverse=True)


@dataclass(frozen=True, slots=True)
class Installed:
    """How this client came here. `installation` is None where it never updates itself."""

    kind: Kind
    running: Version
    reason: str  # why it does not; empty where it does
    installation: Installation | None = None

    def require(self) -> Installation:
        if self.installation is None:
            raise UpdatesOff(self.reason)
        return self.installation


def find_installed(environment: Mapping[str, str]) -> Installed:
    """Whether this process was started out of an installation that can be updated."""
    folder = Path(environment.get(VARIABLE, "") or os.devnull)
    running = _version_or_none(__version__) or _UNRELEASED
    if not (folder / "versions" / str(running) / "csb").is_file():
        return Installed(
            "development",
            running,
            "It was installed by Python's own means (pip, uv, a clone): update it by the same.",
        )
    manager = _read_word(folder / "managed-by")
    if manager:
        return Installed("package", running, f"It came as a package, and {manager} updates it.")
    installation = Installation(folder, running, own_target())
    why = _why_not(installation)
    return Installed("bundle", running, why, None if why else installation)


def _why_not(installation: Installation) -> str:
    if not installation.target:
        return f"There are no bundles for {platform.machine()}."
    if not os.access(installation.folder, os.W_OK):
        return f"You may not write in {installation.folder}: whoever installed it updates it."
    try:
        pinned = installation.pinned()
    except CsbError as problem:
        return str(problem)
    return "" if pinned else "It was built without release keys, so it believes no release."


def own_target() -> str:
    """Which bundles run on this machine; empty where none is made for it."""
    bits = 64 if sys.maxsize > 2**32 else 32
    machine = _MACHINES.get((platform.machine().lower(), bits), "")
    system = _SYSTEMS.get(sys.platform, "")
    return f"{system}-{machine}" if system and machine else ""


def _version_or_none(text: str) -> Version | None:
    try:
        return read_version(text)
    except CsbError:
        return None


def _read_word(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace").strip()[:100]
    except OSError:
        return ""
