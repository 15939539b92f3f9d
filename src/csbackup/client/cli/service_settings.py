"""The service's ear for settings: what others changed is taken, what changed here is told."""

from __future__ import annotations

from csbackup.client.config import Home
from csbackup.client.connection import Connection
from csbackup.client.log import LOG, log_failure
from csbackup.client.pushed.taking import attend, differs
from csbackup.errors import CsbError, Refused

_NO_SUCH_ROUTE = "not-found"


class SettingsEar:
    """`revision`: the newest that was seen to; None when it has to be asked for."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._server_is_older = False
        self.revision: int | None = None

    def see_to(self, connection: Connection, revision: int | None = None) -> None:
        """Something may be new: at `revision` on the server, or here. A failure is for next time:
        whoever listens has other things to hear."""
        if self._server_is_older:
            return
        try:
            if revision is None or revision != self.revision or differs(self._home):
                self.revision = None
                self.revision = attend(self._home, connection)
        except Refused as refusal:
            self._server_is_older = refusal.problem == _NO_SUCH_ROUTE
            LOG.warning("settings are not exchanged: %s", refusal.problem)
        except CsbError as failure:
            log_failure(failure, failure.code)
