"""Asks file systems that may never answer, through a process that can be left behind.

A system call on a mount whose server is gone cannot be interrupted, not even by SIGKILL, and a
process with such a call cannot end. So another process makes it. When the time is up, that one
is left where it hangs, and the next question goes to a new one.
"""

from __future__ import annotations

import errno
import marshal
import os
import select
import subprocess
import sys
import time
import weakref
from collections import Counter
from contextlib import suppress
from typing import Any, ClassVar

from csbackup.client.files.worker import LENGTH, send

_IN_A_ROW = 3
_IN_ALL = 20
_START_SECONDS = 60.0
_WORKER = "from csbackup.client.files.worker import main; main()"
_READ_BYTES = 1024 * 1024


class NotAnswering(TimeoutError):
    """The file system did not answer in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(errno.ETIMEDOUT, f"It did not answer within {seconds:g} seconds")


class GivenUp(TimeoutError):
    """The file system did not answer so often that it is no longer asked."""

    def __init__(self) -> None:
        super().__init__(errno.ETIMEDOUT, "Its file system no longer answers, and is passed by")


class Guard:
    """For one thread. A place that keeps it waiting three times in a row is not asked again.

    `python`: the interpreter that the process runs.
    """

    def __init__(self, seconds: float, python: str = sys.executable) -> None:
        self._seconds = seconds
        self._python = python
        self._process: _Process | None = None
        self._in_a_row: Counter[bytes] = Counter()
        self._in_all: Counter[bytes] = Counter()

    def ask(self, place: bytes, call: str, *arguments: Any) -> Any:
        """What that method of `files.worker.Worker` returns, or its `OSError`.

        `place`: the mount whose answer it is. `NotAnswering` when it takes too long.
        """
        if self._in_a_row[place] >= _IN_A_ROW or self._in_all[place] >= _IN_ALL:
            raise GivenUp
        try:
            code, result = self._running().ask((call, arguments), self._seconds)
        except _TooLate:
            self._leave()
            self._in_a_row[place] += 1
            self._in_all[place] += 1
            raise NotAnswering(self._seconds) from None
        except _Ended:
            self._leave()
            raise OSError(errno.EIO, "The process that was reading it ended") from None
        self._in_a_row[place] = 0
        if code:
            raise OSError(code, result)
        return result

    def _running(self) -> _Process:
        if self._process is None:
            try:
                self._process = _Process(self._python)
            except (OSError, _TooLate, _Ended) as failure:
                reason = getattr(failure, "strerror", None) or "it does not run"
                why = f"What reads remote file systems cannot be started: {reason}"
                raise OSError(errno.EIO, why) from failure
        return self._process

    def _leave(self) -> None:
        if self._process is not None:
            self._process.leave()
            self._process = None


class _TooLate(Exception):
    """No answer in time."""


class _Ended(Exception):
    """There will be no answer: the process is gone."""


class _Process:
    """A worker. It ends when it is no longer referred to, unless it hangs.

    It has no file of ours but its two pipes: one that hangs would keep it open.
    """

    _left: ClassVar[list[subprocess.Popen[bytes]]] = []  # to be buried once they have died

    def __init__(self, python: str) -> None:
        self._left[:] = [process for process in self._left if process.poll() is None]
        self._process = subprocess.Popen(  # noqa: S603  ourselves
            [python, "-P", "-c", _WORKER],  # -P: nothing from the current folder
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _end, self._process)
        # That it starts is this machine's time, not that of a file system.
        self.ask(("real_path", (b"/",)), _START_SECONDS)

    def ask(self, request: tuple[str, tuple[Any, ...]], seconds: float) -> tuple[int, Any]:
        assert self._process.stdin is not None  # noqa: S101  as Popen was told
        try:
            send(self._process.stdin, marshal.dumps(request))  # type: ignore[arg-type]
        except OSError as failure:
            raise _Ended from failure
        until = time.monotonic() + seconds
        (length,) = LENGTH.unpack(self._receive(LENGTH.size, until))
        answer: tuple[int, Any] = marshal.loads(self._receive(length, until))  # noqa: S302
        return answer

    def leave(self) -> None:
        """It dies when its call returns, if ever; nobody waits for it."""
        self._end.detach()
        self._process.kill()
        _close_pipes(self._process)
        self._left.append(self._process)

    def _receive(self, length: int, until: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101  as Popen was told
        handle = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        received = bytearray()
        while len(received) < length:
            left = max(until - time.monotonic(), 0.0)
            if not poll.poll(left * 1000):
                raise _TooLate
            some = os.read(handle, min(length - len(received), _READ_BYTES))
            if not some:
                raise _Ended
            received += some
        return bytes(received)


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends with its input."""
    _close_pipes(process)
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
