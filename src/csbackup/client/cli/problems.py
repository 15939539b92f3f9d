"""Shows problems by class: how many, a few of the paths, and once a class what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from csbackup.client.cli.output import count, printable
from csbackup.client.problems import Group, Sample
from csbackup.rules.problem_classes import advice_on

LINES = 20
WIDTH = 79
_CLASSES_SHOWN = 4
_SAYS_NOTHING_NEW = ("permission-denied", "vanished")  # the message repeats the title


def problem_lines(groups: Sequence[Group], *, lines: int = LINES, width: int = WIDTH) -> list[str]:
    """At most `lines` of them, however many problems there are."""
    shown = groups[:_CLASSES_SHOWN]
    texts = [_heading(group) for group in shown]
    advice = [_advice(group, width) for group in shown]
    rest = [group for group in groups if group not in shown]
    room = lines - len(shown) - sum(map(len, advice)) - bool(rest)
    each = max(room // len(shown), 1) if shown else 0
    found: list[str] = []
    for group, text, what_to_do in zip(shown, texts, advice, strict=True):
        found += [text, *_places(group, each), *what_to_do]
    if rest:
        found.append("  and " + ", ".join(f"{group.kind}: {group.number:,}" for group in rest))
    return found


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
