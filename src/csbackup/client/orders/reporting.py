"""Telling the server how an order goes, every second or two, and hearing that it is over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from csbackup.client.connection import Connection
from csbackup.client.log import LOG
from csbackup.client.problems import Problem
from csbackup.client.restore.context import Progress, RestoreResult
from csbackup.errors import ClientError, CsbError, RemoteError
from csbackup.format.ids import OrderId
from csbackup.protocol.messages import OrderProblem, OrderReport

BETWEEN_REPORTS = 1.5
_SIGN_OF_LIFE = 10
MOST_LINES = 50
GOING = ("waiting", "accepted", "running")


class OrderStopped(ClientError):
    """It was withdrawn, or it expired, while it was carried out."""

    code = "order-stopped"

    def __init__(self, state: str) -> None:
        super().__init__(f"The order is {state}: what is here already stays, the rest is left.")
        self.state = state


class OrderProgress:
    """Counts what a restore does; passes it on to `inner`, and stops when the order is over."""

    def __init__(self, inner: Progress) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._found = [0, 0]
        self._done = [0, 0]
        self._problems = 0
        self._lines: list[OrderProblem] = []
        self.ended = ""

    def phase(self, text: str) -> None:
        self._inner.phase(text)

    def found(self, files: int, bytes: int) -> None:
        with self._lock:
            self._found = [self._found[0] + files, self._found[1] + bytes]
        self._inner.found(files, bytes)

    def done(self, files: int, bytes: int) -> None:
        with self._lock:
            self._done = [self._done[0] + files, self._done[1] + bytes]
        self._inner.done(files, bytes)
        if self.ended:
            raise OrderStopped(self.ended)

    def problem(self, problem: Problem) -> None:
        with self._lock:
            self._problems += 1
            if len(self._lines) < MOST_LINES:
                self._lines.append(_line(problem))

    def report(self) -> OrderReport:
        """How it goes now."""
        with self._lock:
            return OrderReport(
                state="running",
                files=self._found[0],
                bytes=self._found[1],
                files_done=self._done[0],
                bytes_done=self._done[1],
                problems=self._problems,
                problem_lines=tuple(self._lines),
            )


@contextmanager
def reporting(connection: Connection, order: OrderId, progress: OrderProgress) -> Iterator[None]:
    """While this holds, the server hears how `progress` goes on."""
    over = threading.Event()
    thread = threading.Thread(
        target=_report_until, args=(over, connection, order, progress), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _report_until(
    over: threading.Event, connection: Connection, order: OrderId, progress: OrderProgress
) -> None:
    told, quiet = None, 0
    while not over.wait(BETWEEN_REPORTS):
        report = progress.report()
        quiet += 1
        if report == told and quiet < _SIGN_OF_LIFE:
            continue
        try:
            verdict = connection.report_order(order, report)
        except RemoteError as failure:
            LOG.warning("the server did not hear how the order goes: %s", type(failure).__name__)
            continue
        told, quiet = report, 0
        if verdict.state not in GOING:
            progress.ended = verdict.state
            return


def final_report(result: RestoreResult, found: OrderReport) -> OrderReport:
    """`failed` when nothing at all could be written."""
    serious = sum(not problem.ignored for problem in result.problems)
    nothing = serious and found.files and not result.files + result.skipped
    return OrderReport(
        state="failed" if nothing else "done",
        files=found.files,
        bytes=found.bytes,
        files_done=result.files + result.skipped,
        bytes_done=result.bytes,
        files_skipped=result.skipped,
        problems=len(result.problems),
        problem_lines=tuple(_line(problem) for problem in result.problems[:MOST_LINES]),
        message="Nothing could be written: see the problems." if nothing else "",
    )


def failed_report(failure: CsbError, found: OrderReport) -> OrderReport:
    return OrderReport(
        state="failed",
        files=found.files,
        bytes=found.bytes,
        files_done=found.files_done,
        bytes_done=found.bytes_done,
        problems=found.problems,
        problem_lines=found.problem_lines,
        message=f"{failure} [{failure.code}]",
    )


def _line(problem: Problem) -> OrderProblem:
    return OrderProblem(problem.kind, problem.path.decode(errors="replace"), problem.message)
