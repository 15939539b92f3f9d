"""Backing up regularly: due when the last backup is older than asked, not at fixed hours."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import click

from csbackup.client.cli import options
from csbackup.client.cli.opening import choose
from csbackup.client.cli.reaching import own_home
from csbackup.client.cli.service_contact import Contact
from csbackup.client.cli.service_installing import install, start, stop, uninstall
from csbackup.client.cli.service_orders import OrderListener
from csbackup.client.cli.service_standing import status
from csbackup.client.cli.service_state import (
    LOCK,
    ServiceRunsAlready,
    ServiceState,
    keep_state,
)
from csbackup.client.cli.service_update import ServiceUpdates
from csbackup.client.cli.service_work import RegularBackup, Stopping
from csbackup.client.config import Home, whole_number_from
from csbackup.client.connection import read_address
from csbackup.client.keyring import load_device
from csbackup.client.log import LOG
from csbackup.client.platform.locking import only_run
from csbackup.client.platform.telling import tell_supervisor
from csbackup.client.service.loop import Loop
from csbackup.client.service.memory import HomeMemory
from csbackup.client.service.watch import FolderWatch
from csbackup.client.service.world import RealWorld
from csbackup.errors import CsbError, RunInProgress
from csbackup.rules.schedule import Verdict

SAME_MOMENT_NS = 2_000_000_000
_SHORTEST_MINUTES = 0.05


@click.group()
def service() -> None:
    """Back up regularly."""


for command in (install, uninstall, start, stop, status):
    service.add_command(command)


@service.command(
    epilog="""
\b
Examples:
  csb service run
  csb service run --every 30      whatever `csb schedule` says

\b
When it backs up: csb schedule. How fast: csb limits. Not for a while: csb pause.
Changes of these count within seconds; the service need not be started again.
"""
)
@click.option(
    "--every",
    "minutes",
    type=click.FloatRange(min=_SHORTEST_MINUTES),
    metavar="MINUTES",
    help="Back up when the last backup is older; without it, as `csb schedule` says.",
)
@options.shared
def run(minutes: float | None, as_json: bool) -> None:
    """Stay, back up whenever it is due, and carry out restore orders, until stopped."""
    home = own_home()
    device = load_device(home)
    stopping = Stopping()
    stopping.listen()
    with _only_service(home):
        memory = HomeMemory(home, minutes)
        every = memory.schedule().every_minutes
        click.echo(f"Backing up every {every:g} minutes.", err=as_json)
        LOG.info("the service begins, every %g minutes", every)
        near = read_address(device.url).host in ("localhost", "127.0.0.1", "::1")
        updates = ServiceUpdates(home, stopping.after_this)
        tell_supervisor("READY=1")  # also on trial, where the server may be long in answering
        updates.prove(stopping)
        with (
            _listening(home, updates) as contact,
            updates.beside(),
            FolderWatch(lambda: choose(home), _most_watched()) as watch,
        ):
            world = RealWorld(stopping, _News(memory, watch), near=near)
            teller = _Teller(home, memory, watch, contact)
            work = RegularBackup(home, memory, stopping, contact)
            Loop(world, memory, work, watch, teller.tell).run()
            tell_supervisor("STOPPING=1")
    if updates.start_again:
        updates.restart()
    LOG.info("the service was asked to stop")


@contextlib.contextmanager
def _only_service(home: Home) -> Iterator[None]:
    try:
        with only_run(home.path / LOCK):
            yield
    except RunInProgress:
        raise ServiceRunsAlready from None


@contextlib.contextmanager
def _listening(home: Home, updates: ServiceUpdates) -> Iterator[Contact]:
    """Meanwhile restore orders are heard of, and carried out beside the backups; and the server
    hears that this device lives."""
    listener, contact = OrderListener(home), Contact(home, updates.hear)
    listener.start()
    contact.start()
    try:
        yield contact
    finally:
        contact.stop()
        listener.stop()


def _most_watched() -> int | None:
    """How many folders may be watched, where the environment says it."""
    if "CSB_WATCH_FOLDERS" not in os.environ:
        return None
    return int(whole_number_from(os.environ, "CSB_WATCH_FOLDERS", 1))


class _News:
    """Whether anything happened that may change a judgement; the watch hears of new settings."""

    def __init__(self, memory: HomeMemory, watch: FolderWatch) -> None:
        self._memory = memory
        self._watch = watch
        self._revision = memory.revision()

    def __call__(self) -> bool:
        if not self._memory.news():
            return self._watch.news()
        before, self._revision = self._revision, self._memory.revision()
        if before != self._revision:
            self._watch.look_anew()
        return True


class _Teller:
    """Lets `csb status` and the server know what comes next, unless they know."""

    def __init__(
        self, home: Home, memory: HomeMemory, watch: FolderWatch, contact: Contact
    ) -> None:
        self._home = home
        self._memory = memory
        self._watch = watch
        self._contact = contact
        self._told = ServiceState(0, 0, 0)

    def tell(self, verdict: Verdict, failures: int) -> None:
        codes = [reason.code for reason in verdict.reasons]
        self._contact.say("paused" if "paused" in codes else "idle")
        schedule = self._memory.schedule()
        state = ServiceState(
            os.getpid(),
            schedule.every_minutes * 60,
            verdict.next_ns,
            failures,
            verdict.reasons,
            schedule.continuous,
            self._watch.shortfall if schedule.continuous else "",
        )
        if _says_the_same(state, self._told):
            return
        self._told = state
        with contextlib.suppress(CsbError):  # a full disk is told by the backup itself
            keep_state(self._home, state)
        waits = ", ".join(codes)
        LOG.info("%s: %s", "a backup is due" if verdict.due else "waiting", waits)


def _says_the_same(new: ServiceState, old: ServiceState) -> bool:
    codes = [[reason.code for reason in state.reasons] for state in (new, old)]
    return (
        abs(new.next_due - old.next_due) < SAME_MOMENT_NS
        and codes[0] == codes[1]
        and (new.failures, new.continuous, new.shortfall, new.every_seconds)
        == (old.failures, old.continuous, old.shortfall, old.every_seconds)
    )
