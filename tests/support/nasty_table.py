"""The table of nasty kinds and what comes of them: `docs/nasty-files.md`, made by

    PYTHONPATH=tests .venv/bin/python -m support.nasty_table > docs/nasty-files.md

A test compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from support.nasty_kinds import BEYOND, KINDS
from support.nasty_moments import MOMENTS
from support.odd_mounts import SCENARIOS

BEGINNING = """# Nasty files

What is hard to back up, and what comes of it. Each row is made by a test, backed up by `csb` to
`csb-server`, restored, and compared by content, mode, owner, times, links, holes and extended
attributes; or the run names it by a class of problem, says that it is incomplete, and ends with 1.
A run never ends early because of a file.

This file is made by a command, and a test compares:

    PYTHONPATH=tests .venv/bin/python -m support.nasty_table > docs/nasty-files.md
"""

FILES = """
## Files

Made on ext4, XFS, btrfs, tmpfs and a FUSE file system, as root and as an ordinary user, where that
file system can hold them (`tests/e2e/test_nasty_files.py`).

| kind | as root | as an ordinary user |
|---|---|---|"""

MOUNTS = """
## File systems that misbehave

A FUSE file system of the tests' own, with an ordinary file before and one after each of these,
which always come back (`tests/e2e/test_odd_mounts.py`).

| kind | what comes of it |
|---|---|"""

TIMES_AND_PLACES = """
## Moments and places

`tests/e2e/test_nasty_moments.py`

| kind | what comes of it |
|---|---|"""


def table() -> str:
    return "\n".join(_lines()) + "\n"


def count() -> int:
    """How many kinds the table has."""
    return len(KINDS) + 1 + sum(len(kinds) for kinds in SCENARIOS.values()) + len(MOMENTS)


def _lines() -> Iterator[str]:
    yield BEGINNING + f"\n{count()} kinds."
    yield FILES
    ordered = sorted((*KINDS, BEYOND), key=lambda kind: kind.group)
    for group, kinds in groupby(ordered, key=lambda kind: kind.group):
        yield f"| **{group}** | | |"
        for kind in kinds:
            yield f"| {kind.name} | {kind.outcome(root=True)} | {kind.outcome(root=False)} |"
    yield MOUNTS
    for scenario, odd in SCENARIOS.items():
        yield f"| **{scenario}** | |"
        for name, one in odd.items():
            yield f"| {name} | {one.outcome()} |"
    yield TIMES_AND_PLACES
    for name, moment in MOMENTS.items():
        yield f"| {name} | {moment.outcome} |"


def committed() -> str:
    return (Path(__file__).parents[2] / "docs/nasty-files.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.stdout.write(table())
