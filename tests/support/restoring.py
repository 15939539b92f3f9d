"""Restoring from a backup in memory, as root and as somebody else, into folders that misbehave."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csbackup.client.browse.chain import Kept
from csbackup.client.restore.context import Limits, RestoreContext, RestoreResult
from csbackup.client.restore.existing import Rule
from csbackup.client.restore.run import run_restore
from support.sealed_world import KEYS, SealedWorld

ROOT = os.geteuid() == 0
NOBODY = 65534
MEMORY = Path("/dev/shm")
STAMP = "2026-11-23 18.00"
LIMITS = Limits()


class Quiet:
    """Hears what a restore does, and says nothing."""

    def phase(self, text: str) -> None: ...
    def found(self, files: int, bytes: int) -> None: ...
    def done(self, files: int, bytes: int) -> None: ...


def restore(
    world: SealedWorld,
    kept: Kept,
    to: Path | None,
    *paths: bytes,
    overwrite: bool = False,
    limits: Limits = LIMITS,
) -> RestoreResult:
    context = RestoreContext(
        source=world,
        keys=KEYS,
        kept=kept,
        paths=paths,
        to=os.fsencode(to) if to else None,
        rule=Rule(overwrite=overwrite, stamp=STAMP),
        limits=limits,
    )
    return run_restore(context, Quiet())


def kinds(result: RestoreResult) -> list[str]:
    return [problem.kind for problem in result.problems]


@contextmanager
def somebody(user: int = NOBODY, *, groups: tuple[int, ...] = ()) -> Iterator[None]:
    """Be an ordinary user meanwhile, when we are root; who is one already stays so."""
    if not ROOT:
        yield
        return
    before = os.getgroups()
    os.setgroups(groups)
    os.setegid(user)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)


@contextmanager
def open_place(owner: int = NOBODY, *, in_memory: bool = False) -> Iterator[Path]:
    """A folder that this user reaches and owns, gone afterwards whatever is in it.

    `in_memory`: on a file system that forgets, where there is one: many files are quicker there.
    """
    memory = str(MEMORY) if in_memory and os.access(MEMORY, os.W_OK) else None
    place = Path(tempfile.mkdtemp(prefix="csb-test-", dir=memory))
    place.chmod(0o755)
    if ROOT:
        os.chown(place, owner, owner)
    try:
        yield place
    finally:
        remove(place)


def remove(place: Path) -> None:
    """A folder with all that is in it, also what may not be changed."""
    if ROOT:
        subprocess.run(["chattr", "-R", "-f", "-i", "-a", place], check=False, capture_output=True)
    else:
        subprocess.run(["chmod", "-R", "u+rwX", place], check=False, capture_output=True)
    subprocess.run(["rm", "-rf", place], check=True)


@contextmanager
def mounted(place: Path, kind: str, options: str = "") -> Iterator[Path]:
    """A file system in memory at a new folder; only root can."""
    place.mkdir(parents=True)
    more = ["-o", options] if options else []
    subprocess.run(["mount", "-t", kind, *more, "none", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def leftovers(place: Path) -> list[str]:
    """Temporary names of restores, anywhere below."""
    return sorted(name for _, _, names in os.walk(place) for name in names if ".csb-" in name)
