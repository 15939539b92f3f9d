"""The service's part in updates: it asks now and then, installs beside the backups, and becomes
the other version between two of them.

For that the service ends, to be started again by the start script: where systemd (or whoever sets
CSB_SUPERVISED) restarts it, with exit code 75, "start me again"; else it becomes the start script
itself.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn, Protocol

from csbackup.client.cli.program import UNFORESEEN, code_of
from csbackup.client.cli.update import WISH
from csbackup.client.cli.updating import UPDATE_LOCK, ask, become
from csbackup.client.config import Home, seconds_from
from csbackup.client.log import LOG, log_failure
from csbackup.client.platform.locking import only_run
from csbackup.client.update.installation import VARIABLE, find_installed
from csbackup.client.update.trial import is_on_trial, note_rest, sweep
from csbackup.errors import CsbError
from csbackup.protocol.messages import CheckInAnswer

START_AGAIN = 75  # EX_TEMPFAIL
CHECK_IN_SECONDS = 900.0
SOON_SECONDS = 30.0  # when a backup was in the way
TRIAL_SECONDS = 10.0  # between two tries to reach the server on trial
_LOOK_SECONDS = 5.0  # for a wish
_END_SECONDS = 2.0


class Nap(Protocol):
    """Waits, and ends early when the service is to stop."""

    @property
    def is_set(self) -> bool: ...
    def wait(self, seconds: float) -> None: ...


class ServiceUpdates:
    """Lives as long as the service. Whatever fails here, backups go on.

    `end` is called, in a thread of its own, when another version is installed: the service is to
    end after what it does now. `start_again` then says why it ended.
    """

    def __init__(self, home: Home, end: Callable[[], None]) -> None:
        self._home = home
        self._end = end
        self._installed = find_installed(os.environ)
        self._every = seconds_from(os.environ, "CSB_CHECK_IN_SECONDS", CHECK_IN_SECONDS)
        self._next = 0.0
        self._heard: str | None = None
        self._over = threading.Event()
        self.start_again = False

    def prove(self, nap: Nap) -> None:
        """On trial nothing else begins before the server has answered; the start script goes back
        when that takes too long."""
        installation = self._installed.installation
        while installation is not None and is_on_trial(installation) and not nap.is_set:
            self._look()
            if is_on_trial(installation):
                nap.wait(TRIAL_SECONDS)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Meanwhile releases are asked for, in a thread of their own."""
        thread = threading.Thread(target=self._look_again_and_again, name="updates", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(_END_SECONDS)  # a download that is under way ends with the process
            installation = self._installed.installation
            if installation is not None and not self.start_again:
                note_rest(installation)

    def hear(self, answer: CheckInAnswer) -> None:
        """What the server said to somebody else here: another release is looked at soon."""
        if answer.release != self._heard:
            self._heard = answer.release
            self._next = 0.0

    def _look_again_and_again(self) -> None:
        self._sweep()
        while not self._over.is_set() and not self.start_again:
            if time.monotonic() >= self._next or self._home.read(WISH) is not None:
                self._look()
            self._over.wait(_LOOK_SECONDS if self._every > _LOOK_SECONDS else self._every)

    def _sweep(self) -> None:
        installation = self._installed.installation
        if installation is not None:
            with suppress(OSError, CsbError), only_run(installation.path(UPDATE_LOCK)):
                sweep(installation)

    def _look(self) -> None:
        self._next = time.monotonic() + self._every
        try:
            self._home.remove(WISH)
            self._ask_and_become()
        except CsbError as failure:
            log_failure(failure, code_of(failure))
        except Exception as failure:  # noqa: BLE001  nothing here may stop backups
            log_failure(failure, UNFORESEEN)

    def _ask_and_become(self) -> None:
        asked = ask(self._home, self._installed)
        installation = self._installed.installation
        if asked.plan.action == "wait":
            self._next = min(self._next, time.monotonic() + SOON_SECONDS)
        if asked.plan.action == "update" and installation is not None:
            become(asked, self._home, installation, LOG.info)
            self.start_again = True
            self._end()

    def restart(self) -> NoReturn:
        """As another version; the service has let go of everything."""
        LOG.info("the service starts again as another version")
        if os.environ.get("CSB_SUPERVISED") or _systemd_runs_us():
            sys.exit(START_AGAIN)
        program = Path(os.environ[VARIABLE]) / "csb"
        os.execv(program, [str(program), *sys.argv[1:]])  # noqa: S606  the start script


def _systemd_runs_us() -> bool:
    return os.environ.get("SYSTEMD_EXEC_PID") == str(os.getpid())
