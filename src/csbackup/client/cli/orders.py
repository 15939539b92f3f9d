"""The commands about restore orders: what somebody chose in the browser to be written back here."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import click

from csbackup.client.cli import options
from csbackup.client.cli.output import count, iso, local_time, print_json, printable, size
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.progress import open_progress
from csbackup.client.cli.reaching import own_home, reach_own
from csbackup.client.cli.service_state import running_service
from csbackup.client.config import Home
from csbackup.client.orders.attending import Attendant, Outcome, Waiting
from csbackup.client.orders.checking import CheckedOrder
from csbackup.client.platform.locking import only_run
from csbackup.client.platform.memory import give_back_large_buffers
from csbackup.client.restore.plan import Selection
from csbackup.errors import CsbError, OrderInProgress, RunInProgress
from csbackup.format.ids import OrderId
from csbackup.protocol.adapter import render
from csbackup.rules.orders import WORDS

LOCK = "orders.lock"
_SHOWN_PLACES = 10
_SHOWN_ID = 8
_BAD_ENDS = ("failed", "refused")


@click.group(
    invoke_without_command=True,
    epilog="""
\b
Examples:
  csb orders                          what waits, and what it would write where
  csb orders accept 3f2a91bc          agree to it; the service carries it out
  csb orders accept 3f2a91bc --overwrite
  csb orders refuse 3f2a91bc
  csb orders run                      carry out now what may be
""",
)
@options.shared
@click.pass_context
def orders(context: click.Context, as_json: bool) -> None:
    """What was ordered in the browser to be written back to this machine.

    The service carries orders out by itself where they only bring back what this device backed up,
    where it was or into a new folder, beside what is there. All others wait until somebody here
    accepts them.
    """
    if context.invoked_subcommand is None:
        _list(_attendant(), as_json=as_json)


@orders.command()
@click.argument("order")
@click.option("--overwrite", is_flag=True, help="Agree that files that are there are replaced.")
@options.shared
def accept(order: str, overwrite: bool, as_json: bool) -> None:
    """Agree to an order: exactly as `csb orders` shows it, and as it is now."""
    attendant = _attendant()
    waiting = attendant.find(order)
    if waiting.failure is not None:
        raise waiting.failure
    replaces = waiting.checked is not None and waiting.checked.order.overwrite
    if replaces and not overwrite:
        raise click.UsageError("This order replaces files that are there: say --overwrite as well.")
    if overwrite and not replaces:
        raise click.UsageError("This order replaces nothing: accept it without --overwrite.")
    verdict = attendant.accept(waiting)
    if as_json:
        print_json({"order": waiting.id.hex(), "state": verdict.state})
    elif running_service(attendant.home) is not None:
        click.echo("Accepted. The service carries it out.")
    else:
        click.echo("Accepted. `csb orders run` carries it out.")


@orders.command()
@click.argument("order")
@options.shared
def refuse(order: str, as_json: bool) -> None:
    """Do not carry out an order, now or later."""
    attendant = _attendant()
    outcome = attendant.refuse(attendant.find(order))
    if as_json:
        print_json({"order": outcome.id.hex(), "state": outcome.state})
    else:
        click.echo(f"The order is {outcome.state}.")


@orders.command()
@options.quiet
@options.shared
def run(quiet: bool, as_json: bool) -> int:
    """Carry out the orders that need nobody's word, and those that were accepted."""
    give_back_large_buffers()
    attendant = _attendant()
    outcomes = []
    with _only_one(attendant.home):
        for waiting in attendant.waiting():
            with open_progress(quiet=quiet or as_json, verbose=options.is_verbose()) as progress:
                outcome = attendant.attend(waiting, progress)
            outcomes.append(outcome)
            if not as_json:
                click.echo(_told(outcome), err=quiet)
    if as_json:
        print_json([_outcome_json(outcome) for outcome in outcomes])
    elif not outcomes and not quiet:
        click.echo("There is no order for this machine.")
    return FINISHED_WITH_PROBLEMS if any(map(_is_bad, outcomes)) else FINISHED


@contextlib.contextmanager
def _only_one(home: Home) -> Iterator[None]:
    try:
        with only_run(home.path / LOCK):
            yield
    except RunInProgress:
        raise OrderInProgress from None


def _attendant() -> Attendant:
    home = own_home()
    own, connection = reach_own(home)
    return Attendant(home, own, connection, time.time_ns())


# --- what is shown -------------------------------------------------------------------------------


