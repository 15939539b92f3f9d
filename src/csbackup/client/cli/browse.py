"""Commands that look into what was backed up: snapshots, ls, history, find, diff."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from csbackup.client.browse.chain import Kept
from csbackup.client.browse.compare import compare
from csbackup.client.browse.paths import Found, children, clean
from csbackup.client.browse.paths import find as find_path
from csbackup.client.browse.search import search
from csbackup.client.browse.versions import versions
from csbackup.client.cli import options
from csbackup.client.cli.looking import Look, look
from csbackup.client.cli.output import (
    count,
    iso,
    local_time,
    name_fields,
    percent,
    print_json,
    print_table,
    printable,
    size,
)
from csbackup.errors import NoSuchPath, NoSuchSnapshot
from csbackup.format.tree import FOLDER, KIND_NAMES, Entry

_SIGNS = {"added": "+", "removed": "-", "changed": "M", "metadata": "m"}


@click.command(epilog="\b\nExample:\n  csb snapshots --json")
@options.device_to_read
@options.recovery_key
@options.shared
def snapshots(device_name: str, recovery_key: str, as_json: bool) -> None:
    """List the snapshots of this device, oldest first."""
    looked = look(device_name, recovery_key)
    if as_json:
        print_json([_snapshot_json(kept) for kept in looked.history.whole])
        return
    if not looked.history.whole:
        click.echo("No snapshot yet. `csb backup` makes the first.")
        return
    rows = [("Number", "Received", "Files", "Size", "Coverage", "Id")]
    for kept in looked.history.whole:
        totals = kept.snapshot.totals
        share = percent(kept.snapshot.coverage_ppm / 1_000_000)
        rows.append(
            (
                str(kept.snapshot.sequence),
                local_time(kept.received_ns),
                f"{totals.files:,}",
                size(totals.bytes),
                "partial" if kept.snapshot.partial else share,
                kept.id.hex()[:12],
            )
        )
    print_table(rows, frozenset((0, 2, 3, 4)))


def _snapshot_json(kept: Kept) -> dict[str, Any]:
    snapshot = kept.snapshot
    return {
        "id": kept.id.hex(),
        "sequence": snapshot.sequence,
        "finished": iso(snapshot.finished_ns),
        "received": iso(kept.received_ns),
        "files": snapshot.totals.files,
        "bytes": snapshot.totals.bytes,
        "files_changed": snapshot.totals.files_changed,
        "coverage": snapshot.coverage_ppm / 1_000_000,
        "partial": snapshot.partial,
        "problems": sum(number for _, number in snapshot.problems),
    }


@click.command(
    epilog="""
\b
Examples:
  csb ls
  csb ls ~/Documents --at 'yesterday 18:00'
"""
)
@click.argument("path", default="", required=False)
@options.at
@options.snapshot
@options.device_to_read
@options.recovery_key
@options.shared
def ls(
    path: str, at: str, snapshot_name: str, device_name: str, recovery_key: str, as_json: bool
) -> None:
    """List a folder as it was. Without PATH: what is backed up."""
    looked = look(device_name, recovery_key)
    roots = looked.choose(at, snapshot_name).snapshot.roots
    found = find_path(looked.reader, roots, looked.path(path) if path else b"")
    if found.entry is not None and found.entry.kind != FOLDER:
        listed = [(found.entry.name.rpartition(b"/")[2], found.entry)]
    else:
        listed = [
            (one.entry.name, one.entry)
            for one in children(looked.reader, roots, found)
            if one.entry is not None
        ]
    if as_json:
        print_json([_entry_json(name, entry) for name, entry in listed])
        return
    rows = [("Kind", "Size", "Changed", "Name")]
    rows += [
        (KIND_NAMES[entry.kind], size(_size(entry)), local_time(entry.mtime_ns), printable(name))
        for name, entry in listed
    ]
    print_table(rows, frozenset((1,)))


def _size(entry: Entry) -> int:
    return entry.subtree_bytes if entry.kind == FOLDER else entry.size


def _entry_json(name: bytes, entry: Entry) -> dict[str, Any]:
    described: dict[str, Any] = {
        **name_fields(name),
        "kind": KIND_NAMES[entry.kind],
        "size": _size(entry),
        "mtime": iso(entry.mtime_ns),
        "mode": f"{entry.mode:04o}",
    }
    if entry.kind == FOLDER:
        described["files"] = entry.subtree_files
    return described


@click.command(epilog="\b\nExample:\n  csb history ~/Documents/thesis.odt")
@click.argument("path")
@options.device_to_read
@options.recovery_key
@options.shared
def history(path: str, device_name: str, recovery_key: str, as_json: bool) -> int:
    """List the versions of a file: one line for each snapshot in which it was different."""
    looked = look(device_name, recovery_key)
    found = list(versions(looked.reader, looked.history.whole, looked.path(path)))
    if not found:
        looked.history.last()
        raise NoSuchPath(f"{path} is in no snapshot. `csb find` looks for names.")
    if as_json:
        print_json(
            [
                {
                    "sequence": one.kept.snapshot.sequence,
                    "snapshot": one.kept.id.hex(),
                    "received": iso(one.kept.received_ns),
                    "size": _size(one.entry) if one.entry else None,
                    "mtime": iso(one.entry.mtime_ns) if one.entry else None,
                    "change": one.change,
                }
                for one in found
            ]
        )
        return 0
    rows = [("Snapshot", "Received", "Change", "Size", "Changed")]
    for one in found:
        entry = one.entry
        rows.append(
            (
                str(one.kept.snapshot.sequence),
                local_time(one.kept.received_ns),
                one.change,
                size(_size(entry)) if entry else "",
                local_time(entry.mtime_ns) if entry else "",
            )
        )
    print_table(rows, frozenset((0, 3)))
    return 0


@click.command(
    epilog="""
