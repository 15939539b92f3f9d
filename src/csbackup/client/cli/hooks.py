"""The command that says what this device does before and after a backup."""

from __future__ import annotations

from dataclasses import replace

import click

from csbackup.client.cli import options
from csbackup.client.cli.output import lasting, print_json, printable
from csbackup.client.cli.reaching import own_home
from csbackup.client.hooks import LONGEST_SECONDS, Hooks, load_hooks, save_hooks
from csbackup.client.keyring import load_device
from csbackup.errors import PathProblem
from csbackup.protocol.adapter import render

_timeout = click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=LONGEST_SECONDS),
    metavar="SECONDS",
    help="It is ended after so long.",
)


@click.group(
    invoke_without_command=True,
    epilog="""
\b
Examples:
  csb hooks
  csb hooks set-before 'pg_dumpall > /var/backups/all.sql' --must-succeed
  csb hooks set-after 'logger "backup: $CSB_OUTCOME"'
  csb hooks clear

They run as whoever backs up, by hand or as a service, with CSB_HOOK (before, after) and afterwards
CSB_OUTCOME (kept, failed, stopped), CSB_SNAPSHOT and CSB_SEQUENCE. What they print is in the log.
They are kept on this device only: the server can neither set nor see them.
""",
)
@options.shared
@click.pass_context
def hooks(context: click.Context, as_json: bool) -> None:
    """What this device does before and after a backup: show it, or set it."""
    if context.invoked_subcommand is None:
        _show(load_hooks(own_home()), as_json=as_json)


@hooks.command(epilog="\b\nExample:\n  csb hooks show --json")
@options.shared
def show(as_json: bool) -> None:
    """Show it."""
    _show(load_hooks(own_home()), as_json=as_json)


@hooks.command(
    name="set-before", epilog="\b\nExample:\n  csb hooks set-before 'pg_dumpall > /srv/all.sql'"
)
@click.argument("command")
@click.option(
    "--must-succeed/--go-on",
    default=None,
    help="When it fails: no backup, or one that tells of it (the usual).",
)
@_timeout
@options.shared
def set_before(
    command: str, must_succeed: bool | None, timeout: float | None, as_json: bool
) -> None:
    """Run COMMAND before each backup, but not before those that changes ask for."""
    known = _known()
    must = known.must_succeed if must_succeed is None else must_succeed
    _keep(replace(known, before=_checked(command), must_succeed=must), timeout, as_json=as_json)


@hooks.command(name="set-after", epilog="\b\nExample:\n  csb hooks set-after 'rm -f /srv/all.sql'")
@click.argument("command")
@_timeout
@options.shared
def set_after(command: str, timeout: float | None, as_json: bool) -> None:
    """Run COMMAND after each such backup, however it ended."""
    _keep(replace(_known(), after=_checked(command)), timeout, as_json=as_json)


@hooks.command(epilog="\b\nExample:\n  csb hooks clear")
@options.shared
def clear(as_json: bool) -> None:
    """Run nothing any more."""
    home = own_home()
    load_device(home)
    save_hooks(home, Hooks())
    _show(Hooks(), as_json=as_json)


def _known() -> Hooks:
    home = own_home()
    load_device(home)
    return load_hooks(home)


def _checked(command: str) -> str:
    if not command.strip() or "\0" in command:
        raise PathProblem("The command is empty. To run nothing any more: csb hooks clear.")
    return command


def _keep(hooks: Hooks, timeout: float | None, *, as_json: bool) -> None:
    if timeout is not None:
        hooks = replace(hooks, timeout_seconds=timeout)
    save_hooks(own_home(), hooks)
    _show(hooks, as_json=as_json)


def _show(hooks: Hooks, *, as_json: bool) -> None:
    if as_json:
        print_json(render(hooks))
        return
    for name, command in (("Before", hooks.before), ("After", hooks.after)):
        shown = printable(command.encode(errors="surrogateescape")) if command else "nothing"
        click.echo(f"{name:<8}{shown}")
    if hooks.before:
        then = "no backup" if hooks.must_succeed else "a backup all the same, with a problem"
        click.echo(f"{'Fails':<8}{then}")
    if hooks != Hooks():
        click.echo(f"{'Longest':<8}{lasting(hooks.timeout_seconds)}")
