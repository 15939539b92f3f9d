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
_REST_LINES = 7  # for the names of the other classes
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
    fitting = _how_many_fit([2 + len(one) for one in advice], lines)
    shown, rest = groups[:fitting], groups[fitting:]
    taken = sum(1 + len(one) for one in advice[:fitting])
    each = max((lines - taken - (_REST_LINES if rest else 0)) // fitting, 1) if fitting else 0
    found: list[str] = []
    for group, what_to_do in zip(shown, advice, strict=False):
        found += [_heading(group), *_places(group, each), *what_to_do]
    if rest:
        others = ", ".join(f"{group.kind}: {group.number:,}" for group in rest)
        found += textwrap.wrap(
            others,
            width,
            initial_indent="  and ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
    return found


def _how_many_fit(heights: Sequence[int], lines: int) -> int:
    """The first is always told in full; so many lines stay free for those that are only named."""
    taken = 0
    for at, height in enumerate(heights):
        taken += height
        kept_free = _REST_LINES if at + 1 < len(heights) else 0
        if at and taken + kept_free > lines:
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
