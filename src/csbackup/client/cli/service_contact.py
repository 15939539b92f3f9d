"""The service's word to the server that this device lives, and whether it rests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Literal

from csbackup import __version__
from csbackup.client.cli.reaching import reach_own
from csbackup.client.config import Home
from csbackup.client.connection import Connection
from csbackup.client.log import LOG, log_failure
from csbackup.client.platform.description import describe_os
from csbackup.errors import CsbError
from csbackup.protocol.messages import CheckIn, CheckInAnswer

State = Literal["idle", "running", "paused"]

EVERY_SECONDS = 60.0
_PAUSES = (60.0, 120.0, 300.0, 900.0)  # after so many failures in a row
_SOON_SECONDS = 2.0  # several changes in a row are told together


class Contact:
    """Checks in each minute, and soon after the state changed, until `stop`.

    `on_answer` hears what the server says to it, in this thread.
    """

    def __init__(
        self, home: Home, on_answer: Callable[[CheckInAnswer], None] | None = None
    ) -> None:
        self._home = home
        self._on_answer = on_answer
        self._state: State = "idle"
        self._told: State | None = None
        self._failures = 0
        self._connection: Connection | None = None
        self._stopping = False
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._run, name="contact", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """A request that is under way ends with the process."""
        self._stopping = True
        self._news.set()

    def say(self, state: State) -> None:
        """What this device does now."""
        self._state = state
        if state != self._told:
            self._news.set()

    def _run(self) -> None:
        while not self._stopping:
            done = self._check_in()
            self._failures = 0 if done else self._failures + 1
            pause = EVERY_SECONDS if done else _PAUSES[min(self._failures, len(_PAUSES)) - 1]
            if self._news.wait(pause) and not self._stopping:
                time.sleep(_SOON_SECONDS)
            self._news.clear()

    def _check_in(self) -> bool:
        state = self._state
        try:
            if self._connection is None:
                self._connection = reach_own(self._home)[1]
            answer = self._connection.check_in(CheckIn(__version__, describe_os(), state))
        except CsbError as failure:
            if not self._failures:
                log_failure(failure, failure.code)
            self._connection = None
            return False
        if state != self._told:
            LOG.info("told the server: %s", state)
        self._told = state
        if self._on_answer is not None:
            self._on_answer(answer)
        return True
