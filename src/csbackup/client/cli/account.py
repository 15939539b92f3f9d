"""Commands for the account: register, login, password, recovery kit, accepting a server."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import click

from csbackup import __version__
from csbackup.client.cli import options
from csbackup.client.cli.asking import ask_new_password, ask_secret
from csbackup.client.cli.kit import check_target, recovery_kit_text, write_kit
from csbackup.client.cli.output import count, print_json, printable
from csbackup.client.cli.reaching import (
    Reached,
    device_if_whole,
    own_home,
    reach,
    reach_own,
    unlock_own,
)
from csbackup.client.config import Home
from csbackup.client.connection import PersonConnection
from csbackup.client.enrol import (
    NewAccount,
    change_password,
    change_recovery_key,
    enrol_new_device,
    make_account,
    take_over_device,
)
from csbackup.client.heads import Heads
from csbackup.client.keyring import EnrolledDevice, is_enrolled, load_device
from csbackup.client.log import withhold
from csbackup.client.platform.description import describe_os, machine_name
from csbackup.client.settings import load_settings
from csbackup.client.unlock import unlock
from csbackup.errors import AlreadyEnrolled, CsbError
from csbackup.protocol.messages import CheckIn
from csbackup.rules.naming import checked_name


@click.command(
    epilog="""
\b
Examples:
  csb register https://nas.local:8443 --account anna
  csb register https://nas.local:8443 --account anna --device laptop --accept-pin 3f2a...
"""
)
@click.argument("url", required=False, default="")
@options.account
@click.option("--device", "device_name", metavar="NAME", default="", help="What to call this one.")
@click.option("--invitation", metavar="CODE", default="", help="Where the server asks for one.")
@options.accept_pin
@options.shared
def register(
    url: str, account: str, device_name: str, invitation: str, accept_pin: str, as_json: bool
) -> None:
    """Make an account on the server at URL and set this machine up for it.

    Prints the recovery key: write it down, or print it. It opens your backups when the password is
    forgotten; without both, nobody can open them.
    """
    home = own_home()
    _refuse_enrolled(home)
    device_name = checked_name(device_name or machine_name(), "The device")
    reached = reach(home, url, accept_pin)
    password = ask_new_password("CSB_PASSWORD", f"Password for {account}")
    made = make_account(reached.transport, account, password, invitation)
    withhold(made.recovery_key)
    device = _enrol_first(reached, made, device_name)
    if as_json:
        print_json({**_describe(device), "recovery_key": made.recovery_key})
        return
    click.echo(f"Account {account} is made, and this machine is set up as {device.device_name}.\n")
    click.echo(recovery_kit_text(device.url, device.pin, account, made.recovery_key))
    click.echo("Next: csb add ~/Documents && csb backup")


def _enrol_first(reached: Reached, made: NewAccount, name: str) -> EnrolledDevice:
    try:
        return enrol_new_device(reached.home, made.unlocked, name=name, pin=reached.pin)
    except CsbError:
        # The account exists, and this is the only time that its recovery key can be told.
        click.echo(f"The account was made. Its recovery key is {made.recovery_key}", err=True)
        raise


@click.command(
    epilog="""
\b
Examples:
  csb login https://nas.local:8443 --account anna
  csb login https://nas.local:8443 --account anna --take-over old-laptop
"""
)
@click.argument("url", required=False, default="")
@options.account
@click.option("--device", "device_name", metavar="NAME", default="", help="What to call this one.")
@click.option(
    "--take-over",
    metavar="DEVICE",
    default="",
    help="Go on with that device: its folders, its history. The old machine's access ends.",
)
@options.recovery_key
@options.accept_pin
@options.shared
def login(  # noqa: PLR0913  one parameter an option
    url: str,
    account: str,
    device_name: str,
    take_over: str,
    recovery_key: str,
    accept_pin: str,
    as_json: bool,
) -> None:
    """Set this machine up as a device of an account on the server at URL."""
    home = own_home()
    if not take_over or _serves_another(home, account):
        _refuse_enrolled(home)
    reached = reach(home, url, accept_pin)
    unlocked = unlock(reached.transport, account, ask_secret(recovery_key, account))
    if take_over:
        device = take_over_device(home, unlocked, old=take_over, pin=reached.pin)
    else:
        name = device_name or machine_name()
        device = enrol_new_device(home, unlocked, name=name, pin=reached.pin)
    _sign_out(unlocked.connection)
    roots = [os.fsdecode(root) for root in _roots(home)]
    if as_json:
        print_json({**_describe(device), "took_over": bool(take_over), "roots": roots})
        return
    click.echo(f"This machine is set up as {device.device_name} of {account}.")
    if take_over:
        click.echo(f"It goes on with {count(len(roots), 'folder')} of {take_over}:")
        for root in _roots(home):
            click.echo(f"  {printable(root)}")
    else:
        click.echo("Next: csb add ~/Documents && csb backup")


@click.command(
    epilog="""
