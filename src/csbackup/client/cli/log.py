"""The command for the log: where it lies, and one file of it to send along."""

from __future__ import annotations

import json
import os
import platform
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from csbackup import __version__
from csbackup.client.cli import options
from csbackup.client.cli.gathering import gather_facts
from csbackup.client.cli.hiding import Hider
from csbackup.client.cli.output import count, iso, print_json, printable, size
from csbackup.client.cli.reaching import own_home
from csbackup.client.cli.standing import assess, describe
from csbackup.client.config import Home
from csbackup.client.log import FILE, FOLDER, parts
from csbackup.client.platform.description import describe_os
from csbackup.errors import CsbError, PathProblem

SALT_FILE = "hide-paths.salt"
_SALT_BYTES = 16


@click.command(
    epilog="""
\b
Examples:
  csb log                              where it lies
  csb log --to log.txt                 one file to send along
  csb log --to log.txt --hide-paths    the same without the names of files
"""
)
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all of it to a new file, with versions and how things stand.",
)
@click.option("--hide-paths", is_flag=True, help="Replace the names of files by tokens.")
@options.shared
def log(target: Path | None, hide_paths: bool, as_json: bool) -> None:
    """Where the log lies; with --to, one file that you can send to whoever helps you.

    There are no passwords, recovery keys, tokens or keys in it. It does name files, servers, the
    account and the device; --hide-paths leaves out the names of files.
    """
    if hide_paths and target is None:
        raise click.UsageError("--hide-paths goes with --to FILE.")
    home = own_home()
    folder = home.path / FOLDER
    found = parts(folder)
    total = sum(part.stat().st_size for part in found)
    if target is not None:
        _write(target, _gather(home, found, Hider(_salt(home)) if hide_paths else None))
    if as_json:
        print_json(
            {
                "log": str(folder / FILE),
                "parts": [str(part) for part in found],
                "bytes": total,
                "to": str(target.absolute()) if target else None,
            }
        )
    elif target is not None:
        click.echo(f"Written to {printable(os.fsencode(target))}. Look it over, then send it.")
    else:
        click.echo(str(folder / FILE))
        click.echo(
            f"{count(len(found), 'part')}, {size(total)}" if found else "Nothing is logged yet."
        )


def _gather(home: Home, found: list[Path], hider: Hider | None) -> Iterator[str]:
    """The lines of the file to send, the newest of the log last."""
    yield f"csb {__version__}, log written {iso(time.time_ns())}\n"
    yield f"Python {platform.python_version()}\n"
    yield f"{describe_os()}, {platform.machine()}\n"
    yield "Paths are replaced by tokens.\n\n" if hider else "\n"
    standing = _standing(home)
    yield json.dumps(hider.value(standing) if hider else standing, indent=1) + "\n"
    for part in found:
        yield f"\n--- {part.name}\n"
        with part.open(encoding="utf-8", errors="backslashreplace", newline="\n") as lines:
            for line in lines:
                yield hider.line(line) if hider else line


def _standing(home: Home) -> dict[str, Any]:
    try:
        return describe(assess(gather_facts(home)))
    except CsbError as failure:
        return {"failure": str(failure)}


def _salt(home: Home) -> bytes:
    """Kept, so that two files of one machine use the same tokens."""
    salt = home.read(SALT_FILE)
    if not salt:
        salt = secrets.token_bytes(_SALT_BYTES)
        home.write(SALT_FILE, salt)
    return salt


def _write(target: Path, lines: Iterator[str]) -> None:
    shown = printable(os.fsencode(target))
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(lines)
    except FileExistsError:
        raise PathProblem(f"{shown} is there already. Name a new file.") from None
    except OSError as problem:
        raise PathProblem(f"{shown} could not be written: {problem.strerror}.") from problem