def _list(attendant: Attendant, *, as_json: bool) -> None:
    found = list(attendant.waiting())
    if as_json:
        print_json([_waiting_json(attendant, waiting) for waiting in found])
    elif not found:
        click.echo("There is no order for this machine.")
    for waiting in () if as_json else found:
        for line in _lines(attendant, waiting):
            click.echo(line)


def _lines(attendant: Attendant, waiting: Waiting) -> Iterator[str]:
    short = waiting.id.hex()[:_SHOWN_ID]
    checked = waiting.checked
    if checked is None:
        yield f"Order {short} does not hold, and is not carried out:"
        yield f"  {_plain(str(waiting.failure))}"
        return
    order = checked.order
    yield f"Order {short}, given {local_time(order.created_ns)}, until {_until(checked)}"
    yield f"  from   {_origin(checked)}"
    selections, failure = _selections(attendant, checked)
    if failure:
        yield f"  what   {_plain(failure)}"
    else:
        files, amount = sum(one.files for one in selections), sum(one.bytes for one in selections)
        yield f"  what   {count(files, 'file')}, {size(amount)}"
    for one in selections[:_SHOWN_PLACES]:
        yield f"         {printable(one.path)} -> {printable(one.place)}"
    if len(selections) > _SHOWN_PLACES:
        yield f"         and {count(len(selections) - _SHOWN_PLACES, 'more place')}"
    kept = "REPLACES files that are there" if order.overwrite else "beside what is there"
    yield f"  where  {_target(checked)}, {kept}"
    yield f"  state  {_state(waiting, short)}"


def _until(checked: CheckedOrder) -> str:
    return local_time(checked.order.expires_ns)


def _origin(checked: CheckedOrder) -> str:
    device = "this device" if checked.signed_here else _plain(checked.source_name)
    received = local_time(checked.kept.received_ns)
    return f"snapshot {checked.order.sequence} of {device}, received {received}"


def _target(checked: CheckedOrder) -> str:
    target = checked.order.target
    return f"below {printable(target)}" if target else "where it was"


def _state(waiting: Waiting, short: str) -> str:
    agreed = waiting.known is not None and waiting.known.accepted
    if waiting.reasons and not agreed:
        why = "; ".join(WORDS[reason] for reason in waiting.reasons)
        flag = " --overwrite" if "replaces" in waiting.reasons else ""
        return f"waits for you, since {why}: csb orders accept {short}{flag}"
    return "accepted" if agreed else waiting.state


def _selections(attendant: Attendant, checked: CheckedOrder) -> tuple[list[Selection], str]:
    try:
        return attendant.selections(checked), ""
    except CsbError as failure:
        return [], str(failure)


def _waiting_json(attendant: Attendant, waiting: Waiting) -> dict[str, Any]:
    checked = waiting.checked
    if checked is None:
        code = waiting.failure.code if waiting.failure else ""
        return {"order": waiting.id.hex(), "holds": False, "failure": code}
    order = checked.order
    selections, failure = _selections(attendant, checked)
    return {
        "order": waiting.id.hex(),
        "holds": True,
        "state": waiting.state,
        "accepted": waiting.known is not None and waiting.known.accepted,
        "asks": list(waiting.reasons),
        "source": checked.source_name,
        "snapshot": order.snapshot.hex(),
        "sequence": order.sequence,
        "created": iso(order.created_ns),
        "expires": iso(order.expires_ns),
        "to": order.target.decode(errors="replace") or None,
        "overwrite": order.overwrite,
        "files": sum(one.files for one in selections),
        "bytes": sum(one.bytes for one in selections),
        "places": [
            {
                "path": one.path.decode(errors="replace"),
                "to": one.place.decode(errors="replace"),
            }
            for one in selections
        ],
        "failure": failure or None,
    }


def _told(outcome: Outcome) -> str:
    short, report = outcome.id.hex()[:_SHOWN_ID], outcome.report
    if report.needs_person:
        return f"Order {short} waits: {_plain(report.message)}"
    text = f"Order {short} is {outcome.state}: {count(report.files_done, 'file')}, "
    text += f"{size(report.bytes_done)}, {count(report.problems, 'problem')}."
    return f"{text} {_plain(report.message)}".rstrip()


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    id: OrderId = outcome.id
    return {**render(outcome.report), "order": id.hex(), "state": outcome.state}


def _is_bad(outcome: Outcome) -> bool:
    ends = (outcome.state, outcome.report.state)
    return any(end in _BAD_ENDS for end in ends) or outcome.report.problems > 0


def _plain(text: str) -> str:
    return printable(text.encode(errors="surrogateescape"))
