"""Commands that say how things stand: status, version."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from typing import Any

import click

from csbackup import __version__
from csbackup.client.cli import options
from csbackup.client.cli.output import age, count, iso, percent, print_json, printable, size
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.reaching import own_home, reach_own
from csbackup.client.config import Home
from csbackup.client.heads import Heads
from csbackup.client.keyring import EnrolledDevice, load_device
from csbackup.client.last_run import LastRun, load_last_run
from csbackup.client.platform.description import describe_os
from csbackup.client.settings import load_settings
from csbackup.errors import CsbError
from csbackup.format.snapshot import Settings
from csbackup.protocol import version as protocol
from csbackup.protocol.messages import CheckIn

OVERDUE_SECONDS = 2 * 86400


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether this machine is protected, and why not."""

    device: EnrolledDevice
    settings: Settings | None
    last: LastRun | None
    server: str  # why it cannot be reached, or empty
    reasons: tuple[str, ...]

    @property
    def protected(self) -> bool:
        return not self.reasons


@click.command(epilog="\b\nExample:\n  csb status || mail -s 'Not protected' anna < /dev/null")
@options.shared
def status(as_json: bool) -> int:
    """Is this machine protected? Exit code 1 when something needs attention."""
    home = own_home()
    device = load_device(home)
    standing = assess(
        device, load_settings(home), load_last_run(home), _ask_server(home, device), time.time_ns()
    )
    if as_json:
        print_json(_as_json(standing))
    else:
        _show(standing)
    return FINISHED if standing.protected else FINISHED_WITH_PROBLEMS


def assess(
    device: EnrolledDevice,
    settings: Settings | None,
    last: LastRun | None,
    server: str,
    now_ns: int,
) -> Standing:
    """What needs attention, the worst first."""
    reasons = []
    if settings is None or not settings.roots:
        reasons.append("No folder is chosen: csb add PATH.")
    if last is None or not last.succeeded:
        reasons.append("No backup was made yet: csb backup.")
    elif now_ns - last.succeeded > OVERDUE_SECONDS * 1_000_000_000:
        reasons.append(f"The last backup is from {age((now_ns - last.succeeded) / 1e9)}.")
    if last is not None and last.failure:
        reasons.append(f"The last run did not finish: {last.failure}")
    elif last is not None and last.problems:
        reasons.append(f"The last run had {count(last.problems, 'problem')}: csb backup --json.")
    if server:
        reasons.append(server)
    return Standing(device, settings, last, server, tuple(reasons))


def _ask_server(home: Home, device: EnrolledDevice) -> str:
    try:
        _, connection = reach_own(home)
        answer = connection.check_in(CheckIn(__version__, describe_os()))
        Heads(home, {device.device: device.device_name}).check(answer.heads)
    except CsbError as failure:
        return str(failure)
    return ""


def _as_json(standing: Standing) -> dict[str, Any]:
    last = standing.last
    return {
        "protected": standing.protected,
        "reasons": list(standing.reasons),
        "account": standing.device.account_name,
        "device": standing.device.device_name,
        "url": standing.device.url,
        "server_reachable": not standing.server,
        "roots": [printable(root) for root in _roots(standing)],
        "last_snapshot": _last_json(last) if last and last.succeeded else None,
        "problems": last.problems if last else 0,
        "failure": last.failure if last else "",
    }


def _last_json(last: LastRun) -> dict[str, Any]:
    return {
        "id": last.snapshot.hex(),
        "sequence": last.sequence,
        "finished": iso(last.succeeded),
        "age_seconds": round((time.time_ns() - last.succeeded) / 1e9),
        "files": last.files,
        "bytes": last.bytes,
        "coverage": last.coverage,
    }


def _roots(standing: Standing) -> tuple[bytes, ...]:
    return standing.settings.roots if standing.settings else ()


def _show(standing: Standing) -> None:
    device, last = standing.device, standing.last
    click.echo("Protected." if standing.protected else "Needs attention:")
    for reason in standing.reasons:
        click.echo(f"  {reason}")
    click.echo(f"\nDevice   {device.device_name} of {device.account_name}")
    click.echo(f"Server   {device.url}{' (not reached)' if standing.server else ''}")
    for at, root in enumerate(_roots(standing)):
        click.echo(f"{'' if at else 'Folders':<8} {printable(root)}")
    if last is not None and last.succeeded:
        click.echo(
            f"Newest   snapshot {last.sequence}, {age((time.time_ns() - last.succeeded) / 1e9)}: "
            f"{count(last.files, 'file')}, {size(last.bytes)}, {percent(last.coverage)} covered"
        )


@click.command(epilog="\b\nExample:\n  csb version --json")
@options.shared
def version(as_json: bool) -> None:
    """Say which release this is."""
    if as_json:
        print_json(
            {
                "version": __version__,
                "protocol": protocol.NEWEST,
                "python": platform.python_version(),
                "os": describe_os(),
            }
        )
    else:
        click.echo(f"csb {__version__}")
