"""`admin create`: through the server that runs, or by its own hand when none does."""

from __future__ import annotations

import click

from csbackup.server.admin_socket import ask_running
from csbackup.server.admin_socket import create_admin as create_here
from csbackup.server.app import clock, open_server
from csbackup.server.cli.output import print_json
from csbackup.server.config import Config
from csbackup.server.folder import check_version
from csbackup.server.serving import public_url


def create_admin(config: Config, name: str, *, as_json: bool) -> None:
    check_version(config.folder)
    made = ask_running(config.folder, {"command": "admin-create", "name": name})
    if made is None:
        with open_server(config) as server:
            made = create_here(server.services, public_url(config, 0), name, clock())
    if as_json:
        print_json(made)
    elif made["link"]:
        click.echo(f"Open this link within {made['minutes']} minutes, once:")
        click.echo(f"  {made['link']}")
    else:
        click.echo(f"{name} is an admin now.")
