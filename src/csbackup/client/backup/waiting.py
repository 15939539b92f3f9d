"""Says that a run waits for its server, and what it goes on with afterwards."""

from __future__ import annotations

import threading

from csbackup.client.backup.context import Progress
from csbackup.client.problems import Problem


class Waiting:
    """A run's progress that also hears of waiting, from several threads at once."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._phase = ""
        self._waiting: set[int] = set()

    def wait(self, why: str) -> None:
        """This thread waits for the server, and why; or no longer, without a reason."""
        thread = threading.get_ident()
        with self._lock:
            before = bool(self._waiting)
            if why:
                self._waiting.add(thread)
            else:
                self._waiting.discard(thread)
            if bool(self._waiting) != before:
                self._progress.phase(f"Waiting for the server: {why}" if why else self._phase)

    def phase(self, text: str) -> None:
        with self._lock:
            self._phase = text
            if not self._waiting:
                self._progress.phase(text)

    def found(self, files: int, bytes: int) -> None:
        self._progress.found(files, bytes)

    def done(self, files: int, bytes: int) -> None:
        self._progress.done(files, bytes)

    def sent(self, bytes: int) -> None:
        self._progress.sent(bytes)

    def problem(self, problem: Problem) -> None:
        self._progress.problem(problem)
