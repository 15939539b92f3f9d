"""A server, its admin, and a device with an installed client, for tests of updates."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from csbackup.client.config import Home
from csbackup.client.connection import open_transport, read_address
from csbackup.client.connection.person import PersonConnection
from csbackup.client.unlock import Secret, unlock
from csbackup.protocol import messages
from csbackup.protocol.adapter import render
from support.processes import Server
from support.updating import InstalledClient, install, release

PATIENCE_SECONDS = 90.0
QUICK = {
    "CSB_CHECK_IN_SECONDS": "1",
    "CSB_TRIAL_STARTS": "2",
    "CSB_TRIAL_SECONDS": "45",
}


def until(holds: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.2)


@dataclass(frozen=True)
class Admin:
    """An admin who calls the API, as the page does."""

    connection: PersonConnection

    def rollout(self) -> Any:
        answer = self.connection.transport.ask(messages.ReleaseOverview, "GET", "admin/rollout")
        return render(answer)

    def set_rollout(self, version: str, stage: messages.Stage, *first: bytes) -> None:
        rollout = messages.Rollout(version, stage, first)
        ask = self.connection.transport.ask
        ask(messages.ReleaseOverview, "PUT", "admin/rollout", rollout)


@dataclass
class Device(InstalledClient):
    """A device of which somebody, or nobody, restarts the service."""

    @contextmanager
    def serving(self, *, supervised: bool = True, **env: str) -> Iterator[None]:
        """The service runs meanwhile. `supervised`: it is started again whenever it ends."""
        stopping = Event()
        env = env | ({"CSB_SUPERVISED": "1"} if supervised else {})
        groups: list[int] = []

        def serve() -> None:
            while not stopping.is_set():
                process = self.service(**env)
                groups.append(process.pid)
                process.wait()
                if not supervised:
                    return
                stopping.wait(0.2)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            while thread.is_alive():
                _end(groups)
                thread.join(0.5)
            _end(groups)


def _end(groups: list[int]) -> None:
    """Each service was given a process group of its own; whoever watches it is in there too."""
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


@dataclass
class House:
    server: Server
    admin: Admin
    device: Device

    def offer(self, version: str, *, content: bytes | None = None, **options: Any) -> None:
        """Give a release to all devices."""
        release(version, content, **options).write(self.server.data / "releases")
        self.admin.set_rollout(version, "all")

    def row(self) -> Any:
        """What the admin sees of the device."""
        rows = self.admin.rollout()["devices"]
        return next(row for row in rows if row["name"] == "laptop")


def furnish(
    server: Server, place: Path, version: str = "0.1.0", content: bytes | None = None
) -> House:
    """A device with that version, whose person is an admin too."""
    install(place / "an installation", version, content)
    device = Device(
        place / "home",
        server.url,
        server.pin,
        environment=QUICK,
        folder=place / "an installation",
    )
    device.register("anna", device="laptop")
    server.admin("admin", "create", "anna")
    transport = open_transport(Home(device.home), read_address(server.url), server.pin)
    opened = unlock(transport, "anna", Secret(password=device.password))
    return House(server, Admin(opened.connection), device)
