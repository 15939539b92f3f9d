"""The command that says when this device backs up by itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import click

from csbackup.client.cli import kept, options
from csbackup.client.cli.output import lasting, print_json
from csbackup.client.cli.reaching import own_home
from csbackup.client.settings import changing_settings, load_schedule, save_schedule
from csbackup.errors import PathProblem
from csbackup.protocol.adapter import render
from csbackup.rules.schedule import Schedule, check_schedule
from csbackup.rules.windows import Window, parse_window, show_window

_LENGTH = re.compile(r"(\d{1,5}(?:\.\d+)?)\s*(m|min|minutes?|h|hours?|d|days?)?")
_MINUTES = {"m": 1, "h": 60, "d": 1440}


def _minutes(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    found = _LENGTH.fullmatch(text.strip().lower())
    if found is None:
        raise click.BadParameter("write it like 30m, 4h or 1d")
    return float(found[1]) * _MINUTES[(found[2] or "m")[0]]


def _windows(_: click.Context, __: click.Parameter, texts: tuple[str, ...]) -> tuple[Window, ...]:
    try:
        return tuple(map(parse_window, texts))
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


@click.group(
    invoke_without_command=True,
    epilog="""
\b
Examples:
  csb schedule
  csb schedule set --every 4h
  csb schedule set --quiet '22:00-7:00' --quiet 'mon-fri 9:00-12:30'
  csb schedule set --continuous        soon after each change, too
""",
)
@options.shared
@click.pass_context
def schedule(context: click.Context, as_json: bool) -> None:
    """When this device backs up by itself: show it, or set it."""
    if context.invoked_subcommand is None:
        _show(load_schedule(own_home()), as_json=as_json)


@schedule.command(epilog="\b\nExample:\n  csb schedule show --json")
@options.shared
def show(as_json: bool) -> None:
    """Show it."""
    _show(load_schedule(own_home()), as_json=as_json)


@schedule.command(
    name="set",
    epilog="""
\b
Examples:
  csb schedule set --every 4h --no-continuous
  csb schedule set --quiet 'mon-fri 8:00-18:00' --quiet 'sat,sun 20:00-2:00'
  csb schedule set --no-quiet --battery-above 50

A running service follows within seconds. `csb backup` runs whenever you ask.
""",
)
@click.option(
    "--every", callback=_minutes, metavar="TIME", help="Back up when the last one is older."
)
@click.option("--continuous/--no-continuous", default=None, help="Soon after each change, too.")
@click.option(
    "--quiet",
    "quiet_hours",
    callback=_windows,
    multiple=True,
    metavar="WINDOW",
    help="No backup then, by this machine's clock. Several replace all there were.",
)
@click.option("--no-quiet", is_flag=True, help="No quiet hours at all.")
@click.option("--on-battery/--not-on-battery", default=None, help="Whether on battery as well.")
@click.option(
    "--battery-above", type=click.IntRange(0, 99), metavar="PERCENT", help="Then only above this."
)
@click.option("--on-metered/--not-on-metered", default=None, help="Whether on a metered link.")
@kept.anyway
@options.shared
def set_(  # noqa: PLR0913  a parameter an option
    every: float | None,
    continuous: bool | None,
    quiet_hours: tuple[Window, ...],
    no_quiet: bool,
    on_battery: bool | None,
    battery_above: int | None,
    on_metered: bool | None,
    anyway: bool,
    as_json: bool,
) -> None:
    """Set it; what is not named stays."""
    if quiet_hours and no_quiet:
        raise click.UsageError("--quiet and --no-quiet contradict each other.")
    asked: dict[str, Any] = {
        "every_minutes": every,
        "continuous": continuous,
        "quiet_hours": () if no_quiet else quiet_hours or None,
        "on_battery": on_battery,
        "battery_percent": battery_above,
        "on_metered": on_metered,
    }
    changed = {name: value for name, value in asked.items() if value is not None}
    if not changed:
        raise click.UsageError("Say what to set; --help lists it.")
    home = own_home()
    kept.check_kept(home, "schedule", anyway=anyway)
    with changing_settings(home):
        new = replace(load_schedule(home), **changed)
        if why := check_schedule(new):
            raise PathProblem(f"This schedule cannot be kept: {why}. Nothing was changed.")
        save_schedule(home, new)
    _show(new, as_json=as_json)


def _show(schedule: Schedule, *, as_json: bool) -> None:
    if as_json:
        shown = render(schedule)
        shown["quiet_hours"] = [show_window(window) for window in schedule.quiet_hours]
        print_json(shown)
        return
    more = ", and soon after each change" if schedule.continuous else ""
    click.echo(f"Backs up     when the last is older than {_length(schedule)}{more}")
    quiet = "; ".join(map(show_window, schedule.quiet_hours)) or "none"
    click.echo(f"Quiet hours  {quiet}")
    above = f"yes, above {schedule.battery_percent} %" if schedule.on_battery else "no"
    click.echo(f"On battery   {above}")
    click.echo(f"Metered      {'yes' if schedule.on_metered else 'no'}")


def _length(schedule: Schedule) -> str:
    return lasting(schedule.every_minutes * 60)
