"""The commands, and what becomes of failures: one line, exit code 2."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from csbackup import __version__
from csbackup.errors import CsbError
from csbackup.server.cli.options import config_from, with_data, with_json

NOT_DONE = 2
_WIDTH = {"max_content_width": 100, "help_option_names": ["-h", "--help"]}


class Program(click.Group):
    """Foreseen failures become one line on the error channel."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except CsbError as failure:
            click.echo(f"csb-server: {failure}", err=True)
            context.exit(NOT_DONE)


@click.group(cls=Program, context_settings=_WIDTH)
@click.version_option(__version__, "-V", "--version", message="csb-server %(version)s")
def csb_server() -> None:
    """Keep backups that only their owners can read.

    \b
    Examples:
      csb-server serve --data /srv/backup
      csb-server admin create anna --data /srv/backup
      csb-server devices --data /srv/backup

    Options can also be set as CSB_SERVER_* variables (CSB_SERVER_DATA=/srv/backup) or in a TOML
    file that --config or CSB_SERVER_CONFIG names.
    """


@csb_server.command()
@with_data
@click.option(
    "--listen", metavar="HOST:PORT", help="Default 0.0.0.0:8443; port 0 takes a free one."
)
@click.option("--url", metavar="URL", help="How people reach this server, if not by its address.")
@click.option(
    "--registration",
    type=click.Choice(["local", "open", "invite", "closed"]),
    help="Who may register. Default local: private and loopback addresses only.",
)
def serve(**flags: Any) -> None:
    """Run the server, until SIGTERM or Ctrl+C.

    \b
    Examples:
      csb-server serve --data /srv/backup
      csb-server serve --data /srv/backup --listen [::]:443 --url https://backup.example.org
    """
    import logging

    from csbackup.server.serving import serve as run

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    run(config_from(flags), lambda line: click.echo(line))
    click.echo("Stopped.")


@csb_server.group()
def admin() -> None:
    """Make admins."""


@admin.command("create")
@click.argument("name")
@with_data
@with_json
def admin_create(name: str, as_json: bool, **flags: Any) -> None:
    """Print a one-time link with which NAME becomes an admin's account.

    An account that exists already is made an admin at once.

    \b
    Example:
      csb-server admin create anna --data /srv/backup
    """
    from csbackup.server.cli.admins import create_admin

    create_admin(config_from(flags), name, as_json=as_json)


@csb_server.command()
@with_data
@with_json
def pin(as_json: bool, **flags: Any) -> None:
    """Print the server's pin, by which clients know it.

    \b
    Example:
      csb register https://nas:8443 --account anna --accept-pin "$(csb-server pin)"
    """
    from csbackup.server.cli.looking import show_pin

    show_pin(config_from(flags), as_json=as_json)


@csb_server.command()
@with_data
@with_json
def status(as_json: bool, **flags: Any) -> None:
    """Print what the server holds, and whether it runs.

    \b
    Example:
      csb-server status --data /srv/backup --json
    """
    from csbackup.server.cli.looking import show_status

    show_status(config_from(flags), as_json=as_json)


@csb_server.command()
@with_data
@with_json
def devices(as_json: bool, **flags: Any) -> None:
    """List all devices and how they do.

    \b
    Example:
      csb-server devices --data /srv/backup
    """
    from csbackup.server.cli.looking import show_devices

    show_devices(config_from(flags), as_json=as_json)


@csb_server.command("ls")
@click.argument("device", metavar="ACCOUNT/DEVICE")
@click.argument("path", required=False, default="", metavar="[PATH]")
@click.option("--at", "moment", metavar="TIME", help="2026-03-24T18:00, `yesterday 18:00`, ...")
@with_data
@with_json
def list_folder(device: str, path: str, moment: str | None, as_json: bool, **flags: Any) -> None:
    """List a folder of a device, as of its newest backup or of the one at TIME.

    Names, sizes and times only: contents are sealed.

    \b
    Examples:
      csb-server ls anna/laptop
      csb-server ls anna/laptop /home/anna/Documents --at "yesterday 18:00"
    """
    from csbackup.server.cli.looking import show_folder

    show_folder(config_from(flags), device, path, moment, as_json=as_json)


