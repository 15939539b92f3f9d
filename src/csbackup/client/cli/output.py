"""Printing results: JSON for scripts, plain lines for people."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

Item = TypeVar("Item")

ROWS_MEASURED = 1_000
LINES_AT_ONCE = 500
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def iso(time_ns: int) -> str:
    """ISO 8601 in UTC, to the nanosecond where there are any."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    try:
        whole = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{seconds}.{rest:09d}"  # outside the years that a calendar here knows
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return whole.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def local_time(time_ns: int) -> str:
    try:
        return datetime.fromtimestamp(time_ns / 1e9).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "?"


def size(count: float) -> str:
    """Bytes for people, in powers of 1000."""
    for unit in _UNITS:
        if count < 999.5 or unit == _UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 99.5 else f"{count:.1f} {unit}"


def age(seconds: float) -> str:
    """How long ago, roughly."""
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def lasting(seconds: float) -> str:
    """How long something takes, roughly."""
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            return count(round(seconds / length), unit)
    return count(max(round(seconds), 0), "second")


def percent(share: float, *, decimals: int = 2) -> str:
    """A share of one, rounded down: what is nearly all is not all."""
    whole = 10**decimals
    return f"{int(share * 100 * whole + 1e-6) / whole:.{decimals}f}%"


def count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def printable(path: bytes) -> str:
    """A path on one line of a terminal: control characters are escaped."""
    text = path.decode(errors="backslashreplace")
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def print_table(rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
    """Columns side by side, the first row as heading; those in `right` flush right.

    As wide as the first rows need: what comes later is printed as it comes.
    """
    coming = iter(rows)
    first = list(itertools.islice(coming, ROWS_MEASURED))
    if not first:
        return
    widths = [max(len(row[at]) for row in first) for at in range(len(first[0]))]
    print_lines(_table_line(row, widths, right) for row in itertools.chain(first, coming))


def _table_line(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    cells = (
        cell.rjust(width) if at in right else cell.ljust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()


def print_json_items(items: Iterable[Any]) -> None:
    """A JSON array, each item written when it is there."""
    print_lines(_array_lines(items))


def _array_lines(items: Iterable[Any]) -> Iterator[str]:
    before = "["
    for item in items:
        if before != "[":
            yield before + ","
        else:
            yield before
        before = "  " + json.dumps(item, ensure_ascii=False)
    if before == "[":
        yield "[]"
    else:
        yield before
        yield "]"


def print_lines(lines: Iterable[str]) -> None:
    """Many lines: on a terminal each at once, else some hundreds at a time."""
    at_once = 1 if sys.stdout.isatty() else LINES_AT_ONCE
    coming = iter(lines)
    while several := list(itertools.islice(coming, at_once)):
        click.echo("\n".join(several))


class Counted:
    """Counts what passes by."""

    def __init__(self) -> None:
        self.number = 0

    def each(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            self.number += 1
            yield item


def name_fields(name: bytes) -> dict[str, str]:
    """A name in JSON; one that is not text also in hexadecimal, exactly."""
    text = name.decode(errors="replace")
    if text.encode(errors="replace") == name:
        return {"name": text}
    return {"name": text, "name_hex": name.hex()}


def path_fields(path: bytes) -> dict[str, str]:
    """The same for a path."""
    return {key.replace("name", "path"): text for key, text in name_fields(path).items()}
