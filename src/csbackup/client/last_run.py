"""How the last backup of this machine ended: `last-run.json` in the state folder.

For `csb status` and the service, also when the server does not answer. Losing it does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from csbackup.client.config import Home
from csbackup.client.problems import Group
from csbackup.errors import RequestError
from csbackup.protocol.adapter import Hex, parse, render

FILE = "last-run.json"


@dataclass(frozen=True, slots=True)
class LastRun:
    """`failure` is empty when a snapshot was made; then `succeeded` equals `ended`."""

    ended: int  # nanoseconds since 1970
    succeeded: int  # when the last snapshot was made, by this run or an earlier one; 0: never
    failure: str = ""
    snapshot: Hex = b""
    sequence: int = 0
    files: int = 0
    bytes: int = 0
    coverage: float = 0.0
    problems: int = 0
    first: int = 0  # when the first snapshot was made, as far as this file goes back
    roots: tuple[Hex, ...] = ()  # what the last snapshot holds
    groups: tuple[Group, ...] = ()  # its problems by class
    failure_code: str = ""
    failing_since: int = 0  # when the first of the runs ended that failed for the same reason

    def failed(self, now_ns: int, failure: str, code: str) -> LastRun:
        """After another run, which made no snapshot."""
        same = self.failure and code == self.failure_code
        since = self.failing_since if same else now_ns
        return replace(self, ended=now_ns, failure=failure, failure_code=code, failing_since=since)


def load_last_run(home: Home) -> LastRun | None:
    """None before the first run, and when the file is damaged: the next run writes it anew."""
    try:
        found = home.read_json(FILE)
        return parse(LastRun, found.value, "It") if found else None
    except (ValueError, RequestError):
        return None


def save_last_run(home: Home, run: LastRun) -> None:
    home.write_json(FILE, render(run))
