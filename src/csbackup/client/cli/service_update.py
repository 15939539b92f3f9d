"""The service's part in updates: it asks now and then, and becomes another version between runs.

After an update the service ends, to be started again by the start script: where systemd (or
whoever sets CSB_SUPERVISED) restarts it, with exit code 75, "start me again"; else it becomes the
start script itself.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import NoReturn

from csbackup.client.cli.program import UNFORESEEN, code_of
from csbackup.client.cli.update import WISH
from csbackup.client.cli.updating import ask, become
from csbackup.client.config import Home, seconds_from
from csbackup.client.log import LOG, log_failure
from csbackup.client.update.installation import VARIABLE, find_installed
from csbackup.client.update.trial import is_on_trial, note_rest
from csbackup.errors import CsbError

START_AGAIN = 75  # EX_TEMPFAIL
CHECK_IN_SECONDS = 900.0
TRIAL_SECONDS = 10.0  # between two tries to reach the server on trial


class ServiceUpdates:
    """Lives as long as the service. Whatever fails here, backups go on."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._installed = find_installed(os.environ)
        self._every = seconds_from(os.environ, "CSB_CHECK_IN_SECONDS", CHECK_IN_SECONDS)
        self._next = 0.0
        self.start_again = False

    @property
    def on_trial(self) -> bool:
        """Backups wait until the server has answered this version, or another one runs again."""
        installation = self._installed.installation
        return installation is not None and is_on_trial(installation)

    @property
    def look_seconds(self) -> float:
        """How long until `look` has something to do."""
        return max(0.0, self._next - time.monotonic())

    def look(self) -> None:
        """Between two runs: check in when it is time, and install what is wanted. Afterwards
        `start_again` says whether the service has to end for it."""
        if time.monotonic() < self._next and self._home.read(WISH) is None:
            return
        self._next = time.monotonic() + self._every
        self._home.remove(WISH)
        try:
            self._ask_and_become()
        except CsbError as failure:
            log_failure(failure, code_of(failure))
        except Exception as failure:  # noqa: BLE001  nothing here may stop backups
            log_failure(failure, UNFORESEEN)
        if self.on_trial:
            self._next = time.monotonic() + TRIAL_SECONDS

    def _ask_and_become(self) -> None:
        asked = ask(self._home, self._installed)
        installation = self._installed.installation
        if asked.plan.action == "update" and installation is not None:
            become(asked, self._home, installation, LOG.info)
            self.start_again = True

    def rest(self) -> None:
        """The service was asked to stop."""
        if self._installed.installation is not None:
            note_rest(self._installed.installation)

    def restart(self) -> NoReturn:
        """As another version; the service has let go of everything."""
        LOG.info("the service starts again as another version")
        if os.environ.get("CSB_SUPERVISED") or _systemd_runs_us():
            sys.exit(START_AGAIN)
        program = Path(os.environ[VARIABLE]) / "csb"
        os.execv(program, [str(program), *sys.argv[1:]])  # noqa: S606  the start script


def _systemd_runs_us() -> bool:
    return os.environ.get("SYSTEMD_EXEC_PID") == str(os.getpid())
