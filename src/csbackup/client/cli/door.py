"""The command that opens the web pages from this client's own files."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator

import click

from csbackup.client.cli import options
from csbackup.client.cli.output import lasting, print_json
from csbackup.client.cli.reaching import own_home
from csbackup.client.config import Home, seconds_from
from csbackup.client.connection import Transport, ask_server, open_transport, read_address
from csbackup.client.door.guard import HOST
from csbackup.client.door.own_pages import OwnPages, Standing
from csbackup.client.door.passage import Passage
from csbackup.client.door.server import Door
from csbackup.client.keyring import EnrolledDevice, load_device
from csbackup.client.log import LOG, withhold
from csbackup.client.log import field as log_field
from csbackup.errors import RemoteError
from csbackup.web.files import WebFiles, built_folder

IDLE_SECONDS = 1800.0
_LOOK_SECONDS = 1.0


@click.command(
    name="open",
    epilog="""
\b
Examples:
  csb open                  in your browser, until Ctrl-C
  csb open --here           at this device's files
  csb open --no-browser     only print the address
On a machine without a browser, from your own:
  ssh -L PORT:127.0.0.1:PORT that-machine     and open the address that csb open prints there
""",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--here", is_flag=True, help="Begin at the files of this device.")
@options.shared
def open(no_browser: bool, here: bool, as_json: bool) -> None:
    """Open the web pages from this client: what runs in the browser does not come from the server.

    They are on an address of this machine alone, for one browser. The server is asked through the
    connection of this client, which knows its pin. Stays until Ctrl-C, or until nobody asked for
    anything for 30 minutes (CSB_OPEN_SECONDS).
    """
    home = own_home()
    device = load_device(home)
    idle_seconds = seconds_from(os.environ, "CSB_OPEN_SECONDS", IDLE_SECONDS)
    passage = Passage(lambda: _reach(home, device))
    standing = Standing(device.url, device.account_name, device.device_name)
    pages = OwnPages(WebFiles(built_folder()), standing)
    failure = _try(passage)
    with running(Door(pages, passage)) as door:
        place = f"/devices/{device.device.hex()}" if here else ""
        address = door.address + place
        _tell(address, door.port, failure, idle_seconds, as_json=as_json)
        opened = not no_browser and has_browser() and webbrowser.open(address)
        if not opened and not as_json:
            tell_how_from_afar(door.port)
        _stay(door, idle_seconds, as_json=as_json)


def _reach(home: Home, device: EnrolledDevice) -> Transport:
    transport = open_transport(home, read_address(device.url), device.pin)
    ask_server(transport, device.pin)
    return transport


def _try(passage: Passage) -> str:
    """Why the server cannot be asked now; the pages say so too, and try again. Another server in
    its place is a failure of the command."""
    try:
        passage.open()
    except RemoteError as failure:
        return str(failure)
    return ""


@contextlib.contextmanager
def running(door: Door) -> Iterator[Door]:
    withhold(door.guard.token)
    LOG.info("the safe door opens on port %d", door.port)
    thread = threading.Thread(target=door.serve_forever, daemon=True)
    thread.start()
    try:
        yield door
    finally:
        door.shutdown()
        door.server_close()
        door.passage.close()


def _tell(address: str, port: int, failure: str, idle_seconds: float, *, as_json: bool) -> None:
    if as_json:
        print_json({"url": address, "port": port, "server_failure": failure})
        sys.stdout.flush()
        return
    click.echo(f"Your pages are at this address, for one browser, once:\n\n    {address}\n")
    if failure:
        click.echo(f"{failure} The pages try again by themselves.", err=True)
    click.echo(
        "They come from this client, and ask the server through its pinned connection.\n"
        f"Ctrl-C closes them; so does {lasting(idle_seconds)} without a request."
    )


def has_browser() -> bool:
    """Whether a person could see it; text browsers do not run these pages."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def tell_how_from_afar(port: int) -> None:
    click.echo(
        "From another machine, while this runs:\n\n"
        f"    ssh -L {port}:{HOST}:{port} THIS-MACHINE\n\n"
        "and open the address there."
    )


def _stay(door: Door, idle_seconds: float, *, as_json: bool) -> None:
    try:
        while door.idle_seconds() < idle_seconds:
            time.sleep(min(_LOOK_SECONDS, idle_seconds / 4))
        why = f"nobody asked for anything for {lasting(idle_seconds)}"
    except KeyboardInterrupt:
        why = "stopped by the person"
    LOG.info("the safe door closes: %s", log_field("message", why))
    if not as_json:
        click.echo(f"Closed: {why}.")
