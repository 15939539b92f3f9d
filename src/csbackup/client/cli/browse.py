"""Commands that look into what was backed up: snapshots, ls, history, find, diff."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import click

from csbackup.client.browse.chain import Kept
from csbackup.client.browse.compare import Difference, compare
from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.paths import Found, children, clean
from csbackup.client.browse.paths import find as find_path
from csbackup.client.browse.search import search
from csbackup.client.browse.versions import Version, versions
from csbackup.client.cli import options
from csbackup.client.cli.looking import Look, look
from csbackup.client.cli.output import (
    Counted,
    count,
    iso,
    local_time,
    name_fields,
    percent,
    print_json,
    print_json_items,
    print_lines,
    print_table,
    printable,
    size,
)
from csbackup.client.cli.progress import SIGNS
from csbackup.errors import NoSuchPath, NoSuchSnapshot
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, KIND_NAMES, Entry


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
    listed = _listed(looked.reader, roots, found)
    if as_json:
        print_json_items(_entry_json(name, entry) for name, entry in listed)
    else:
        print_table(listing_rows(listed), frozenset((1,)))


def _listed(reader: NodeReader, roots: NodeId, found: Found) -> Iterator[tuple[bytes, Entry]]:
    """What a folder holds, or a file itself, by name."""
    if found.entry is not None and found.entry.kind != FOLDER:
        yield found.entry.name.rpartition(b"/")[2], found.entry
        return
    for one in children(reader, roots, found):
        if one.entry is not None:
            yield one.entry.name, one.entry


def listing_rows(listed: Iterable[tuple[bytes, Entry]]) -> Iterator[tuple[str, str, str, str]]:
    """A table of entries, with its heading."""
    yield "Kind", "Size", "Changed", "Name"
    for name, entry in listed:
        kind, changed = KIND_NAMES[entry.kind], local_time(entry.mtime_ns)
        yield kind, size(_size(entry)), changed, printable(name)


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
    coming = versions(looked.reader, looked.history.whole, looked.path(path))
    first = next(coming, None)
    if first is None:
        looked.history.last()
        raise NoSuchPath(f"{path} is in no snapshot. `csb find` looks for names.")
    found = itertools.chain((first,), coming)
    if as_json:
        print_json_items(map(_version_json, found))
    else:
        heading = ("Snapshot", "Received", "Change", "Size", "Changed")
        print_table(itertools.chain((heading,), map(_version_row, found)), frozenset((0, 3)))
    return 0


def _version_json(version: Version) -> dict[str, Any]:
    entry = version.entry
    return {
        "sequence": version.kept.snapshot.sequence,
        "snapshot": version.kept.id.hex(),
        "received": iso(version.kept.received_ns),
        "size": _size(entry) if entry else None,
        "mtime": iso(entry.mtime_ns) if entry else None,
        "change": version.change,
    }


def _version_row(version: Version) -> tuple[str, ...]:
    entry = version.entry
    return (
        str(version.kept.snapshot.sequence),
        local_time(version.kept.received_ns),
        version.change,
        size(_size(entry)) if entry else "",
        local_time(entry.mtime_ns) if entry else "",
    )


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
    found = search(looked.reader, roots, pattern)
    if as_json:
        print_json_items(map(_found_json, found))
    else:
        number = Counted()
        print_lines(map(_found_line, number.each(found)))
        click.echo(f"{count(number.number, 'name')} found.", err=True)
    return 0


def _found_json(found: Found) -> dict[str, Any]:
    entry = found.entry
    path = name_fields(found.path)
    described = _entry_json(clean(found.path).rpartition(b"/")[2], entry) if entry else {}
    return {"path": path["name"], **described}


def _found_line(found: Found) -> str:
    entry = found.entry
    assert entry is not None  # noqa: S101  only what lies above the roots has none
    return f"{size(_size(entry)):>8}  {local_time(entry.mtime_ns)}  {printable(found.path)}"


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
        print_json_items(map(_difference_json, found))
        return
    number = Counted()
    print_lines(f"{SIGNS[one.change]} {printable(one.path)}" for one in number.each(found))
    if number.number:
        signs = "+ added, - removed, M contents, m metadata"
        click.echo(f"{count(number.number, 'difference')}: {signs}.", err=True)
    else:
        click.echo("No difference.", err=True)


def _difference_json(one: Difference) -> dict[str, Any]:
    entry = one.after or one.before
    return {
        "change": one.change,
        "path": name_fields(one.path)["name"],
        "kind": KIND_NAMES[entry.kind] if entry else None,
        "size_before": one.before.size if one.before else None,
        "size_after": one.after.size if one.after else None,
    }


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
