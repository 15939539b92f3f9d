"""Asking systemd, the machine's or the person's own, to run the service."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from csbackup.client.installed.layout import UNIT, Layout
from csbackup.client.platform.commands import Answer, Run, run_command
from csbackup.errors import ClientError, PathProblem

_BOOTED = Path("/run/systemd/system")
_LINGERING = Path("/var/lib/systemd/linger")
_SHOWN = ("ActiveState", "SubState", "MainPID", "NRestarts", "ActiveEnterTimestamp")


class ServiceManagerFailed(ClientError):
    code = "service-manager-failed"

    def __init__(self, asked: str, why: str) -> None:
        super().__init__(
            f"systemd did not {asked} the service: {why}. `journalctl -u {UNIT}` says more."
        )


@dataclass(frozen=True, slots=True)
class Unit:
    """What systemd knows of the service; `since` in nanoseconds since 1970, 0 while it rests."""

    state: str = ""
    process: int = 0
    restarts: int = 0
    since: int = 0

    @property
    def running(self) -> bool:
        return self.state == "active"


@dataclass(frozen=True, slots=True)
class Systemd:
    """`layout` says whose; `run` runs its programs; `booted` is there where it rules."""

    layout: Layout
    run: Run = run_command
    booted: Path = _BOOTED
    lingering: Path = _LINGERING
    runtime: Path = field(default_factory=lambda: Path(f"/run/user/{os.getuid()}"))

    def is_here(self) -> bool:
        """Whether this machine is one that systemd runs."""
        return self.booted.is_dir()

    def answers(self) -> bool:
        """Whether it can be asked: the person's own runs only while they have a session."""
        return self._ask("show", "--property=Version").fine

    def install(self, unit: str) -> None:
        """Have it start with the machine, or with the person's session.

        The unit first, then the link that wants it: a crash in between leaves one that nobody
        starts. No answer of systemd is needed for either.
        """
        try:
            _replace(self.layout.unit, unit.encode())
            self.layout.wanted.parent.mkdir(parents=True, exist_ok=True)
            self.layout.wanted.unlink(missing_ok=True)
            self.layout.wanted.symlink_to(self.layout.unit)
        except OSError as problem:
            raise PathProblem(
                f"{problem.filename} cannot be written: {problem.strerror}."
            ) from None

    def reload(self) -> None:
        self._ask("daemon-reload")

    def start(self) -> None:
        """Also when it runs: with what its unit says now."""
        self._ask("reset-failed", UNIT)
        self._insist("start", "restart", UNIT)

    def stop(self) -> None:
        self._insist("stop", "stop", UNIT)

    def is_installed(self) -> bool:
        return self.layout.unit.is_file()

    def is_enabled(self) -> bool:
        return self.layout.wanted.is_symlink()

    def look(self) -> Unit:
        """How it goes; an empty `Unit` where systemd does not answer."""
        shown = self._ask("show", UNIT, f"--property={','.join(_SHOWN)}", "--timestamp=utc")
        return read_unit(shown.out) if shown.fine else Unit()

    def lingers(self, person: str) -> bool:
        """Whether the person's services run without a session of theirs."""
        return (self.lingering / person).exists()

    def _ask(self, *words: str) -> Answer:
        return self.run(self._command(words))

    def _insist(self, asked: str, *words: str) -> None:
        answer = self._ask(*words)
        if not answer.fine:
            raise ServiceManagerFailed(asked, answer.reason.rstrip("."))

    def _command(self, words: Sequence[str]) -> Sequence[str]:
        if self.layout.for_root:
            return ("systemctl", *words)
        if "XDG_RUNTIME_DIR" in os.environ or not self.runtime.is_dir():
            return ("systemctl", "--user", *words)
        # Who came by `su` has none of the session's variables, and a manager all the same.
        return ("env", f"XDG_RUNTIME_DIR={self.runtime}", "systemctl", "--user", *words)


def _replace(path: Path, content: bytes) -> None:
    """systemd reads the old unit or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(content)
    aside.chmod(0o644)
    aside.replace(path)


def read_unit(shown: str) -> Unit:
    """From what `systemctl show` prints."""
    values = dict(line.partition("=")[::2] for line in shown.splitlines())
    active = values.get("ActiveState") == "active"
    return Unit(
        values.get("ActiveState", ""),
        _number(values.get("MainPID", "")),
        _number(values.get("NRestarts", "")),
        _moment(values.get("ActiveEnterTimestamp", "")) if active else 0,
    )


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _moment(text: str) -> int:
    with suppress(ValueError):
        moment = datetime.strptime(text.replace(" UTC", " +0000"), "%a %Y-%m-%d %H:%M:%S %z")
        return int(moment.timestamp()) * 1_000_000_000
    return 0
