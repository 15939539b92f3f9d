"""What commands print: JSON for programs, tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_json_items(pages: Iterable[Iterable[Any]]) -> None:
    """A JSON array, written page by page."""
    before = "["
    for page in pages:
        lines = ",\n".join(f"  {json.dumps(item, ensure_ascii=False)}" for item in page)
        click.echo(f"{before}\n{lines}", nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they must be."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def utc_text(time_ns: int | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    if time_ns is None:
        return None
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    return moment.isoformat().replace("+00:00", "Z")


def local_text(time_ns: int | None) -> str:
    """For people, in this machine's time zone."""
    if time_ns is None:
        return "-"
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M")


def size_text(size: float) -> str:
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def plain_text(text: str) -> str:
    """A name without what would steer a terminal."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
