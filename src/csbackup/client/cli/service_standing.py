"""How the service itself is: installed, running, when next, and what failed last."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import click

from csbackup.client.cli import options
from csbackup.client.cli.output import age, iso, lasting, local_time, print_json, printable
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS, NOT_DONE
from csbackup.client.cli.reaching import own_home
from csbackup.client.cli.service_installing import own_layout
from csbackup.client.cli.service_state import ServiceState, running_service
from csbackup.client.config import Home
from csbackup.client.installed.systemd import Systemd, Unit
from csbackup.client.last_run import LastRun, load_last_run

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ServiceStanding:
    """`told` is what a service that runs says of itself, whoever started it."""

    installed: bool
    enabled: bool
    unit: Unit
    told: ServiceState | None
    last: LastRun | None
    unit_file: str

    @property
    def failing(self) -> bool:
        return bool(self.last and self.last.failure)

    @property
    def code(self) -> int:
        if self.told is None:
            return FINISHED_WITH_PROBLEMS if self.installed else NOT_DONE
        return FINISHED_WITH_PROBLEMS if self.failing else FINISHED


@click.command(
    epilog="""
\b
Examples:
  csb service status
  csb service status --json

Exit codes: 0 it runs and backs up, 1 it does not run, or the last backup failed, 2 there is none.
"""
)
@options.shared
def status(as_json: bool) -> int:
    """Does the service run, when does it back up next, and what failed last?"""
    standing = look_at_service(own_home())
    if as_json:
        print_json(describe(standing))
    else:
        for line in standing_lines(standing, time.time_ns()):
            click.echo(line)
    return standing.code


def look_at_service(home: Home) -> ServiceStanding:
    layout = own_layout(home)
    systemd = Systemd(layout)
    return ServiceStanding(
        installed=systemd.is_installed(),
        enabled=systemd.is_enabled(),
        unit=systemd.look() if systemd.is_here() and systemd.is_installed() else Unit(),
        told=running_service(home),
        last=load_last_run(home),
        unit_file=str(layout.unit),
    )


def describe(standing: ServiceStanding) -> dict[str, Any]:
    told, last, unit = standing.told, standing.last, standing.unit
    failure = None
    if last is not None and last.failure:
        failure = {"at": iso(last.ended), "code": last.failure_code, "message": last.failure}
    return {
        "installed": standing.installed,
        "enabled": standing.enabled,
        "running": told is not None,
        "process": told.process if told else None,
        "since": iso(unit.since) if unit.since else None,
        "restarts": unit.restarts,
        "next_backup": iso(told.next_due) if told and told.next_due else None,
        "last_backup": iso(last.succeeded) if last and last.succeeded else None,
        "failures": told.failures if told else 0,
        "last_failure": failure,
    }


def standing_lines(standing: ServiceStanding, now_ns: int) -> list[str]:
    lines = [_running(standing), _starts(standing)]
    if standing.told and standing.told.next_due:
        wait = (standing.told.next_due - now_ns) / _SECOND
        lines.append(f"Next      {f'in {lasting(wait)}' if wait > 0 else 'now'}")
    last = standing.last
    if last and last.succeeded:
        when = age((now_ns - last.succeeded) / _SECOND)
        lines.append(f"Backed up {when} ({local_time(last.succeeded)})")
    if last and last.failure:
        what = printable(last.failure.encode(errors="surrogateescape"))
        lines.append(f"Failed    {local_time(last.ended)}: {what} [{last.failure_code}]")
    return lines


def _running(standing: ServiceStanding) -> str:
    if standing.told is None:
        return "Service   does not run"
    since = f", since {local_time(standing.unit.since)}" if standing.unit.since else ""
    often = standing.unit.restarts
    again = f", started anew {often} times by systemd" if often else ""
    return f"Service   runs (process {standing.told.process}{since}{again})"


def _starts(standing: ServiceStanding) -> str:
    if not standing.installed:
        return "Starts    by nobody but you: csb service install"
    if not standing.enabled:
        return "Starts    not by itself: csb service install"
    return f"Starts    by systemd ({standing.unit_file})"
