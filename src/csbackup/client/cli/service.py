"""Backing up regularly: due when the last backup is older than asked, not at fixed hours."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator

import click

from csbackup.client.cli import options
from csbackup.client.cli.backup import back_up, groups_of
from csbackup.client.cli.output import count, printable, size
from csbackup.client.cli.program import UNFORESEEN, code_of
from csbackup.client.cli.reaching import own_home
from csbackup.client.cli.service_installing import install, start, stop, uninstall
from csbackup.client.cli.service_orders import OrderListener
from csbackup.client.cli.service_standing import status
from csbackup.client.cli.service_state import LOCK, ServiceRunsAlready, ServiceState, keep_state
from csbackup.client.config import Home
from csbackup.client.keyring import load_device
from csbackup.client.last_run import load_last_run
from csbackup.client.log import LOG, log_failure
from csbackup.client.platform.locking import only_run
from csbackup.client.platform.telling import tell_supervisor
from csbackup.errors import CsbError, RunInProgress

FIRST_PAUSE_SECONDS = 60.0
SAME_MOMENT_NS = 2_000_000_000
LONGEST_LOOK_SECONDS = 60.0  # a machine that slept finds out so soon that it is late


@click.group()
def service() -> None:
    """Back up regularly."""


for command in (install, uninstall, start, stop, status):
    service.add_command(command)


@service.command(epilog="\b\nExample:\n  csb service run --every 30")
@click.option(
    "--every",
    "minutes",
    type=click.FloatRange(min=0.05),
    default=60.0,
    show_default=True,
    metavar="MINUTES",
    help="Back up when the last backup is older.",
)
@options.shared
def run(minutes: float, as_json: bool) -> None:
    """Stay, back up whenever it is due, and carry out restore orders, until stopped."""
    home = own_home()
    load_device(home)
    stopping = Stopping()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopping.asked)
    with _only_service(home):
        click.echo(f"Backing up every {minutes:g} minutes.", err=as_json)
        LOG.info("the service begins, every %g minutes", minutes)
        tell_supervisor("READY=1")
        with _listening(home):
            _back_up_until(stopping, home, minutes * 60)
            tell_supervisor("STOPPING=1")
        LOG.info("the service was asked to stop")


class Stopping:
    """Whether the service was asked to stop; a backup that runs then ends at once, to go on
    another time."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._interruptible = False

    def asked(self, *_: object) -> None:
        """As a signal handler, in the main thread."""
        self._event.set()
        if self._interruptible:
            self._interruptible = False  # asking again does not disturb the clearing up
            raise KeyboardInterrupt

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)

    @contextlib.contextmanager
    def interrupting(self) -> Iterator[None]:
        """Being asked to stop ends what is done here."""
        self._interruptible = True
        try:
            yield
        except KeyboardInterrupt:
            LOG.info("the backup was stopped with the service")
        finally:
            self._interruptible = False


@contextlib.contextmanager
def _only_service(home: Home) -> Iterator[None]:
    try:
        with only_run(home.path / LOCK):
            yield
    except RunInProgress:
        raise ServiceRunsAlready from None


@contextlib.contextmanager
def _listening(home: Home) -> Iterator[None]:
    """Meanwhile restore orders are heard of, and carried out beside the backups."""
    listener = OrderListener(home)
    listener.start()
    try:
        yield
    finally:
        listener.stop()


def _back_up_until(stopping: Stopping, home: Home, every_seconds: float) -> None:
    failures = 0
    told = ServiceState(0, 0, 0)
    while not stopping.is_set:
        wait = seconds_until_due(_last_success(home), every_seconds, time.time_ns())
        if wait <= 0:
            told = _tell(home, told, every_seconds, 0, failures)
            done = False
            with stopping.interrupting():
                done = _back_up_once(home)
            failures = 0 if done else failures + 1
            pause = pause_seconds(failures, every_seconds)
            if failures:
                told = _tell(home, told, every_seconds, pause, failures)
            stopping.wait(pause)
        else:
            told = _tell(home, told, every_seconds, wait, failures)
            stopping.wait(min(wait, LONGEST_LOOK_SECONDS))


def _tell(
    home: Home, told: ServiceState, every_seconds: float, wait: float, failures: int
) -> ServiceState:
    """Let `csb status` know when the next backup is due, unless it knows."""
    due = time.time_ns() + int(wait * 1e9)
    if abs(due - told.next_due) < SAME_MOMENT_NS and failures == told.failures:
        return told
    state = ServiceState(os.getpid(), every_seconds, due, failures)
    with contextlib.suppress(CsbError):  # a full disk is told by the backup itself
        keep_state(home, state)
    return state


def seconds_until_due(last_success_ns: int, every_seconds: float, now_ns: int) -> float:
    """Zero or less when a backup is due; a clock that was set back does not put it off."""
    since = (now_ns - last_success_ns) / 1e9
    return 0.0 if since < 0 else every_seconds - since


def pause_seconds(failures: int, every_seconds: float) -> float:
    """How long to wait after so many failures in a row."""
    if not failures:
        return 0.0
    return float(min(every_seconds, FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10)))


def _last_success(home: Home) -> int:
    last = load_last_run(home)
    return last.succeeded if last else 0


def _back_up_once(home: Home) -> bool:
    try:
        result = back_up(home, quiet=True)
    except CsbError as failure:
        _tell_failure(failure, str(failure), code_of(failure))
        return False
    except Exception as failure:  # noqa: BLE001  the next one may go well
        _tell_failure(failure, f"{type(failure).__name__}: {failure}", UNFORESEEN)
        return False
    click.echo(
        f"Snapshot {result.sequence}: {count(result.files, 'file')}, {size(result.bytes_sent)} "
        f"sent, {count(sum(group.number for group in groups_of(result)), 'problem')}."
    )
    return True


def _tell_failure(failure: Exception, text: str, code: str) -> None:
    log_failure(failure, code)
    line = printable(text.encode(errors="surrogateescape"))
    click.echo(f"csb: {line} [{code}]", err=True)