\b
Examples:
  csb password
  csb password --recovery-key XXXX-XXXX-...        when the old one is forgotten
"""
)
@options.recovery_key
@options.shared
def password(recovery_key: str, as_json: bool) -> None:
    """Set a new password. Asks for the old one, or takes the recovery key.

    Unattended: the old password in CSB_PASSWORD, the new one in CSB_NEW_PASSWORD. Other sign-ins
    end; devices go on backing up.
    """
    device, unlocked = unlock_own(own_home(), recovery_key)
    unattended = "CSB_PASSWORD" if recovery_key else "CSB_NEW_PASSWORD"
    variable = "CSB_NEW_PASSWORD" if "CSB_NEW_PASSWORD" in os.environ else unattended
    change_password(unlocked, ask_new_password(variable))
    if as_json:
        print_json({"account": device.account_name, "changed": True})
    else:
        click.echo(f"The password of {device.account_name} is changed.")


@click.command(
    "recovery-kit",
    epilog="""
\b
Examples:
  csb recovery-kit
  csb recovery-kit --to recovery-kit.txt
""",
)
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the kit to a new file, for its owner's eyes only.",
)
@options.recovery_key
@options.shared
def recovery_kit(target: Path | None, recovery_key: str, as_json: bool) -> None:
    """Make a new recovery key and show the kit to print. The old recovery key ends."""
    if target is not None:
        check_target(target)
    device, unlocked = unlock_own(own_home(), recovery_key)
    new_key = change_recovery_key(unlocked)
    withhold(new_key)
    text = recovery_kit_text(device.url, device.pin, device.account_name, new_key)
    written = ""
    if target is not None:
        written = write_kit(target, text, new_key)
    if as_json:
        print_json({"account": device.account_name, "recovery_key": new_key, "file": written})
    elif written:
        click.echo(f"The recovery kit is in {written}. Print it, then delete the file.")
    else:
        click.echo(text)


@click.command("accept-server", epilog="\b\nExample:\n  csb accept-server")
@options.shared
def accept_server(as_json: bool) -> None:
    """Go on with a server that knows less than it did, for instance after it was restored.

    Says what is gone, and records it. The next backup sends again what is missing.
    """
    home = own_home()
    device, connection = reach_own(home)
    answer = connection.check_in(CheckIn(__version__, describe_os()))
    heads = Heads(home, {device.device: device.device_name})
    gone = heads.accept(answer.heads, time.time_ns())
    if as_json:
        print_json({"gone": gone})
        return
    for line in gone:
        click.echo(f"Accepted: {line}.")
    if not gone:
        click.echo("The server knows everything that was seen here: nothing to accept.")


def _describe(device: EnrolledDevice) -> dict[str, str]:
    return {
        "account": device.account_name,
        "device": device.device_name,
        "device_id": device.device.hex(),
        "url": device.url,
        "pin": device.pin,
    }


def _roots(home: Home) -> tuple[bytes, ...]:
    settings = load_settings(home)
    return settings.roots if settings else ()


def _sign_out(connection: PersonConnection) -> None:
    """The session is no longer needed; that it also ends by itself makes a failure harmless."""
    with contextlib.suppress(CsbError):
        connection.sign_out()


def _serves_another(home: Home, account: str) -> bool:
    device = device_if_whole(home)
    return device is not None and device.account_name != account


def _refuse_enrolled(home: Home) -> None:
    if is_enrolled(home):
        device = load_device(home)
        raise AlreadyEnrolled(
            f"This machine is set up already, as {device.device_name} of {device.account_name} on "
            f"{device.url}. To renew its access, run `csb login` with --take-over "
            f"{device.device_name}; for another account, choose another CSB_HOME."
        )
