"""Shows problems by class: how many, a few of the paths, and once a class what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import click

from csbackup.client.cli.output import count, printable
from csbackup.client.problems import Group, Problem, Sample
from csbackup.rules.problem_classes import advice_on

LINES = 20
WIDTH = 79
_SAYS_NOTHING_NEW = ("permission-denied", "vanished")  # the message repeats the title


def show_notes(problems: Iterable[Problem]) -> None:
    """What concerns the whole run and is no fault of it, such as a clock that is wrong."""
    for problem in problems:
        if problem.ignored and not problem.path:
            message = printable(problem.message.encode(errors="surrogateescape"))
            click.echo(f"Note: {message}", err=True)


def problem_lines(groups: Sequence[Group], *, lines: int = LINES, width: int = WIDTH) -> list[str]:
    """At most `lines` of them, however many problems there are."""
    advice = [_advice(group, width) for group in groups]
    named = [_only_named(groups[at:], width) for at in range(len(groups) + 1)]
    fitting = _how_many_fit([2 + len(one) for one in advice], [len(one) for one in named], lines)
    taken = sum(1 + len(one) for one in advice[:fitting])
    each = max((lines - taken - len(named[fitting])) // fitting, 1) if fitting else 0
    found: list[str] = []
    for group, what_to_do in zip(groups[:fitting], advice, strict=False):
        found += [_heading(group), *_places(group, each), *what_to_do]
    return [*found, *named[fitting]]


def _only_named(groups: Sequence[Group], width: int) -> list[str]:
    """Those for which there is no room."""
    names = ", ".join(f"{group.kind}: {group.number:,}" for group in groups)
    return textwrap.wrap(
        names,
        width,
        initial_indent="  and ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )


def _how_many_fit(heights: Sequence[int], rests: Sequence[int], lines: int) -> int:
    """`rests`: how many lines name the others, by how many are told in full. One always is."""
    taken = 0
    for at, height in enumerate(heights):
        taken += height
        if at and taken + rests[at + 1] > lines:
            return at
    return len(heights)


def _heading(group: Group) -> str:
    return f"  {advice_on(group.kind).title}: {group.number:,} ({group.kind})"


def _places(group: Group, most: int) -> list[str]:
    shown = group.samples[: max(most - 1, 1) if _more(group, most) else most]
    found = [f"    {_place(group, sample)}" for sample in shown]
    more = group.number - sum(sample.number for sample in shown)
    if more and most > 1:
        found.append(f"    and {more:,} more")
    return found


def _more(group: Group, most: int) -> bool:
    shown = group.samples[:most]
    return sum(sample.number for sample in shown) < group.number


def _place(group: Group, sample: Sample) -> str:
    path = printable(sample.path)
    if sample.number > 1:
        path = f"{path}  ({count(sample.number, 'entry', 'entries')} in it)"
    if group.kind in _SAYS_NOTHING_NEW or not sample.message:
        return path
    message = printable(sample.message.encode(errors="surrogateescape"))
    return f"{path}: {message}" if path else message


def _advice(group: Group, width: int) -> list[str]:
    return textwrap.wrap(
        advice_on(group.kind).advice, width, initial_indent="    > ", subsequent_indent="      "
    )