\b
Examples:
  csb find thesis
  csb find '*.odt' --at 'last friday'
  csb find '/home/anna/*/2024/*.jpg'
"""
)
@click.argument("pattern")
@options.at
@options.snapshot
@options.device_to_read
@options.recovery_key
@options.shared
def find(
    pattern: str, at: str, snapshot_name: str, device_name: str, recovery_key: str, as_json: bool
) -> int:
    """Find files by name: part of it, or a pattern with * and ?."""
    looked = look(device_name, recovery_key)
    roots = looked.choose(at, snapshot_name).snapshot.roots
    found = sorted(search(looked.reader, roots, pattern), key=lambda one: one.path)
    if as_json:
        print_json([_found_json(one) for one in found])
    else:
        _print_found(found)
    return 0


def _found_json(found: Found) -> dict[str, Any]:
    entry = found.entry
    path = name_fields(found.path)
    described = _entry_json(clean(found.path).rpartition(b"/")[2], entry) if entry else {}
    return {"path": path["name"], **described}


def _print_found(found: Iterable[Found]) -> None:
    number = 0
    for one in found:
        number += 1
        entry = one.entry
        if entry is not None:
            click.echo(
                f"{size(_size(entry)):>8}  {local_time(entry.mtime_ns)}  {printable(one.path)}"
            )
    click.echo(f"{count(number, 'name')} found.", err=True)


@click.command(
    epilog="""
\b
Examples:
  csb diff 3 4
  csb diff yesterday now
"""
)
@click.argument("before")
@click.argument("after")
@options.device_to_read
@options.recovery_key
@options.shared
def diff(before: str, after: str, device_name: str, recovery_key: str, as_json: bool) -> None:
    """What changed between two snapshots, named by number, id or moment."""
    looked = look(device_name, recovery_key)
    old, new = (_named(looked, text).snapshot for text in (before, after))
    found = compare(looked.reader, old.roots, new.roots)
    if as_json:
        print_json(
            [
                {
                    "change": one.change,
                    "path": name_fields(one.path)["name"],
                    "kind": KIND_NAMES[entry.kind],
                    "size_before": one.before.size if one.before else None,
                    "size_after": one.after.size if one.after else None,
                }
                for one in found
                if (entry := one.after or one.before) is not None
            ]
        )
        return
    number = 0
    for one in found:
        number += 1
        click.echo(f"{_SIGNS[one.change]} {printable(one.path)}")
    if number:
        click.echo(
            f"{count(number, 'difference')}: + added, - removed, M contents, m metadata.", err=True
        )
    else:
        click.echo("No difference.", err=True)


def _named(looked: Look, text: str) -> Kept:
    """A number or id where it can be one, else a moment."""
    try:
        return looked.choose("", text)
    except NoSuchSnapshot:
        if text.isdigit() or _is_id(text):
            raise
        return looked.choose(text, "")


def _is_id(text: str) -> bool:
    return len(text) >= 8 and set(text.lower()) <= set("0123456789abcdef")
