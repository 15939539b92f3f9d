"""Choosing folders on a terminal: what is usual, how much it is, Enter to agree."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

import click

from csbackup.client.choosing.choice import Choice
from csbackup.client.cli.asking import on_a_terminal
from csbackup.client.cli.output import count, lasting, printable, size
from csbackup.errors import ClientError, PathProblem
from csbackup.protocol import messages


class FoldersNeeded(ClientError):
    code = "folders-needed"

    def __init__(self) -> None:
        super().__init__(
            "This machine is set up, and no folder is chosen yet. Run `csb setup --yes` for the "
            "usual ones, `csb setup --folders PATH`, or `csb add PATH` and `csb backup`."
        )


def choose_on_terminal(choice: Choice, folders: Sequence[str], *, unasked: bool) -> messages.Chosen:
    """What to back up: as said, as usual, or as the person answers."""
    if folders:
        roots = tuple(os.fsencode(os.path.abspath(one)) for one in folders)  # noqa: PTH100
    else:
        roots = choice.ticked
    if not unasked:
        if not on_a_terminal():
            raise FoldersNeeded
        roots = _ask(choice, roots)
    choice.wait_for(roots)
    junk = [one for one in choice.junk(roots) if one.ticked]
    if not unasked and junk:
        junk = _ask_about(junk)
    return messages.Chosen(roots, tuple(one.pattern for one in junk))


def _ask(choice: Choice, usual: tuple[bytes, ...]) -> tuple[bytes, ...]:
    while True:
        click.echo("\nWhat to back up (looking how much it is) ...")
        choice.wait_for(usual)
        for path in usual:
            found = choice.measured(path)
            more = "more than " if found.state == "partly" else ""
            amount = f"{more}{count(found.files, 'file')}, {size(found.bytes)}"
            click.echo(f"  {printable(path)}   {amount}")
        line = click.prompt(
            "Enter to back these up, or other folders, with spaces in between",
            default="",
            show_default=False,
        ).strip()
        if not line and usual:
            return usual
        try:
            usual = _typed(choice, line)
        except PathProblem as problem:
            click.echo(str(problem))


def _typed(choice: Choice, line: str) -> tuple[bytes, ...]:
    try:
        names = shlex.split(line)
    except ValueError:
        raise PathProblem("A quotation mark is missing.") from None
    whole = [os.path.abspath(os.path.expanduser(one)) for one in names]  # noqa: PTH100,PTH111
    paths = tuple(os.fsencode(one) for one in whole)
    for path in paths:
        choice.add(path)
    return paths


def _ask_about(junk: list[messages.PlaceJunk]) -> list[messages.PlaceJunk]:
    click.echo("\nSeldom worth a backup:")
    for one in junk:
        places = f", {one.places:,} places" if one.places > 1 else ""
        click.echo(f"  {size(one.bytes):>8}  {one.kind}{places}  {printable(one.pattern.encode())}")
    return junk if click.confirm("Leave these out?", default=True) else []


def show_choice(chosen: messages.Chosen) -> None:
    click.echo("Backing up " + ", ".join(printable(root) for root in chosen.roots) + " ...")


def show_end(told: messages.Choosing) -> None:
    """How the first backup ended, and what comes next."""
    run, service = told.run, told.service
    if run.state in ("done", "problems"):
        amount = f"{count(run.files_done, 'file')}, {size(run.bytes_done)}"
        click.echo(f"Backed up: {amount}, {size(run.bytes_sent)} sent in {lasting(run.seconds)}.")
    elif run.state == "failed":
        click.echo(f"The first backup did not end: {run.message} Try again: csb backup", err=True)
    else:
        click.echo("Nothing was chosen yet. Run `csb setup` again, or `csb add PATH`.", err=True)
    if run.problems:
        click.echo(f"{count(run.problems, 'problem')}: csb status", err=True)
    if service.state == "running":
        click.echo("From now on it backs up by itself.")
    elif service.command:
        why = f" ({service.message})" if service.message else ""
        click.echo(f"It does not go on by itself yet{why}: {service.command}", err=True)
