"""Printing results: JSON for scripts, plain lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

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
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def print_table(rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
    """Columns side by side, the first row as heading; those in `right` flush right."""
    lines = list(rows)
    widths = [max(len(row[at]) for row in lines) for at in range(len(lines[0]))]
    for row in lines:
        cells = (
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        click.echo("  ".join(cells).rstrip())


def name_fields(name: bytes) -> dict[str, str]:
    """A name in JSON; one that is not text also in hexadecimal, exactly."""
    text = name.decode(errors="replace")
    if text.encode(errors="replace") == name:
        return {"name": text}
    return {"name": text, "name_hex": name.hex()}


def path_fields(path: bytes) -> dict[str, str]:
    """The same for a path."""
    return {key.replace("name", "path"): text for key, text in name_fields(path).items()}
