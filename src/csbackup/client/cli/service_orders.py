"""The service's ear for restore orders: it hears of one at once, and has `csb orders run` do it.
By the same request it hears of settings.

Another process carries orders out, since a restore sets the mask of new files and takes memory,
both for its whole process.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable

from csbackup.client.cli.reaching import reach_own
from csbackup.client.cli.service_settings import SettingsEar
from csbackup.client.config import Home
from csbackup.client.connection import Connection
from csbackup.client.log import LOG, log_failure
from csbackup.errors import CsbError

WAIT_SECONDS = 25
_PAUSES = (1.0, 5.0, 15.0, 60.0)  # after so many failures in a row: no server makes us hurry
_END_SECONDS = 10.0
_COMMAND = ("-m", "csbackup.client.cli", "orders", "run", "--quiet")


class OrderListener:
    """Runs in a thread of its own until `stop`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._stopping = threading.Event()
        self._revision = 0
        self._failures = 0
        self._thread = threading.Thread(target=self._listen, name="orders", daemon=True)
        self._connection: Connection | None = None
        self._settings = SettingsEar(home)
        self._carrying = False

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is being carried out is stopped, and goes on another time."""
        self._stopping.set()
        if self._connection is not None:
            self._connection.transport.close()
        if self._carrying:  # who only waits for news ends with the process
            self._thread.join(_END_SECONDS + 1)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            done = self._try(self._hear)
            self._failures = 0 if done else self._failures + 1
            self._stopping.wait(_PAUSES[min(self._failures, len(_PAUSES) - 1)])

    def _try(self, work: Callable[[], bool]) -> bool:
        try:
            return work()
        except CsbError as failure:
            if not self._stopping.is_set():
                log_failure(failure, failure.code)
            self._connection = None
            return False

    def _hear(self) -> bool:
        """Wait for something new, and see to it. False when it has to be tried again."""
        if self._connection is None:
            self._connection = reach_own(self._home)[1]
            self._settings.see_to(self._connection)
        known = self._settings.revision
        found = self._connection.orders(self._revision, WAIT_SECONDS, settings=known)
        self._settings.see_to(self._connection, found.settings)
        news = found.revision != self._revision
        if news and found.orders and not self._stopping.is_set() and not self._carry_out():
            return False
        self._revision = found.revision
        return True

    def _carry_out(self) -> bool:
        LOG.info("the service has orders carried out")
        self._carrying = True
        command = [sys.executable, *_COMMAND]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  ourselves
        while process.poll() is None:
            if self._stopping.wait(0.5):
                _end(process)
        self._carrying = False
        return process.returncode in (0, 1)


def _end(process: subprocess.Popen[bytes]) -> None:
    """As a person stops it; without mercy where it still waits for a server."""
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
