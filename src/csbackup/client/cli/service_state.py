"""What the service that runs here left for `csb status`: `service.json` in the state folder."""

from __future__ import annotations

import json
from dataclasses import dataclass

from csbackup.client.config import Home
from csbackup.client.platform.locking import is_held
from csbackup.errors import ClientError, RequestError
from csbackup.protocol.adapter import parse, render
from csbackup.rules.schedule import Reason

FILE = "service.json"
LOCK = "service.lock"  # held as long as the service runs, however it ends


class ServiceRunsAlready(ClientError):
    code = "service-runs-already"

    def __init__(self) -> None:
        super().__init__(
            "Another `csb service run` backs this machine up already. Stop that one first."
        )


@dataclass(frozen=True, slots=True)
class ServiceState:
    process: int
    every_seconds: float
    next_due: int  # nanoseconds since 1970; 0: nobody knows
    failures: int = 0  # in a row
    reasons: tuple[Reason, ...] = ()  # why it is due, or what it waits for
    continuous: bool = False
    shortfall: str = ""  # why changes are looked for, and not seen at once


def running_service(home: Home) -> ServiceState | None:
    """What the service says that runs now; None when none does."""
    if not is_held(home.path / LOCK):
        return None
    try:
        content = home.read(FILE)
        return parse(ServiceState, json.loads(content or b""), "It")
    except (ValueError, RequestError):
        return ServiceState(0, 0.0, 0)


def keep_state(home: Home, state: ServiceState) -> None:
    home.write(FILE, json.dumps(render(state), indent=1).encode())
