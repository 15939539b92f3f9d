"""Gathers what `csb status` tells, without waiting long for a server or a disk that hangs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from csbackup import __version__
from csbackup.client.backup.run import LOCK
from csbackup.client.browse.chain import read_history
from csbackup.client.browse.nodes import NodeReader
from csbackup.client.cli.reaching import reach_own
from csbackup.client.cli.service_state import running_service
from csbackup.client.cli.standing import Facts, ServerFacts
from csbackup.client.config import Home
from csbackup.client.connection import Connection
from csbackup.client.files import FileSource, LiveFiles
from csbackup.client.heads import Heads
from csbackup.client.keyring import EnrolledDevice, load_device
from csbackup.client.last_run import load_last_run
from csbackup.client.pausing import load_pause
from csbackup.client.platform.description import describe_os
from csbackup.client.platform.locking import is_held
from csbackup.client.pushed.memory import load_memory as load_pushed
from csbackup.client.settings import load_settings
from csbackup.client.update.installation import find_installed
from csbackup.client.update.memory import load_memory as load_updates
from csbackup.errors import CsbError, ServerUnreachable
from csbackup.protocol.messages import CheckIn, UpdateReport
from csbackup.rules.schedule import paused_until

ANSWER_SECONDS = 6.0  # until the server says anything
HISTORY_SECONDS = 20.0  # and until it told all snapshots
DISK_SECONDS = 2.0


def gather_facts(home: Home, *, answer_seconds: float = ANSWER_SECONDS) -> Facts:
    """How things stand now; `NotEnrolled` where this machine is not set up."""
    device = load_device(home)
    settings = load_settings(home)
    roots = settings.roots if settings else ()
    return Facts(
        device=device,
        settings=settings,
        last=load_last_run(home),
        server=_ask(home, device, answer_seconds),
        now_ns=time.time_ns(),
        absent=tuple(absent_roots(roots, LiveFiles(roots, patience_seconds=DISK_SECONDS))),
        running=is_held(home.path / LOCK),
        service=running_service(home),
        paused_until=paused_until(load_pause(home), time.time_ns()),
        unseen=load_pushed(home).unseen,
        installed=find_installed(os.environ),
        last_update=_last_update(home),
    )


def _last_update(home: Home) -> UpdateReport | None:
    try:
        return load_updates(home).last
    except CsbError as problem:
        return UpdateReport("failed", "", problem.code, str(problem))


class _Answer:
    """Fills up while the server answers."""

    def __init__(self) -> None:
        self.facts = ServerFacts()
        self.unforeseen: Exception | None = None
        self.reached = threading.Event()
        self.done = threading.Event()


def _ask(home: Home, device: EnrolledDevice, answer_seconds: float) -> ServerFacts:
    """In a thread of its own, which is left behind when it takes too long."""
    answer = _Answer()
    threading.Thread(target=_fill, args=(answer, home, device), daemon=True).start()
    if not answer.reached.wait(answer_seconds):
        why = f"it did not answer within {answer_seconds:g} seconds"
        return ServerFacts(failure=str(ServerUnreachable(device.url, why)))
    answer.done.wait(HISTORY_SECONDS)
    if answer.unforeseen is not None:
        raise answer.unforeseen
    return answer.facts


def _fill(answer: _Answer, home: Home, device: EnrolledDevice) -> None:
    reached = False
    try:
        _, connection = reach_own(home)
        reached = True
        answer.facts = ServerFacts(reached=True)
        answer.reached.set()
        answer.facts = _told(home, device, connection)
    except CsbError as failure:
        answer.facts = ServerFacts(reached=reached, failure=str(failure))
    except Exception as failure:  # noqa: BLE001  the thread that waits raises it
        answer.unforeseen = failure
    finally:
        answer.reached.set()
        answer.done.set()


def _told(home: Home, device: EnrolledDevice, connection: Connection) -> ServerFacts:
    """Checked as any reader checks it."""
    heads = Heads(home, {device.device: device.device_name})
    answer = connection.check_in(CheckIn(__version__, describe_os(), _state(home)))
    heads.check(answer.heads)
    history = read_history(connection, device.device, device.keys)
    facts = ServerFacts(reached=True, snapshots=(), orders=answer.orders, release=answer.release)
    if not history.whole:
        return facts
    roots = NodeReader(connection).roots(history.last().snapshot.roots)
    names = tuple(root.name for root in roots)
    return replace(facts, snapshots=history.whole, roots=names)


def _state(home: Home) -> Literal["idle", "running", "paused"]:
    if is_held(home.path / LOCK):
        return "running"
    return "paused" if paused_until(load_pause(home), time.time_ns()) else "idle"


def absent_roots(roots: Iterable[bytes], files: FileSource) -> Iterator[tuple[bytes, str]]:
    """Which are not there now, and why."""
    for root in roots:
        try:
            files.status(root)
        except TimeoutError:
            yield root, "not answering: does a network share or disk hang?"
        except OSError:
            yield root, "not there: is a disk not connected?"
