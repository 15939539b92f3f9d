"""Commands that say how things stand: status, version."""

from __future__ import annotations

import os
import platform
import sys
import textwrap

import click

from csbackup import __version__
from csbackup.client.cli import options
from csbackup.client.cli.gathering import gather_facts
from csbackup.client.cli.output import (
    age,
    count,
    lasting,
    local_time,
    percent,
    print_json,
    printable,
    size,
)
from csbackup.client.cli.problems import problem_lines
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.reaching import own_home
from csbackup.client.cli.standing import SECOND, Facts, Standing, assess, describe
from csbackup.client.platform.description import describe_os
from csbackup.client.update.installation import find_installed
from csbackup.protocol import version as protocol
from csbackup.rules.schedule import Reason, ReasonCode

SCREEN_LINES = 23  # of 24, with one for the next prompt
SCREEN_WIDTH = 79
REASON_LINES = 7
FOLDERS_SHOWN = 4
FEWEST_PROBLEM_LINES = 3
_WAITS: dict[ReasonCode, str] = {
    "quiet-hours": "quiet hours",
    "on-battery": "on battery, and the schedule wants mains",
    "battery-low": "the battery is low",
    "metered": "the link is metered",
    "offline": "no network",
    "failed": "the last try failed; again",
}


@click.command(
    epilog="""
\b
Examples:
  csb status
  csb status || mail -s 'Not protected' anna < /dev/null
  csb status --json

Exit codes: 0 protected, 1 something needs attention, 2 this machine is not set up.
"""
)
@options.shared
def status(as_json: bool) -> int:
    """Is this machine protected, since when, what is missing, and what comes next?"""
    standing = assess(gather_facts(own_home()))
    if as_json:
        print_json(describe(standing))
    else:
        for line in status_lines(standing):
            click.echo(line)
    return FINISHED if standing.protected else FINISHED_WITH_PROBLEMS


def status_lines(standing: Standing) -> list[str]:
    """One screen, whatever there is to say."""
    facts = standing.facts
    lines = [*_headline(standing), "", *_history(facts), *_next(facts)]
    lines += [*_server(facts), *_folders(facts)]
    room = max(SCREEN_LINES - len(lines) - 1, FEWEST_PROBLEM_LINES)
    if facts.groups:
        lines.append(f"Problems  of the backup that made snapshot {_last_sequence(facts)}")
        lines += problem_lines(facts.groups, lines=room, width=SCREEN_WIDTH)[:room]
    return lines


def _last_sequence(facts: Facts) -> int:
    return facts.last.sequence if facts.last else 0


