"""How much lies in folders, found out in the background, one after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from csbackup.client.backup.preview import FoundJunk, Pile, Preview, preview
from csbackup.client.files import FileSource
from csbackup.client.keyring import EnrolledDevice
from csbackup.client.log import LOG, log_failure
from csbackup.client.problems import Problem
from csbackup.client.settings import new_settings
from csbackup.format.snapshot import Settings
from csbackup.protocol.messages import Measuring

BUDGET_SECONDS = 60.0

OpenFiles = Callable[[tuple[bytes, ...]], FileSource]


@dataclass(frozen=True, slots=True)
class Measure:
    """What is known of a folder so far."""

    state: Measuring = "waiting"
    files: int = 0
    bytes: int = 0
    problems: int = 0
    junk: tuple[FoundJunk, ...] = ()
    piles: tuple[Pile, ...] = ()


@dataclass(frozen=True, slots=True)
class _Looked:
    home: Path
    device: EnrolledDevice
    settings: Settings
    files: FileSource
    clock: Callable[[], int] = time.time_ns


@dataclass
class Measurer:
    """Each folder within a time; how far it is can be asked at any moment."""

    home: Path
    device: EnrolledDevice
    open_files: OpenFiles
    budget_seconds: float = BUDGET_SECONDS
    _found: dict[bytes, Measure] = field(default_factory=dict)
    _change: threading.Condition = field(default_factory=threading.Condition)
    _stopped: bool = False
    _thread: threading.Thread | None = None

    def add(self, paths: Iterable[bytes]) -> None:
        with self._change:
            for path in paths:
                self._found.setdefault(path, Measure())
            if self._thread is None:
                self._thread = threading.Thread(target=self._measure_all, daemon=True)
                self._thread.start()
            self._change.notify_all()

    def of(self, path: bytes) -> Measure:
        with self._change:
            return self._found.get(path, Measure())

    def wait(self, paths: Iterable[bytes]) -> None:
        """Until all of these are measured."""
        for path in paths:
            while self.of(path).state in ("waiting", "running") and not self._stopped:
                time.sleep(0.05)

    def stop(self) -> None:
        """Let the disk alone from now on."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def _measure_all(self) -> None:
        while True:
            with self._change:
                path = self._next()
                while path is None and not self._stopped:
                    self._change.wait()
                    path = self._next()
            if path is None or self._stopped:
                return
            self._measure(path)

    def _next(self) -> bytes | None:
        waiting = (path for path, one in self._found.items() if one.state == "waiting")
        return next(waiting, None)

    def _measure(self, path: bytes) -> None:
        self._put(path, Measure("running"))
        until = time.monotonic() + self.budget_seconds
        settings = replace(new_settings(), roots=(path,))
        looked = _Looked(self.home, self.device, settings, self.open_files((path,)))

        def goes_on() -> bool:
            return not self._stopped and time.monotonic() < until

        try:
            found = preview(looked, None, _Counting(self, path), goes_on=goes_on)
        except Exception as failure:  # noqa: BLE001  one folder less to point at, no more
            log_failure(failure, "not-measured")
            self._put(path, replace(self.of(path), state="failed"))
        else:
            self._put(path, _measured(found))

    def _put(self, path: bytes, measure: Measure) -> None:
        with self._change:
            self._found[path] = measure

    def count(self, path: bytes, files: int, size: int) -> None:
        with self._change:
            known = self._found[path]
            self._found[path] = replace(known, files=known.files + files, bytes=known.bytes + size)


@dataclass(frozen=True, slots=True)
class _Counting:
    """Hears how a look goes on."""

    measurer: Measurer
    path: bytes

    def phase(self, text: str) -> None:
        LOG.info("%s", text)

    def found(self, files: int, bytes: int) -> None:
        self.measurer.count(self.path, files, bytes)

    def done(self, files: int, bytes: int) -> None: ...
    def sent(self, bytes: int) -> None: ...
    def problem(self, problem: Problem) -> None: ...


def _measured(found: Preview) -> Measure:
    return Measure(
        "done" if found.complete else "partly",
        found.files,
        found.bytes,
        sum(number for _, number in found.problem_counts),
        found.junk,
        found.piles,
    )
