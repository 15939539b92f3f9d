"""What the state folder says that the service goes by; read again when it changed."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from csbackup.client.config import Home
from csbackup.client.keyring import FILE as DEVICE
from csbackup.client.last_run import FILE as LAST_RUN
from csbackup.client.last_run import LastRun, load_last_run
from csbackup.client.pausing import FILE as PAUSE
from csbackup.client.pausing import load_pause
from csbackup.client.settings import FILE as SETTINGS
from csbackup.client.settings import load_limits, load_schedule
from csbackup.errors import PathProblem
from csbackup.rules.limits import Limits
from csbackup.rules.schedule import Pause, Schedule

_Signature = tuple[int, int, int]


class Memory(Protocol):
    """What was chosen, and how the last run ended."""

    def schedule(self) -> Schedule: ...
    def limits(self) -> Limits: ...
    def pause(self) -> Pause | None: ...
    def last_run(self) -> LastRun | None: ...
    def revision(self) -> object:
        """Another value when somebody changed what may have made runs fail."""
        ...


class HomeMemory:
    """The files of a state folder. `every_minutes` stands in for what the schedule says."""

    def __init__(self, home: Home, every_minutes: float | None = None) -> None:
        self._home = home
        self._every = every_minutes
        self._schedule = Schedule()
        self._limits = Limits()
        self._pause: Pause | None = None
        self._last_run: LastRun | None = None
        self._read: dict[str, _Signature] = {}
        self._heard = self._signatures()

    def schedule(self) -> Schedule:
        """As last known where the file is damaged: the backup itself says so."""
        self._read_settings()
        if self._every is None:
            return self._schedule
        return replace(self._schedule, every_minutes=self._every)

    def limits(self) -> Limits:
        self._read_settings()
        return self._limits

    def pause(self) -> Pause | None:
        if self._is_new(PAUSE):
            self._pause = load_pause(self._home)
        return self._pause

    def last_run(self) -> LastRun | None:
        if self._is_new(LAST_RUN):
            self._last_run = load_last_run(self._home)
        return self._last_run

    def revision(self) -> object:
        return self._signature(SETTINGS), self._signature(DEVICE)

    def news(self) -> bool:
        """Whether any of these files changed since this was asked last."""
        before, self._heard = self._heard, self._signatures()
        return before != self._heard

    def _read_settings(self) -> None:
        if self._is_new(SETTINGS):
            with suppress(PathProblem):
                self._schedule = load_schedule(self._home)
                self._limits = load_limits(self._home)

    def _is_new(self, name: str) -> bool:
        before, self._read[name] = self._read.get(name), self._signature(name)
        return before != self._read[name]

    def _signatures(self) -> tuple[_Signature, ...]:
        return tuple(map(self._signature, (SETTINGS, DEVICE, PAUSE, LAST_RUN)))

    def _signature(self, name: str) -> _Signature:
        try:
            status = os.stat(self._home.path / name)  # noqa: PTH116  the path is never followed
        except OSError:
            return (0, 0, 0)
        return (status.st_ino, status.st_mtime_ns, status.st_size)