def _headline(standing: Standing) -> list[str]:
    if standing.protected:
        return [_with_icon("\N{HEAVY CHECK MARK}", "OK", "Protected", "green")]
    lines = [_with_icon("\N{WARNING SIGN}", "!!", "Needs attention", "yellow")]
    for reason in standing.reasons:
        lines += textwrap.wrap(
            printable(reason.encode(errors="surrogateescape")),
            SCREEN_WIDTH,
            initial_indent="  - ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    if len(lines) > REASON_LINES:
        rest = len(lines) - REASON_LINES + 1
        lines = [*lines[: REASON_LINES - 1], f"    ... {rest} more lines: csb status --json"]
    return lines


def _with_icon(icon: str, plain: str, text: str, color: str) -> str:
    """The word alone says it as well; colour only where somebody looks."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        icon.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        icon = plain
    return click.style(f"{icon} {text}", fg=color, bold=True)


def _history(facts: Facts) -> list[str]:
    newest = facts.newest
    if newest is None:
        return ["Since     no snapshot yet"]
    known = facts.server.snapshots
    number = f", {count(len(known), 'snapshot')}" if known is not None else ""
    when = local_time(newest.made_ns)
    old = age((facts.now_ns - newest.made_ns) / SECOND)
    partial = " (of a backup that did not finish)" if newest.partial else ""
    return [
        f"Since     {local_time(facts.first_ns)}{number}",
        f"Newest    snapshot {newest.sequence}{partial}, {old} ({when})",
        f"          {count(newest.files, 'file')}, {size(newest.bytes)}, "
        f"{percent(newest.coverage)} covered",
    ]


def _next(facts: Facts) -> list[str]:
    orders = facts.server.orders
    now = ["a backup is running"] if facts.running else []
    now += [f"{count(orders, 'restore order')}: csb orders"] if orders > 0 else []
    running = [f"Now       {'; '.join(now)}"] if now else []
    paused = []
    if facts.paused_until:
        paused = [f"Paused    until {local_time(facts.paused_until)}; to go on: csb resume"]
    return [*running, *paused, *_of_service(facts)]


def _of_service(facts: Facts) -> list[str]:
    service = facts.service
    if service is None:
        return ["Next      no service backs up by itself: csb service install, or csb backup"]
    if not service.next_due and not service.reasons:
        return ["Next      the service is starting"]
    wait = (service.next_due - facts.now_ns) / SECOND
    when = f"in {lasting(wait)}" if wait > 0 else "now" if service.next_due else "not known"
    every = lasting(service.every_seconds)
    more = ", and after changes" if service.continuous else ""
    lines = [f"Next      {when}, by the service (every {every}{more})"]
    if service.failures:
        lines[0] += f"; failed {count(service.failures, 'time')} in a row"
    waits = [says for one in service.reasons if (says := waits_for(one))]
    if waits and not facts.running:
        lines.append(f"Waits     {'; '.join(waits)}")
    if service.shortfall:
        text = f"looked for every minute or two: {service.shortfall}"
        lines += textwrap.wrap(
            printable(text.encode(errors="replace")),
            SCREEN_WIDTH,
            initial_indent="Changes   ",
            subsequent_indent="          ",
        )
    return lines


def waits_for(reason: Reason) -> str:
    """What the service waits for, in a few words; nothing where it only waits for its time."""
    until = f" until {local_time(reason.until)}" if reason.until else ""
    return _WAITS.get(reason.code, "") + until if reason.code in _WAITS else ""


def _server(facts: Facts) -> list[str]:
    device, server = facts.device, facts.server
    state = "reached" if server.reached else "not reached; what follows is known here"
    return [
        f"Server    {device.url} ({state})",
        f"Device    {device.device_name} of {device.account_name}{_version(facts)}",
    ]


def _version(facts: Facts) -> str:
    """What runs here, and what there is to say about another version."""
    last, wanted = facts.last_update, facts.server.release
    told = ""
    if last is not None and last.state in ("failed", "rolled-back"):
        what = "went back from" if last.state == "rolled-back" else "could not become"
        told = f"; {what} {last.version}: csb update"
    elif wanted:
        told = f"; {wanted} waits: csb update"
    return printable(f", version {__version__}{told}".encode())


def _folders(facts: Facts) -> list[str]:
    lines: list[str] = []
    absent, not_kept = dict(facts.absent), set(facts.not_kept)
    troubled = sorted(facts.chosen, key=lambda root: root not in absent and root not in not_kept)
    for root in troubled[:FOLDERS_SHOWN]:
        note = "  (not there)" if root in absent else ""
        note = note or ("  (in no snapshot yet)" if root in not_kept else "")
        lines.append(f"{'' if lines else 'Folders':<8}  {printable(root)}{note}")
    if len(troubled) > FOLDERS_SHOWN:
        lines.append(f"          and {len(troubled) - FOLDERS_SHOWN:,} more: csb exclude lists all")
    return lines or ["Folders   none yet: csb add PATH"]


@click.command(epilog="\b\nExample:\n  csb version --json")
@options.shared
def version(as_json: bool) -> None:
    """Say which release this is."""
    if as_json:
        print_json(
            {
                "version": __version__,
                "protocol": protocol.NEWEST,
                "python": platform.python_version(),
                "os": describe_os(),
                "kind": find_installed(os.environ).kind,
            }
        )
    else:
        click.echo(f"csb {__version__}")
        if options.is_verbose():
            click.echo(f"Installed as {find_installed(os.environ).kind}.")
