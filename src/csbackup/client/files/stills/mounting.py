"""Mounting a file system where nobody but this process finds it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from csbackup.client.files.stills.kinds import NoStill
from csbackup.client.platform.commands import Run

PREFIX = "still-"
_OPTIONS = "nosuid,nodev,noexec"


@contextmanager
def mounted(run: Run, source: str, kind: str, options: str, below: Path) -> Iterator[bytes]:
    """A path to the top of the file system.

    It is taken out of the tree of folders at once: only our descriptor holds it, so it ends with
    this process, however that ends. A crash in between leaves a mount that `unmount_leftovers`
    finds.
    """
    top = _mount(run, source, kind, options, below)
    try:
        yield b"/proc/self/fd/%d" % top
    finally:
        os.close(top)


def _mount(run: Run, source: str, kind: str, options: str, below: Path) -> int:
    """A descriptor of its top folder."""
    try:
        point = tempfile.mkdtemp(prefix=PREFIX, dir=below)
    except OSError as failure:
        raise NoStill(f"{below}: {failure.strerror}") from failure
    try:
        done = run(("mount", "-t", kind, "-o", f"{options},{_OPTIONS}", "--", source, point))
        if not done.fine:
            raise NoStill(f"{source} cannot be mounted once more: {done.reason}")
        return os.open(point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as failure:
        raise NoStill(f"{source}: {failure.strerror}") from failure
    finally:
        if os.path.ismount(point):
            run(("umount", "-l", point))
        with suppress(OSError):
            Path(point).rmdir()


def unmount_leftovers(run: Run, below: Path) -> None:
    """What a process that was killed left in our state folder."""
    for point in below.glob(f"{PREFIX}*"):
        if point.is_dir() and os.path.ismount(point):
            run(("umount", "-l", str(point)))
        with suppress(OSError):
            point.rmdir()
