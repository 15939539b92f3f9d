"""Options that several commands share, spelled once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from csbackup.client.cli.program import Invocation

Function = TypeVar("Function", bound=Callable[..., Any])


def _be_verbose(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and isinstance(context.obj, Invocation):
        context.obj.verbose = True


def _answer_in_json(context: click.Context, _: click.Parameter, value: bool) -> bool:
    if value and isinstance(context.obj, Invocation):
        context.obj.as_json = True
    return value


def shared(function: Function) -> Function:
    """`--json` and `--verbose`."""
    function = click.option(
        "--json",
        "as_json",
        is_flag=True,
        is_eager=True,
        callback=_answer_in_json,
        help="Print the result as JSON.",
    )(function)
    return click.option(
        "--verbose",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_be_verbose,
        help="Say more: what happens to each file, and where a failure happened.",
    )(function)


def is_verbose() -> bool:
    """Whether this call was asked to say more."""
    invocation = click.get_current_context().obj
    return isinstance(invocation, Invocation) and invocation.verbose


quiet = click.option("--quiet", is_flag=True, help="Say nothing but problems and failures.")


def refuse_empty(_: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """An empty text is a variable that a script forgot to set; it must not mean something else."""
    if value == "":
        raise click.BadParameter(f"it is empty. Give a value, or leave {parameter.opts[0]} out.")
    return value or ""


account = click.option("--account", required=True, metavar="NAME", help="The account's name.")
accept_pin = click.option(
    "--accept-pin", metavar="PIN", default="", help="The server's pin, as `csb-server pin` says."
)
recovery_key = click.option(
    "--recovery-key", metavar="KEY", default="", help="The recovery key in place of the password."
)
device_to_read = click.option(
    "--device", "device_name", metavar="NAME", default="", help="Another device of the account."
)
at = click.option(
    "--at",
    metavar="TIME",
    callback=refuse_empty,
    help="As of then: 2026-03-24T18:00, `yesterday 18:00`, `2 days ago`.",
)
snapshot = click.option(
    "--snapshot",
    "snapshot_name",
    metavar="SNAPSHOT",
    callback=refuse_empty,
    help="A sequence number or id.",
)
