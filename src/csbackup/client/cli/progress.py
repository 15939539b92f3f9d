"""How far a run is: a live bar on a terminal, a line now and then elsewhere, and in the log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import click

from csbackup.client.backup.context import Progress
from csbackup.client.cli.output import printable, size
from csbackup.client.log import LOG, field
from csbackup.client.problems import Problem

SECONDS_BETWEEN_LINES = 10.0
PROBLEMS_LOGGED = 1_000
SIGNS = {
    "added": "+",
    "removed": "-",
    "changed": "M",
    "metadata": "m",
    "restored": "+",
    "skipped": "=",
}


class Reported(Protocol):
    """A problem of any run."""

    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> bytes: ...
    @property
    def message(self) -> str: ...
    @property
    def ignored(self) -> bool: ...


class Silent:
    """Nobody looks; phases and problems are in the log."""

    def __init__(self) -> None:
        self._problems = 0

    def phase(self, text: str) -> None:
        LOG.info("%s", text)

    def found(self, files: int, bytes: int) -> None: ...
    def done(self, files: int, bytes: int) -> None: ...
    def sent(self, bytes: int) -> None: ...

    def problem(self, problem: Reported) -> None:
        """Problems are told at the end, all together."""
        self._problems += 1
        if self._problems <= PROBLEMS_LOGGED:
            LOG.warning("problem class=%s %s", problem.kind, field("path", problem.path))
        elif self._problems == PROBLEMS_LOGGED + 1:
            LOG.warning("more problems, which are counted at the end only")


class Counting(Silent):
    """Adds up what a run reports, from whichever thread, and shows it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._text = ""
        self._found = [0, 0]
        self._done = [0, 0]
        self._sent = 0
        self._started = time.monotonic()

    def phase(self, text: str) -> None:
        super().phase(text)
        with self._lock:
            self._text = text
            self.show(new_phase=True)

    def found(self, files: int, bytes: int) -> None:
        with self._lock:
            self._found = [self._found[0] + files, self._found[1] + bytes]
            self.show()

    def done(self, files: int, bytes: int) -> None:
        with self._lock:
            self._done = [self._done[0] + files, self._done[1] + bytes]
            self.show()

    def sent(self, bytes: int) -> None:
        with self._lock:
            self._sent += bytes
            self.show()

    def show(self, *, new_phase: bool = False) -> None:
        raise NotImplementedError

    def _summary(self) -> str:
        if not self._done[0]:
            return f"{self._found[0]:,} files found, {size(self._found[1])}"
        files, amount = self._done
        seconds = max(time.monotonic() - self._started, 0.001)
        return f"{files:,} files, {size(amount)}, {size(amount / seconds)}/s"


class Lines(Counting):
    """For logs and pipes: each phase, and a line every ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.monotonic()

    def show(self, *, new_phase: bool = False) -> None:
        now = time.monotonic()
        if new_phase:
            click.echo(f"{self._text} ...", err=True)
        elif now - self._last < SECONDS_BETWEEN_LINES:
            return
        else:
            sent = f", {size(self._sent)} sent" if self._sent else ""
            click.echo(f"{self._text}: {self._summary()}{sent}", err=True)
        self._last = now


class Bar(Counting):
    """For people: files, bytes, rate and time left, redrawn ten times a second."""

    def __init__(self, bar: Any, task: Any) -> None:
        super().__init__()
        self._bar = bar
        self._task = task
        self._drawn = 0.0

    def show(self, *, new_phase: bool = False) -> None:
        now = time.monotonic()
        if not new_phase and now - self._drawn < 0.1:
            return
        self._drawn = now
        files = f"{self._done[0]:,} files" if self._done[0] else f"{self._found[0]:,} found"
        total = max(self._found[1], self._done[1]) if self._done[0] else None
        sent = f"{size(self._sent)} sent" if self._sent else ""
        self._bar.update(
            self._task,
            description=printable(self._text.encode()),
            completed=self._done[1],
            total=total,
            files=files,
            sent=sent,
        )


class Naming(Lines):
    """Names each problem as it happens."""

    def problem(self, problem: Reported) -> None:
        super().problem(problem)
        path = f"{printable(problem.path)}: " if problem.path else ""
        message = printable(problem.message.encode(errors="surrogateescape"))
        click.echo(f"! {problem.kind}: {path}{message}", err=True)


class Both:
    """Tells two that listen."""

    def __init__(self, one: Progress, other: Progress) -> None:
        self._several = (one, other)

    def phase(self, text: str) -> None:
        for each in self._several:
            each.phase(text)

    def found(self, files: int, bytes: int) -> None:
        for each in self._several:
            each.found(files, bytes)

    def done(self, files: int, bytes: int) -> None:
        for each in self._several:
            each.done(files, bytes)

    def sent(self, bytes: int) -> None:
        for each in self._several:
            each.sent(bytes)

    def problem(self, problem: Problem) -> None:
        for each in self._several:
            each.problem(problem)


def name_file(path: bytes, change: str) -> None:
    """What became of a file, on a line of its own."""
    click.echo(f"{SIGNS[change]} {printable(path)}", err=True)


@contextmanager
def open_progress(*, quiet: bool, verbose: bool = False) -> Iterator[Silent]:
    """`verbose`: names scroll by in place of the bar. `quiet` wins."""
    if quiet:
        yield Silent()
    elif verbose:
        yield Naming()
    elif not sys.stderr.isatty():
        yield Lines()
    else:
        with _live_bar() as bar:
            yield bar


@contextmanager
def _live_bar() -> Iterator[Bar]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[files]}"),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[sent]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, expand=True) as bar:
        yield Bar(bar, bar.add_task("Starting", total=None, files="", sent=""))
