"""The command that takes the client off this machine."""

from __future__ import annotations

import logging
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from csbackup.client.backup.run import LOCK as BACKUP_LOCK
from csbackup.client.cli import options
from csbackup.client.cli.asking import on_a_terminal
from csbackup.client.cli.output import print_json, printable
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS, NOT_DONE
from csbackup.client.cli.reaching import own_home, unlock_own
from csbackup.client.cli.service_installing import own_layout, stop_for_good
from csbackup.client.cli.service_state import running_service
from csbackup.client.config import Home
from csbackup.client.files.stills.holding import Stills, is_root, usual_holders
from csbackup.client.installed.layout import Layout
from csbackup.client.installed.removing import (
    RemovalPlan,
    Removed,
    plan_removal,
    remove,
)
from csbackup.client.installed.systemd import Systemd
from csbackup.client.log import LOG
from csbackup.client.platform.locking import is_held
from csbackup.errors import ClientError, RunInProgress

_PACKAGE_LIST = Path("/var/lib/dpkg/info/csb.list")
_SERVER_KEEPS = (
    "Your snapshots stay on the server, and your password or recovery key opens them: "
    "`csb restore URL --account NAME`, or the server's web page."
)


class StillRuns(ClientError):
    code = "service-still-runs"

    def __init__(self, process: int) -> None:
        super().__init__(
            f"A service that systemd does not know runs as process {process}. Stop it first, and "
            "take it out of whatever starts it (cron, OpenRC). Nothing was removed."
        )


class StateUndecided(ClientError):
    code = "state-undecided"

    def __init__(self) -> None:
        super().__init__(
            "Say what becomes of this device's keys and settings: --keep-state, or --purge."
        )


@click.command(
    epilog="""
\b
Examples:
  csb uninstall                      shows what goes and what stays, then asks
  csb uninstall --dry-run --purge    only shows it
  csb uninstall --keep-state --yes   another installation goes on with the same device
  csb uninstall --purge --yes        also the keys and settings of this device
  csb uninstall --purge --revoke     asks for the password, and ends the device on the server

What was backed up stays on the server, whatever you choose.

Exit codes: 0 all is gone, 1 something stayed that should not, 2 nothing was removed.
"""
)
@click.option(
    "--keep-state/--purge",
    "keep_state",
    default=None,
    help="Keep this device's keys, settings and log, or remove them as well.",
)
@click.option("--revoke", is_flag=True, help="End this device on the server first, for ever.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", "dry", is_flag=True, help="Only show what would go.")
@options.recovery_key
@options.shared
def uninstall(
    keep_state: bool | None, revoke: bool, yes: bool, dry: bool, recovery_key: str, as_json: bool
) -> int:
    """Take csb off this machine: the service, the command, the program, its state."""
    home = own_home()
    layout = own_layout(home)
    if keep_state is None:
        keep_state = _ask_for_state(asks=not (yes or as_json))
    plan = plan_removal(
        layout, keep_state=keep_state, owned_by_package=is_from_package(layout.install)
    )
    if not as_json:
        show_plan(plan)
    if dry or not (yes or _agreed(asks=not as_json)):
        if as_json:
            print_json(describe(plan))
        return FINISHED if dry else NOT_DONE
    if revoke:
        _revoke(home, recovery_key)
    _forget_log()
    done = take_off(home, layout, plan)
    if as_json:
        print_json(describe(plan) | told(done))
    else:
        show_done(done)
    return FINISHED_WITH_PROBLEMS if done.lost or done.left else FINISHED


def take_off(home: Home, layout: Layout, plan: RemovalPlan) -> Removed:
    """The service is stopped first: it would write its state anew."""
    systemd = Systemd(layout)
    asked = systemd.is_installed() and systemd.is_here()
    lost = stop_for_good(systemd) if asked else []
    if running := running_service(home):
        raise StillRuns(running.process)
    if is_held(home.path / BACKUP_LOCK):
        raise RunInProgress
    if is_root():
        Stills(home, usual_holders(home)).leave()
    done = remove(plan)
    done.lost[:0] = lost
    if asked and systemd.answers():
        systemd.reload()
    return done


def _revoke(home: Home, recovery_key: str) -> None:
    device, unlocked = unlock_own(home, recovery_key)
    with closing(unlocked.connection.transport):
        unlocked.connection.revoke(device.device)
        unlocked.connection.sign_out()


def is_from_package(install: Path, listed: Path = _PACKAGE_LIST) -> bool:
    """Whether dpkg put the program there, and so has to take it away."""
    try:
        return str(install) in listed.read_text().splitlines()
    except OSError:
        return False


def describe(plan: RemovalPlan) -> dict[str, Any]:
    return {
        "going": [{"path": str(one.path), "what": one.what} for one in plan.going],
        "staying": [{"path": str(one.path), "what": one.what} for one in plan.staying],
        "on_the_server": "snapshots and device stay",
    }


def told(done: Removed) -> dict[str, Any]:
    return {
        "removed": [str(path) for path in done.gone],
        "problems": done.lost,
        "not_empty": [str(path) for path in done.left],
    }


def show_plan(plan: RemovalPlan) -> None:
    click.echo("Goes:" if plan.going else "Nothing of csb is here to remove.")
    for one in plan.going:
        click.echo(f"  {_shown(one.path)}  ({one.what})")
    if plan.staying:
        click.echo("Stays:")
    for one in plan.staying:
        click.echo(f"  {_shown(one.path)}  ({one.what})")
    click.echo(_SERVER_KEEPS)


def show_done(done: Removed) -> None:
    for line in done.lost:
        click.echo(f"csb: {line}", err=True)
    for folder in done.left:
        click.echo(f"csb: {_shown(folder)} stays: there is something else in it.", err=True)
    click.echo("csb is no longer on this machine." if not done.lost else "The rest is gone.")


def _shown(path: Path) -> str:
    return printable(os.fsencode(path))


def _ask_for_state(*, asks: bool) -> bool:
    if not (asks and on_a_terminal()):
        raise StateUndecided
    return not click.confirm(
        "Remove this device's keys and settings as well?", default=False, err=True
    )


def _agreed(*, asks: bool) -> bool:
    if asks and on_a_terminal():
        return click.confirm("Go on?", default=False, err=True)
    click.echo("csb: nothing was removed. With --yes it is.", err=True)
    return False


def _forget_log() -> None:
    """Nothing is logged from here on: the log would come back with its next line."""
    for handler in list(LOG.handlers):
        LOG.removeHandler(handler)
    LOG.addHandler(logging.NullHandler())
