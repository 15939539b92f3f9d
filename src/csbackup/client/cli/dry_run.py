"""Tells what a backup would do, what is biggest, and what need not be kept: `backup --dry-run`."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from csbackup.client.backup.left_out import LeftOut
from csbackup.client.backup.preview import FoundJunk, Pile, Preview, Sized, preview
from csbackup.client.backup.run import identity_of
from csbackup.client.cli.opening import choose
from csbackup.client.cli.output import count, path_fields, percent, print_json, printable, size
from csbackup.client.cli.problems import problem_lines, show_notes
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.progress import open_progress
from csbackup.client.config import Home
from csbackup.client.journal import FILE as JOURNAL
from csbackup.client.journal import Journal, JournalDamaged
from csbackup.client.log import LOG
from csbackup.client.problems import grouped
from csbackup.format.snapshot import Settings
from csbackup.rules.exclusion import pattern_of_place

FILES_SHOWN = 5
JUNK_SHOWN = 10


def dry_run(home: Home, *, quiet: bool, verbose: bool, as_json: bool) -> int:
    """Look, and tell; exit code 1 where the backup would meet problems."""
    chosen = choose(home)
    settings = chosen.settings
    journal = Journal.to_look_at(home.path / JOURNAL, identity_of(chosen))
    LOG.setLevel(logging.ERROR)  # it writes nothing, unless it fails
    hidden = quiet or (as_json and not verbose)
    with open_progress(quiet=hidden, verbose=verbose) as progress:
        progress.phase("Looking")
        try:
            found = preview(chosen, journal, progress)
        except JournalDamaged:  # the next backup makes it anew
            found = preview(chosen, None, progress)
    if as_json:
        print_json(_as_json(found, settings))
    else:
        _show(found, settings, quiet=quiet)
    serious = any(not problem.ignored for problem in found.problems)
    return FINISHED_WITH_PROBLEMS if serious else FINISHED


def exclude_command(path: bytes, roots: Sequence[bytes], *, folder: bool) -> str:
    """What to type to leave this place out; empty where it cannot be typed."""
    pattern = pattern_of_place(path, roots, folder=folder)
    return f"csb exclude {shlex.quote(pattern)}" if pattern else ""


def _as_json(found: Preview, settings: Settings) -> dict[str, Any]:
    return {
        "files": found.files,
        "folders": found.folders,
        "bytes": found.bytes,
        "files_new": found.files_new,
        "files_changed": found.files_new + found.files_changed,
        "files_unchanged": found.files - found.files_new - found.files_changed,
        "bytes_changed": found.bytes_changed,
        "removed": found.removed,
        "compared_with_last_run": found.compared,
        "hard_links": {"files": found.links, "bytes": found.bytes_in_links},
        "bytes_in_holes": found.bytes_in_holes,
        "roots": [_sized_json(one) for one in found.roots],
        "biggest_folders": [_sized_json(one) for one in found.biggest_folders],
        "biggest_files": [_sized_json(one) for one in found.biggest_files],
        "junk": [
            {
                **_sized_json(one.sized),
                "kind": one.kind,
                "exclude": _command(one, settings) or None,
            }
            for one in found.junk
        ],
        "junk_kinds": [
            {
                "kind": pile.kind,
                "places": pile.places,
                "files": pile.files,
                "bytes": pile.size,
                "exclude": _pattern_command(pile),
            }
            for pile in sorted(found.piles, key=lambda pile: pile.size, reverse=True)
        ],
        "excluded": _excluded_json(found.left_out),
        "problems": [problem.to_json() for problem in found.problems],
        "problem_counts": dict(found.problem_counts),
    }


def _sized_json(one: Sized) -> dict[str, Any]:
    return {**path_fields(one.path), "files": one.files, "bytes": one.size}


def _command(junk: FoundJunk, settings: Settings) -> str:
    return exclude_command(junk.sized.path, settings.roots, folder=junk.is_folder)


def _excluded_json(left_out: LeftOut) -> dict[str, Any]:
    def listed(counts: dict[str, int]) -> list[dict[str, Any]]:
        return [{"pattern": pattern, "matches": number} for pattern, number in counts.items()]

    return {
        "matches": sum(left_out.counts.values()),
        "by_you": listed(left_out.own),
        "by_default": listed(left_out.by_default),
        "caches": left_out.caches,
        "other_file_systems": left_out.other_file_systems,
    }


def _show(found: Preview, settings: Settings, *, quiet: bool) -> None:
    if not quiet:
        show_notes(found.problems)
        _show_totals(found)
        _show_biggest("Biggest folders, each with all below it", found.biggest_folders, found.bytes)
        _show_biggest("Biggest files", found.biggest_files[:FILES_SHOWN], found.bytes)
        _show_junk(found, settings)
        _show_left_out(found.left_out)
    groups = grouped(found.problems, dict(found.problem_counts))
    if groups:
        number = count(sum(group.number for group in groups), "problem")
        click.echo(f"\nThe backup would meet {number}:", err=True)
    for line in problem_lines(groups):
        click.echo(line, err=True)


def _show_totals(found: Preview) -> None:
    click.echo("This is a dry run: nothing is sent, nothing is written.\n")
    folders = count(found.folders, "folder")
    click.echo(f"To keep   {count(found.files, 'file')} in {folders}, {size(found.bytes)}")
    changed = f"{found.files_new:,} new, {found.files_changed:,} changed"
    click.echo(f"To read   {changed}: {size(found.bytes_changed)} at most")
    if found.compared:
        unchanged = found.files - found.files_new - found.files_changed
        click.echo(f"Not read  {unchanged:,} unchanged since the last run on this machine")
        click.echo(f"Gone      {count(found.removed, 'file')} since then")
    else:
        click.echo("          No run on this machine yet. What the server has is not sent again.")
    if found.links:
        names = count(found.links, "further name")
        click.echo(f"Links     {names} of the same files, {size(found.bytes_in_links)} read once")
    if found.bytes_in_holes:
        click.echo(f"Holes     {size(found.bytes_in_holes)} in sparse files, not read")
    if len(found.roots) > 1:
        click.echo("\nYour folders")
        for one in found.roots:
            click.echo(_line(one, found.bytes))


def _show_biggest(title: str, several: Iterable[Sized], all_bytes: int) -> None:
    lines = [_line(one, all_bytes) for one in several if one.size]
    if lines:
        click.echo(f"\n{title}")
    for line in lines:
        click.echo(line)


def _line(one: Sized, all_bytes: int) -> str:
    share = percent(one.size / all_bytes, decimals=1) if all_bytes else ""
    return f"  {size(one.size):>8}  {share:>6}  {printable(one.path)}"


@dataclass(frozen=True, slots=True)
class _Advice:
    """Junk that one command leaves out; its path where there is no such command."""

    size: int
    kind: str
    command: str
    path: bytes


def _show_junk(found: Preview, settings: Settings) -> None:
    several = sorted(_advice(found, settings), key=lambda one: one.size, reverse=True)
    if not several:
        return
    click.echo("\nSeldom worth a backup; to leave it out, type what stands below it")
    for one in several[:JUNK_SHOWN]:
        click.echo(f"  {size(one.size):>8}  {one.kind}")
        where = f"{printable(one.path)} (rename it first: its name cannot be typed)"
        click.echo(f"            {one.command or where}")
    if len(several) > JUNK_SHOWN:
        rest = sum(one.size for one in several[JUNK_SHOWN:])
        click.echo(f"  {size(rest):>8}  more: csb backup --dry-run --json")


def _advice(found: Preview, settings: Settings) -> Iterator[_Advice]:
    """Several places of a kind with one pattern are told together."""
    many = {pile.pattern for pile in found.piles if pile.places > 1}
    for pile in found.piles:
        if pile.pattern in many:
            kind = f"{pile.kind}, {pile.places:,} places"
            yield _Advice(pile.size, kind, _pattern_command(pile), b"")
    for one in found.junk:
        if one.pattern not in many:
            yield _Advice(one.sized.size, one.kind, _command(one, settings), one.sized.path)


def _pattern_command(pile: Pile) -> str:
    return f"csb exclude {shlex.quote(pile.pattern)}"


def _show_left_out(left_out: LeftOut) -> None:
    lines = []
    if left_out.own:
        lines.append(f"  by you:      {_counted(left_out.own)}")
    if left_out.by_default:
        lines.append(f"  by default:  {_counted(left_out.by_default)}")
    if left_out.caches:
        folders = count(left_out.caches, "folder")
        lines.append(f"  as a cache:  {folders} that a CACHEDIR.TAG marks")
    if left_out.other_file_systems:
        folders = count(left_out.other_file_systems, "folder")
        lines.append(f"  elsewhere:   {folders} on another file system")
    if lines:
        click.echo("\nLeft out already (how often it matched; `csb exclude` changes it)")
    for line in lines:
        click.echo(line)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{printable(one.encode())} {number:,}" for one, number in counts.items())
