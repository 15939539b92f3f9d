"""Commands that choose what is backed up: add, remove, exclude."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click

from csbackup.client.cli import kept, options
from csbackup.client.cli.opening import open_files
from csbackup.client.cli.output import print_json, printable
from csbackup.client.cli.reaching import own_home
from csbackup.client.cli.typed import absolute
from csbackup.client.config import Home
from csbackup.client.keyring import load_device
from csbackup.client.settings import (
    changing_settings,
    load_settings,
    new_settings,
    save_settings,
)
from csbackup.errors import PathProblem
from csbackup.format.snapshot import Settings
from csbackup.rules.exclusion import check_pattern
from csbackup.rules.source import Part


@click.command(
    epilog="""
\b
Examples:
  csb add ~/Documents ~/Pictures
  csb add / --one-file-system
"""
)
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--one-file-system/--all-file-systems",
    default=None,
    help="Whether to stay on the disk that a folder is on. Counts for all folders.",
)
@kept.anyway
@options.shared
def add(paths: tuple[str, ...], one_file_system: bool | None, anyway: bool, as_json: bool) -> None:
    """Back up these folders or files from now on."""
    with _changing("folders", anyway=anyway) as (home, settings):
        for path in paths:
            settings = replace(settings, roots=_with_root(settings.roots, _existing(path)))
        if one_file_system is not None:
            settings = replace(settings, one_file_system=one_file_system)
        save_settings(home, settings)
    _show(settings, as_json=as_json)
    for path in paths:
        _say_of_link(absolute(path))


@click.command(
    epilog="""
\b
Example:
  csb remove ~/Pictures
"""
)
@click.argument("path")
@kept.anyway
@options.shared
def remove(path: str, anyway: bool, as_json: bool) -> None:
    """No longer back up a folder or file. What was backed up stays until it expires."""
    with _changing("folders", anyway=anyway) as (home, settings):
        gone = absolute(path)
        if gone not in settings.roots:
            chosen = ", ".join(printable(root) for root in settings.roots) or "nothing"
            raise PathProblem(f"{printable(gone)} is not backed up by itself. Backed up: {chosen}.")
        settings = replace(settings, roots=tuple(root for root in settings.roots if root != gone))
        save_settings(home, settings)
    _show(settings, as_json=as_json)


@click.command(
    epilog="""
\b
Examples:
  csb exclude '*.iso'
  csb exclude '/build/' '!/build/keep'
  csb exclude --remove '*.iso'
  csb exclude                              list what is excluded
"""
)
@click.argument("patterns", nargs=-1)
@click.option("--remove", "removed", is_flag=True, help="Back up again what a pattern left out.")
@click.option(
    "--defaults/--no-defaults",
    default=None,
    help="Whether caches, trash and the like are left out too (they are, unless you say no).",
)
@kept.anyway
@options.shared
def exclude(
    patterns: tuple[str, ...], removed: bool, defaults: bool | None, anyway: bool, as_json: bool
) -> None:
    """Leave out what matches a pattern, written as in .gitignore, relative to each folder."""
    only_looks = not patterns and defaults is None
    with _changing("exclusions", anyway=anyway or only_looks) as (home, settings):
        if removed:
            settings = _without_patterns(settings, patterns)
        else:
            settings = replace(settings, exclusions=_with_patterns(settings.exclusions, patterns))
        if defaults is not None:
            settings = replace(settings, default_exclusions=defaults)
        save_settings(home, settings)
    _show(settings, as_json=as_json)


@contextmanager
def _changing(part: Part, *, anyway: bool) -> Iterator[tuple[Home, Settings]]:
    """What is chosen, to be changed; nobody else changes it meanwhile."""
    home = own_home()
    load_device(home)  # says how to set this machine up where that was not done yet
    kept.check_kept(home, part, anyway=anyway)
    with changing_settings(home):
        yield home, load_settings(home) or new_settings()


def _with_root(roots: tuple[bytes, ...], new: bytes) -> tuple[bytes, ...]:
    """A root inside another one would be backed up twice, so the outer one stays alone."""
    if any(new == root or _is_below(new, root) for root in roots):
        return roots
    return (*(root for root in roots if not _is_below(root, new)), new)


def _with_patterns(known: tuple[str, ...], patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        if why := check_pattern(pattern):
            raise PathProblem(f"`{pattern}` cannot be excluded: {why}. Nothing was changed.")
    return (*known, *(one for one in dict.fromkeys(patterns) if one not in known))


def _without_patterns(settings: Settings, patterns: tuple[str, ...]) -> Settings:
    unknown = [pattern for pattern in patterns if pattern not in settings.exclusions]
    if unknown:
        raise PathProblem(f"{unknown[0]} is not excluded. `csb exclude` lists what is.")
    kept = tuple(one for one in settings.exclusions if one not in patterns)
    return replace(settings, exclusions=kept)


def _is_below(path: bytes, folder: bytes) -> bool:
    separator = os.fsencode(os.sep)
    return path.startswith(folder if folder.endswith(separator) else folder + separator)


def _existing(path: str) -> bytes:
    found = absolute(path)
    try:
        open_files((found,)).status(found)
    except TimeoutError:
        raise PathProblem(
            f"{printable(found)} does not answer: does a network share or disk hang? Nothing was "
            "changed."
        ) from None
    except FileNotFoundError:
        raise PathProblem(f"{printable(found)} does not exist. Nothing was changed.") from None
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise PathProblem(f"{printable(found)}: {why}. Nothing was changed.") from None
    return found


def _say_of_link(path: bytes) -> None:
    """What few people mean: a link is backed up as a link, without what it leads to."""
    if os.path.islink(path):  # noqa: PTH114  paths are bytes
        folder = os.path.dirname(path)  # noqa: PTH120  paths are bytes
        target = printable(os.path.normpath(os.path.join(folder, os.readlink(path))))  # noqa: PTH115,PTH118
        click.echo(
            f"Note: {printable(path)} is a link. Only the link is backed up; for what it leads to: "
            f"csb add {shlex.quote(target)}",
            err=True,
        )


def _show(settings: Settings, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "roots": [
                    os.fsdecode(root).encode(errors="replace").decode() for root in settings.roots
                ],
                "exclusions": list(settings.exclusions),
                "default_exclusions": settings.default_exclusions,
                "one_file_system": settings.one_file_system,
            }
        )
        return
    click.echo("Backed up:")
    for root in settings.roots:
        click.echo(f"  {printable(root)}")
    if not settings.roots:
        click.echo("  nothing yet: csb add PATH")
    if settings.exclusions:
        click.echo("Left out:")
    for pattern in settings.exclusions:
        click.echo(f"  {pattern}")
    if not settings.default_exclusions:
        click.echo("Caches, trash and the like are backed up too.")
    if settings.one_file_system:
        click.echo("Other file systems below these folders are left out.")
