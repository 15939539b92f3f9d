"""Backing up regularly: due when the last backup is older than asked, not at fixed hours."""

from __future__ import annotations

import signal
import threading
import time

import click

from csbackup.client.cli import options
from csbackup.client.cli.backup import back_up
from csbackup.client.cli.output import count, size
from csbackup.client.cli.reaching import own_home
from csbackup.client.config import Home
from csbackup.client.keyring import load_device
from csbackup.client.last_run import load_last_run
from csbackup.errors import CsbError

FIRST_PAUSE_SECONDS = 60.0
LONGEST_LOOK_SECONDS = 60.0  # a machine that slept finds out so soon that it is late


@click.group()
def service() -> None:
    """Back up regularly."""


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
    """Stay, and back up whenever it is due, until stopped."""
    home = own_home()
    load_device(home)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    click.echo(f"Backing up every {minutes:g} minutes.", err=as_json)
    failures = 0
    while not stopping.is_set():
        wait = seconds_until_due(_last_success(home), minutes * 60, time.time_ns())
        if wait <= 0:
            failures = 0 if _back_up_once(home) else failures + 1
            wait = pause_seconds(failures, minutes * 60)
            stopping.wait(wait if failures else 0)
        else:
            stopping.wait(min(wait, LONGEST_LOOK_SECONDS))


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
        click.echo(f"csb: {failure}", err=True)
        return False
    click.echo(
        f"Snapshot {result.sequence}: {count(result.files, 'file')}, {size(result.bytes_sent)} "
        f"sent, {count(len(result.problems), 'problem')}.",
    )
    return True
