"""Commands that have the system run the service: install, uninstall, start, stop."""

from __future__ import annotations

import getpass
import os
import shlex
from pathlib import Path

import click

from csbackup.client.cli import options
from csbackup.client.cli.output import print_json, printable
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.reaching import own_home
from csbackup.client.config import Home
from csbackup.client.installed.layout import (
    Layout,
    changed_by_others,
    command_of,
    find_layout,
)
from csbackup.client.installed.removing import plan_service_removal, remove
from csbackup.client.installed.systemd import Systemd
from csbackup.client.installed.unit import render_unit
from csbackup.client.keyring import FILE as DEVICE_FILE
from csbackup.client.keyring import load_device
from csbackup.errors import ClientError


class NoSystemd(ClientError):
    code = "no-systemd"

    def __init__(self, layout: Layout) -> None:
        line = f"@reboot CSB_HOME={shlex.quote(str(layout.state))} {shown_command(layout)}"
        super().__init__(
            "This machine is not run by systemd. Have cron start the service: `crontab -e`, and "
            f"the line `{line}`. For OpenRC see the guide."
        )


class ServiceNotInstalled(ClientError):
    code = "service-not-installed"

    def __init__(self) -> None:
        super().__init__("The service is not installed here: csb service install.")


class NotForRoot(ClientError):
    code = "program-open-to-others"

    def __init__(self, program: str, path: Path) -> None:
        super().__init__(
            f"Root's service would start {program}, and others than root may change {path}. "
            "Install csb as root, into /opt/csb, and try again."
        )


class NoServiceManager(ClientError):
    code = "no-service-manager"

    def __init__(self) -> None:
        super().__init__(
            "Your own systemd does not run: you have no session here, as after `su` or `sudo`. "
            f"Log in as {getpass.getuser()}, or have root run `loginctl enable-linger "
            f"{getpass.getuser()}`, then try again."
        )


@click.command(
    epilog="""
\b
Examples:
  sudo csb service install     for the whole machine, as root
  csb service install          for what is yours, while you are logged in
  csb service install --print  only show the unit

What the service does is set elsewhere: csb add, csb exclude, csb schedule.
"""
)
@click.option("--print", "only_print", is_flag=True, help="Print the unit, and do nothing.")
@options.shared
def install(only_print: bool, as_json: bool) -> int:
    """Have systemd run the service: now, and whenever this machine starts."""
    home = own_home()
    layout = own_layout(home)
    command = command_of(layout, os.environ)
    unit = render_unit(
        for_root=layout.for_root,
        command=command,
        state=home.path,
        device=DEVICE_FILE,
    )
    if only_print:
        click.echo(unit, nl=False)
        return FINISHED
    systemd = Systemd(layout)
    if not systemd.is_here():
        raise NoSystemd(layout)
    if layout.for_root and (open_to := changed_by_others(Path(command[0]))):
        raise NotForRoot(command[0], open_to)
    load_device(home)
    systemd.install(unit)
    starts = systemd.answers()
    if starts:
        systemd.reload()
        systemd.start()
    _show_installed(systemd, starts=starts, as_json=as_json)
    return FINISHED if starts else FINISHED_WITH_PROBLEMS


@click.command(epilog="\b\nExample:\n  csb service uninstall")
@options.shared
def uninstall(as_json: bool) -> int:
    """Stop the service, and have nothing start it any more. The rest of csb stays."""
    layout = own_layout(own_home())
    systemd = Systemd(layout)
    if not systemd.is_installed():
        raise ServiceNotInstalled
    lost = stop_for_good(systemd)
    lost += remove(plan_service_removal(layout)).lost
    if systemd.is_here() and systemd.answers():
        systemd.reload()
    if as_json:
        print_json({"unit": str(layout.unit), "removed": not lost, "problems": lost})
    else:
        click.echo(f"Nothing backs up by itself any more. Removed: {layout.unit}")
        for line in lost:
            click.echo(f"csb: {line}", err=True)
    return FINISHED_WITH_PROBLEMS if lost else FINISHED


@click.command(epilog="\b\nExample:\n  csb service start")
@options.shared
def start(as_json: bool) -> int:
    """Start the service that is installed, or start it anew."""
    home = own_home()
    systemd = _to_be_asked(home)
    load_device(home)
    systemd.start()
    _show(systemd, "The service runs.", as_json=as_json)
    return FINISHED


@click.command(epilog="\b\nExample:\n  csb service stop")
@options.shared
def stop(as_json: bool) -> int:
    """Stop the service until `csb service start`, or until this machine starts again."""
    systemd = _to_be_asked(own_home())
    systemd.stop()
    _show(systemd, "The service is stopped, until the next start of this machine.", as_json=as_json)
    return FINISHED


def own_layout(home: Home) -> Layout:
    """Where things lie for whoever runs this."""
    return find_layout(os.environ, home.path, for_root=os.name == "posix" and os.geteuid() == 0)


def shown_command(layout: Layout) -> str:
    return shlex.join((*command_of(layout, os.environ), "service", "run"))


def stop_for_good(systemd: Systemd) -> list[str]:
    """Stop it where it runs; what could not be done is told, and is no reason to keep the rest."""
    if not (systemd.is_here() and systemd.answers()):
        return []
    try:
        systemd.stop()
    except ClientError as failure:
        return [str(failure)]
    return []


def _to_be_asked(home: Home) -> Systemd:
    systemd = Systemd(own_layout(home))
    if not systemd.is_here():
        raise NoSystemd(systemd.layout)
    if not systemd.is_installed():
        raise ServiceNotInstalled
    if not systemd.answers():
        raise NoServiceManager
    return systemd


def _show(systemd: Systemd, text: str, *, as_json: bool) -> None:
    if as_json:
        unit = systemd.look()
        print_json({"running": unit.running, "process": unit.process})
    else:
        click.echo(text)


def _show_installed(systemd: Systemd, *, starts: bool, as_json: bool) -> None:
    layout = systemd.layout
    lingers = layout.for_root or systemd.lingers(getpass.getuser())
    if as_json:
        print_json(
            {
                "unit": str(layout.unit),
                "command": shown_command(layout),
                "state": str(layout.state),
                "for": "machine" if layout.for_root else "person",
                "running": starts,
                "without_session": lingers,
            }
        )
        return
    click.echo(f"Installed: {printable(os.fsencode(layout.unit))}")
    click.echo(f"It runs:   {printable(os.fsencode(shown_command(layout)))}")
    if starts:
        click.echo("The service runs now, and whenever this machine starts.")
    else:
        click.echo(f"csb: it does not run yet. {NoServiceManager()}", err=True)
    if starts and not lingers:
        click.echo(
            "It runs while you are logged in. To have it run always: "
            f"loginctl enable-linger {getpass.getuser()}"
        )
