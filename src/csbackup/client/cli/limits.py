"""The command that says how much of the link and of the machine backups may take."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import click

from csbackup.client.cli import kept, options
from csbackup.client.cli.output import print_json, size
from csbackup.client.cli.reaching import own_home
from csbackup.client.settings import changing_settings, load_limits, save_limits
from csbackup.errors import PathProblem
from csbackup.rules.limits import Limits, RateWindow, check_limits
from csbackup.rules.windows import parse_window, show_window

_RATE = re.compile(r"(\d{1,7}(?:\.\d+)?)\s*([kmg]?)b?(?:/s)?")
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_NONE = "none"


def _rate(text: str) -> int | None:
    if text.strip().lower() == _NONE:
        return None
    found = _RATE.fullmatch(text.strip().lower())
    if found is None:
        raise click.BadParameter(f"`{text}` is no rate: write it like 500k, 2.5M or none")
    return int(float(found[1]) * _UNITS[found[2]])


def _optional_rate(
    _: click.Context, __: click.Parameter, text: str | None
) -> tuple[int | None] | None:
    """In a tuple, since no limit is a limit too."""
    return None if text is None else (_rate(text),)


def _rate_windows(
    _: click.Context, __: click.Parameter, texts: tuple[str, ...]
) -> tuple[RateWindow, ...]:
    return tuple(map(_rate_window, texts))


def _rate_window(text: str) -> RateWindow:
    window, sign, rate = text.partition("=")
    if not sign:
        raise click.BadParameter("write it like 'mon-fri 8:00-18:00=500k'")
    try:
        return RateWindow(parse_window(window), _rate(rate))
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


@click.group(
    invoke_without_command=True,
    epilog="""
\b
Examples:
  csb limits
  csb limits set --upload 2M
  csb limits set --upload-at 'mon-fri 8:00-18:00=500k' --upload none
""",
)
@options.shared
@click.pass_context
def limits(context: click.Context, as_json: bool) -> None:
    """How fast backups may be: show it, or set it."""
    if context.invoked_subcommand is None:
        _show(load_limits(own_home()), as_json=as_json)


@limits.command(epilog="\b\nExample:\n  csb limits show --json")
@options.shared
def show(as_json: bool) -> None:
    """Show it."""
    _show(load_limits(own_home()), as_json=as_json)


@limits.command(
    name="set",
    epilog="""
\b
Examples:
  csb limits set --upload 2M --download none
  csb limits set --upload-at 'mon-fri 8:00-18:00=500k' --upload-at '0:00-6:00=none'
  csb limits set --no-upload-at --full-priority

Rates are bytes a second: 500k, 2.5M, none. A run that is under way follows within seconds. Taking
the low priority back counts from the next start of the service on: the system allows no other way.
""",
)
@click.option(
    "--upload", callback=_optional_rate, metavar="RATE", help="What is sent, at other times."
)
@click.option(
    "--upload-at",
    "windows",
    callback=_rate_windows,
    multiple=True,
    metavar="WINDOW=RATE",
    help="What is sent within that time. Several replace all there were; the first counts.",
)
@click.option("--no-upload-at", is_flag=True, help="The same at all times.")
@click.option(
    "--download", callback=_optional_rate, metavar="RATE", help="What is fetched, by restores too."
)
@click.option(
    "--low-priority/--full-priority",
    default=None,
    help="Whether the service lets other programs have processor and disk first.",
)
@kept.anyway
@options.shared
def set_(  # noqa: PLR0913  a parameter an option
    upload: tuple[int | None] | None,
    windows: tuple[RateWindow, ...],
    no_upload_at: bool,
    download: tuple[int | None] | None,
    low_priority: bool | None,
    anyway: bool,
    as_json: bool,
) -> None:
    """Set it; what is not named stays."""
    if windows and no_upload_at:
        raise click.UsageError("--upload-at and --no-upload-at contradict each other.")
    changed: dict[str, Any] = {}
    if upload is not None:
        changed["upload"] = upload[0]
    if download is not None:
        changed["download"] = download[0]
    if windows or no_upload_at:
        changed["upload_windows"] = windows
    if low_priority is not None:
        changed["low_priority"] = low_priority
    if not changed:
        raise click.UsageError("Say what to set; --help lists it.")
    home = own_home()
    kept.check_kept(home, "limits", anyway=anyway)
    with changing_settings(home):
        new = replace(load_limits(home), **changed)
        if why := check_limits(new):
            raise PathProblem(f"These limits cannot be kept: {why}. Nothing was changed.")
        save_limits(home, new)
    _show(new, as_json=as_json)


def _show(limits: Limits, *, as_json: bool) -> None:
    if as_json:
        windows = [
            {"window": show_window(one.window), "bytes_per_second": one.bytes_per_second}
            for one in limits.upload_windows
        ]
        print_json(
            {
                "upload": limits.upload,
                "upload_windows": windows,
                "download": limits.download,
                "low_priority": limits.low_priority,
            }
        )
        return
    click.echo(f"Upload    {_text(limits.upload)}")
    for one in limits.upload_windows:
        click.echo(f"          {_text(one.bytes_per_second)} at {show_window(one.window)}")
    click.echo(f"Download  {_text(limits.download)}")
    click.echo(f"Priority  {'low' if limits.low_priority else 'as any other program'}")


def _text(rate: int | None) -> str:
    return "no limit" if rate is None else f"{size(rate)}/s"
