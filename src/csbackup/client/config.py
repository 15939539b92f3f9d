"""Where the client keeps its state, and how a state file is replaced."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs
from blake3 import blake3

from csbackup.client.platform.durable import sync_folder
from csbackup.errors import ClientError, LocalDiskFull, PathProblem

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
_CHECKSUM = "checksum"
_FORGOTTEN_NS = 3600 * 1_000_000_000


class StateFile(NamedTuple):
    """What a state file says. `checked`: it carried a checksum, which holds."""

    value: Any
    checked: bool


class SettingInvalid(ClientError):
    """A variable of the environment holds what it cannot."""

    code = "setting-invalid"

    def __init__(self, name: str, value: str, takes: str) -> None:
        super().__init__(f"{name} is {value!r}. It takes {takes}; without it, the usual holds.")


def seconds_from(environment: Mapping[str, str], name: str, usual: float) -> float:
    """A time that an environment variable may set; `SettingInvalid` when it is none."""
    text = environment.get(name, "").strip()
    try:
        seconds = float(text) if text else usual
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise SettingInvalid(name, text, "a number of seconds above 0")
    return seconds


def whole_number_from(environment: Mapping[str, str], name: str, usual: float) -> float:
    """A number above 0 that an environment variable may set, else `usual`."""
    text = environment.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 19 and int(text)):
        raise SettingInvalid(name, text, "a whole number above 0")
    return int(text)


@dataclass(frozen=True, slots=True)
class Home:
    """The client's state folder; nobody but its person may look inside."""

    path: Path

    def read(self, name: str) -> bytes | None:
        """A state file, or None where there is none yet."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise PathProblem(f"{self.path / name} cannot be read: {problem.strerror}.") from None

    def write(self, name: str, content: bytes) -> None:
        """Replace a state file: durable aside first, then under its name.

        A crash in between leaves the old file whole, and perhaps a file aside that nobody reads.
        """
        aside = self.path / f".{name}.{secrets.token_hex(4)}"
        try:
            self.make_folder()
            _write_durably(aside, content)
            aside.replace(self.path / name)
            sync_folder(self.path)  # or the rename itself may be lost
        except OSError as problem:
            if problem.errno in _FULL:
                raise LocalDiskFull(str(self.path)) from problem
            raise PathProblem(
                f"The state file {self.path / name} cannot be written: {problem.strerror}. "
                "Choose another state folder with CSB_HOME."
            ) from problem
        finally:
            with contextlib.suppress(OSError):  # also when a person stops us in between
                aside.unlink()

    def read_json(self, name: str, *, free: str = "") -> StateFile | None:
        """What `write_json` kept, or None; `ValueError` where it is not that any more.

        The field `free` may be changed by anybody. A file without a checksum is as an earlier
        release, or a person, wrote it.
        """
        content = self.read(name)
        if content is None:
            return None
        try:
            value = json.loads(content)
        except RecursionError:
            raise ValueError("It is nested too deeply.") from None
        if not isinstance(value, dict) or _CHECKSUM not in value:
            return StateFile(value, checked=False)
        if value.pop(_CHECKSUM) != _checksum(value, free):
            raise ValueError("It does not match its checksum.")
        return StateFile(value, checked=True)

    def write_json(self, name: str, value: dict[str, Any], *, free: str = "") -> None:
        """Replace a state file, with a checksum: one flipped bit in a key or a path would
        otherwise be taken for what was chosen.
        """
        whole = value | {_CHECKSUM: _checksum(value, free)}
        self.write(name, json.dumps(whole, indent=1).encode())

    def tidy(self, now_ns: int) -> None:
        """Remove what a run that was killed left aside; others may be writing, so not at once."""
        for path in self.path.glob(".*.json.????????"):
            with contextlib.suppress(OSError):
                if now_ns - path.stat().st_mtime_ns > _FORGOTTEN_NS:
                    path.unlink()

    def remove(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def make_folder(self) -> None:
        """Make it where it is not there yet; nobody else may look inside."""
        self.path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if os.name == "posix" and self.path.stat().st_mode & 0o077:
            self.path.chmod(PRIVATE_FOLDER)


def find_home(environment: Mapping[str, str]) -> Home:
    """The folder that `CSB_HOME` names, or the platform's own for program state."""
    chosen = environment.get("CSB_HOME")
    return Home(Path(chosen).expanduser().absolute() if chosen else _platform_folder())


def _checksum(value: dict[str, Any], free: str) -> str:
    kept = {name: one for name, one in value.items() if name != free}
    return blake3(json.dumps(kept, sort_keys=True).encode()).hexdigest(16)


def _platform_folder() -> Path:
    return platformdirs.user_state_path("csbackup", appauthor=False)


def _write_durably(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
