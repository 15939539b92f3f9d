"""The first backup, beside a page that shows how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from csbackup.client.backup.context import BackupResult, Progress
from csbackup.client.log import LOG, log_failure
from csbackup.client.problems import Problem
from csbackup.errors import CsbError
from csbackup.protocol.messages import FirstRun as Told

NONE = Told("none", "", 0, 0, 0, 0, 0, 0, "", 0.0)

BackUp = Callable[[Progress], BackupResult]


class FirstRun:
    """At most one at a time; one that failed can be begun again.

    It ends with the program, at whatever point: as after a crash, the next run goes on there.
    """

    def __init__(self, back_up: BackUp) -> None:
        self._back_up = back_up
        self._told = NONE
        self._started = 0.0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Go on where it runs already, or is done."""
        with self._lock:
            if self._told.state in ("running", "done", "problems"):
                return
            self._told = replace(NONE, state="running")
            self._started = time.monotonic()
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def told(self) -> Told:
        with self._lock:
            if self._told.state != "running":
                return self._told
            return replace(self._told, seconds=time.monotonic() - self._started)

    def wait(self) -> Told:
        """Until it ended, if it was begun."""
        if self._thread is not None:
            self._thread.join()
        return self.told()

    def _run(self) -> None:
        try:
            result = self._back_up(self)
        except CsbError as failure:
            self._end("failed", message=str(failure))
        except Exception as failure:  # noqa: BLE001  the page has to hear of it
            log_failure(failure, "unforeseen")
            self._end("failed", message=f"{type(failure).__name__}: {failure}")
        else:
            serious = sum(number for kind, number in result.problem_counts)
            with self._lock:
                self._told = replace(
                    self._told,
                    files_done=result.files,
                    bytes_done=result.bytes,
                    bytes_sent=result.bytes_sent,
                    problems=serious,
                )
            self._end("problems" if serious else "done")

    def _end(self, state: Literal["done", "problems", "failed"], message: str = "") -> None:
        with self._lock:
            seconds = time.monotonic() - self._started
            self._told = replace(self._told, state=state, message=message, seconds=seconds)

    # --- as a run tells it, from several threads --------------------------------------------------

    def phase(self, text: str) -> None:
        LOG.info("%s", text)
        with self._lock:
            self._told = replace(self._told, phase=text)

    def found(self, files: int, bytes: int) -> None:
        with self._lock:
            told = self._told
            self._told = replace(told, files=told.files + files, bytes=told.bytes + bytes)

    def done(self, files: int, bytes: int) -> None:
        with self._lock:
            told = self._told
            self._told = replace(
                told, files_done=told.files_done + files, bytes_done=told.bytes_done + bytes
            )

    def sent(self, bytes: int) -> None:
        with self._lock:
            self._told = replace(self._told, bytes_sent=self._told.bytes_sent + bytes)

    def problem(self, problem: Problem) -> None:
        with self._lock:
            self._told = replace(self._told, problems=self._told.problems + 1)