@csb_server.command()
@with_data
@click.option("--listen", metavar="HOST:PORT", help="Where the server listens, as for serve.")
@with_json
def health(as_json: bool, **flags: Any) -> None:
    """Ask the server on this machine whether it works; exit code 1 when it does not.

    It is asked directly, with its own certificate, whatever stands before it.

    \b
    Example:
      csb-server health --data /srv/backup
    """
    from csbackup.server.cli.health import show_health

    if not show_health(config_from(flags), as_json=as_json):
        raise click.exceptions.Exit(1)


@csb_server.command()
@with_data
@with_json
def rebuild(as_json: bool, **flags: Any) -> None:
    """Make the catalog anew from packs and records. The server must be stopped.

    \b
    Example:
      csb-server rebuild --data /srv/backup
    """
    from csbackup.server.cli.rebuilding import rebuild_catalog

    if not rebuild_catalog(config_from(flags), as_json=as_json):
        raise click.exceptions.Exit(1)


@csb_server.group()
def releases() -> None:
    """The releases of the client that this server hands out.

    A running server sees at once what is added or removed. Signatures are checked where the public
    keys lie as `releases/release-keys.json` in the data folder; clients always check them.
    """


@releases.command("list")
@with_data
@with_json
def releases_list(as_json: bool, **flags: Any) -> None:
    """List them, newest first; damaged and unfinished ones with what is wrong (exit code 1).

    \b
    Example:
      csb-server releases list --data /srv/backup
    """
    from csbackup.server.cli.releases import list_releases

    if not list_releases(config_from(flags), as_json=as_json):
        raise click.exceptions.Exit(1)


@releases.command("add")
@click.argument("place", metavar="FOLDER|FILE")
@with_data
@with_json
def releases_add(place: str, as_json: bool, **flags: Any) -> None:
    """Add a release: a folder with manifest.json, manifest.sig and the files, or a tar file of one.

    Every file is compared with the manifest. Adding it again goes on where it was stopped.

    \b
    Examples:
      csb-server releases add ./csb-release-1.4.0 --data /srv/backup
      csb-server releases add csb-release-1.4.0.tar --data /srv/backup
    """
    from csbackup.server.cli.releases import add

    if not add(config_from(flags), place, as_json=as_json):
        raise click.exceptions.Exit(1)


@releases.command("fetch")
@click.option("--url", default="", metavar="URL", help="Or `releases_url` of the configuration.")
@with_data
@with_json
def releases_fetch(url: str, as_json: bool, **flags: Any) -> None:
    """Fetch a release from an address: URL/manifest.json, then what it names, checked as by `add`.

    Goes on where it was stopped. The server itself never asks that address.

    \b
    Example:
      csb-server releases fetch --url https://example.org/csb/latest --data /srv/backup
    """
    from csbackup.server.cli.releases import fetch

    if not fetch(config_from(flags), url, as_json=as_json):
        raise click.exceptions.Exit(1)


@releases.command("remove")
@click.argument("version")
@with_data
def releases_remove(version: str, **flags: Any) -> None:
    """Remove a release. Devices that run it go on.

    \b
    Example:
      csb-server releases remove 1.3.2 --data /srv/backup
    """
    from csbackup.server.cli.releases import remove

    remove(config_from(flags), version)


def main() -> None:
    """The entry point; an interrupted command is one that was not done."""
    program = Path(sys.argv[0]).name or "csb-server"
    try:
        code = csb_server.main(prog_name=program, standalone_mode=False)
    except click.Abort:
        code = NOT_DONE
    except click.ClickException as problem:
        problem.show()
        code = problem.exit_code if isinstance(problem, click.UsageError) else NOT_DONE
    sys.exit(code if isinstance(code, int) else 0)
