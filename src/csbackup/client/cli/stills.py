"""The command that says whether file systems hold still while they are read."""

from __future__ import annotations

from contextlib import suppress
from typing import cast

import click

from csbackup.client.backup.run import LOCK
from csbackup.client.cli import options
from csbackup.client.cli.opening import open_files
from csbackup.client.cli.output import print_json, printable
from csbackup.client.cli.reaching import own_home
from csbackup.client.config import Home
from csbackup.client.files.stills.holding import (
    LIVE,
    MODES,
    HowRead,
    Mode,
    Stills,
    is_root,
    usual_holders,
)
from csbackup.client.keyring import load_device
from csbackup.client.platform.locking import only_run
from csbackup.client.settings import changing_settings, load_settings, load_stills, save_stills
from csbackup.errors import RunInProgress

_MEANING = {
    "auto": "where it can be had: btrfs, LVM with free space, ZFS; as root",
    "on": "and what is read live is a problem of the backup",
    "off": "never: files are read as they change",
}


@click.command(
    epilog="""
\b
Examples:
  csb stills           what can be had of the chosen folders
  csb stills on        tell me when something was read live
  csb stills off

\b
A still is the file system's own snapshot: btrfs, LVM or ZFS make it at the beginning of a backup,
the backup reads from it, and it is removed at the end. So files that belong together, such as
those of a database, are of one instant. Each file system has a still of its own; subvolumes of
btrfs below a chosen folder that are not mounted are read live.
"""
)
@click.argument("mode", type=click.Choice(MODES), required=False)
@options.shared
def stills(mode: str | None, as_json: bool) -> None:
    """Read from stills of the file systems: auto, on or off."""
    home = own_home()
    load_device(home)
    if mode is not None:
        with changing_settings(home):
            save_stills(home, cast(Mode, mode))
        _clear(home)
    chosen = load_stills(home)
    settings = load_settings(home)
    roots = settings.roots if settings else ()
    holders = usual_holders(home) if is_root() and chosen != "off" else ()
    places = Stills(home, holders).outlook(open_files(roots), roots)
    if as_json:
        print_json(
            {"stills": chosen, "root": is_root(), "places": [one.to_json() for one in places]}
        )
        return
    click.echo(f"Stills: {chosen} ({_MEANING[chosen]})")
    if chosen != "off" and not is_root():
        click.echo("Only root can have them made: everything is read live.")
    for one in places:
        click.echo(f"  {printable(one.path)}  {_said(one)}")


def _clear(home: Home) -> None:
    """What a run that was killed left, unless another one runs now."""
    with suppress(RunInProgress), only_run(home.path / LOCK):
        Stills(home, usual_holders(home) if is_root() else ()).clear()


def _said(one: HowRead) -> str:
    return "live" if one.kind == LIVE else f"from a still of {one.kind}"
