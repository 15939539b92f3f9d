"""Commands that leave a person alone for a while, and go on again."""

from __future__ import annotations

import time

import click

from csbackup.client.cli import options
from csbackup.client.cli.output import iso, local_time, print_json
from csbackup.client.cli.reaching import own_home
from csbackup.client.keyring import load_device
from csbackup.client.log import LOG
from csbackup.client.pausing import end_pause, load_pause, save_pause
from csbackup.rules.schedule import Pause, paused_until

_MOST_HOURS = 31 * 24
_HOUR_NS = 3600 * 1_000_000_000


@click.command(
    epilog="""
\b
Examples:
  csb pause            for an hour
  csb pause 8
  csb pause 0.5

The service makes no backup until then, and ends one that runs; what was sent is kept. `csb backup`
still runs when you ask, and restores do.
"""
)
@click.argument("hours", type=click.FloatRange(min=0, max=_MOST_HOURS, min_open=True), default=1.0)
@options.shared
def pause(hours: float, as_json: bool) -> None:
    """Make no backup by itself for so many HOURS."""
    home = own_home()
    load_device(home)
    now = time.time_ns()
    until = now + int(hours * _HOUR_NS)
    save_pause(home, Pause(now, until))
    LOG.info("paused for %g hours", hours)
    if as_json:
        print_json({"paused_until": iso(until)})
    else:
        click.echo(f"Paused until {local_time(until)}. To go on before: csb resume")


@click.command(epilog="\b\nExample:\n  csb resume")
@options.shared
def resume(as_json: bool) -> None:
    """Go on after `csb pause`."""
    home = own_home()
    load_device(home)
    paused = bool(paused_until(load_pause(home), time.time_ns()))
    end_pause(home)
    if as_json:
        print_json({"was_paused": paused})
    else:
        click.echo("Backups go on." if paused else "Nothing was paused.")
