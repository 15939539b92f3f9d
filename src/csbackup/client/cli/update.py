"""`csb update`, and the check that a new version makes of itself."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import Any

import click

from csbackup import __version__
from csbackup.client.cli import options
from csbackup.client.cli.output import print_json
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.reaching import own_home
from csbackup.client.cli.service_state import running_service
from csbackup.client.cli.updating import Asked, ask, become, report
from csbackup.client.config import Home
from csbackup.client.update.checking import check_ourselves, environment_of
from csbackup.client.update.failures import SelfCheckFailed
from csbackup.client.update.installation import Installation, Installed, find_installed
from csbackup.client.update.trial import is_on_trial, take_back
from csbackup.format.releases import Version
from csbackup.protocol.adapter import render

WISH = "update-wish"  # in the state folder: the service is to look for a release now
_CONFIRM_SECONDS = 300


@click.command(
    epilog="""
\b
Examples:
  csb update             which version runs, and which one the server wants
  csb update --now       become it now, if one is wanted
  csb update --json

The service does this by itself, between backups. What is not signed by the release keys that the
running version knows is never installed, nor what is older than what ever ran here.

Exit codes: 0 nothing to do or done, 1 a release is wanted and not installed yet, 2 not done.
"""
)
@click.option("--check", is_flag=True, help="Only say what there is; so without an option, too.")
@click.option("--now", is_flag=True, help="Become the version that the server wants.")
@options.shared
def update(check: bool, now: bool, as_json: bool) -> int:
    """Which version runs here, which one it should be, and how the last update went."""
    if check and now:
        raise click.UsageError("Give one of --check and --now.")
    home = own_home()
    installed = find_installed(os.environ)
    asked = ask(home, installed)
    became = None
    if now and asked.plan.action != "nothing":
        installation = installed.require()
        if running_service(home) is not None:
            home.write(WISH, b"")
        else:
            became = _become_alone(asked, home, installation, quiet=as_json)
    _tell(_result(home, installed, asked, became), as_json=as_json)
    waits = became is None and asked.plan.action != "nothing"
    return FINISHED_WITH_PROBLEMS if waits else FINISHED


def _become_alone(asked: Asked, home: Home, installation: Installation, *, quiet: bool) -> Version:
    """Without a service that would confirm it: the new version checks in at once, or goes."""
    version = become(asked, home, installation, lambda text: click.echo(text, err=quiet))
    environment = environment_of(installation.folder, home, os.environ)
    program = installation.version_folder(version) / "csb"
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(  # noqa: S603  signed, unpacked and checked
            [program, "update", "--json"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=_CONFIRM_SECONDS,
            check=False,
        )
    if is_on_trial(Installation(installation.folder, version, installation.target)):
        take_back(installation, home, version, "unconfirmed")
        raise SelfCheckFailed(version, "it could not tell the server that it runs")
    return version


def _result(
    home: Home, installed: Installed, asked: Asked, became: Version | None
) -> dict[str, Any]:
    last = report(home, installed)
    return {
        "version": str(became or installed.running),
        "kind": installed.kind,
        "wanted": asked.answer.release,
        "action": "done" if became else asked.plan.action,
        "reason": asked.plan.words,
        "why_not": installed.reason,
        "last": render(last),
    }


def _tell(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    click.echo(f"Running   {result['version']} ({result['kind']})")
    click.echo(f"Wanted    {result['wanted'] or 'no release is given to this device'}")
    if result["wanted"] and result["action"] != "done":
        click.echo(f"          {result['reason']}")
    if result["why_not"]:
        click.echo(f"Updates   off: {result['why_not']}")
    last = result["last"]
    if last["state"] in ("failed", "rolled-back"):
        click.echo(f"Last      {last['version']}: {last['reason']} [{last['code']}]")
    if result["action"] in ("wait", "update"):
        click.echo("Next      the service does it between backups, or: csb update --now")


@click.command("self-check", hidden=True, epilog="\b\nExample:\n  csb self-check --json")
@options.shared
def self_check(as_json: bool) -> None:
    """Whether this version finds all its parts and can read what an older one kept here."""
    parts = check_ourselves(own_home())
    if as_json:
        print_json({"version": __version__, "parts": parts})
    else:
        click.echo(f"csb {__version__}: all {parts} parts are there.")
