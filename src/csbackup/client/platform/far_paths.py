"""Paths longer than the system takes at once: walked in parts, the rest named from a descriptor."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Linux takes 4,095 bytes; a name below the path has to fit as well.
LONGEST = 3_800


def is_far(path: bytes) -> bool:
    return len(path) > LONGEST


@contextmanager
def near(path: bytes) -> Iterator[bytes]:
    """Another path to the same thing, short enough; it holds inside the `with` only.

    Where there is no `/proc`, the long path as it is: the system then says that it is too long.
    """
    if not is_far(path) or sys.platform != "linux":
        yield path
        return
    handle, rest = _descend(path)
    try:
        yield b"/proc/self/fd/%d/%s" % (handle, rest)
    finally:
        os.close(handle)


def status_at(path: bytes) -> os.stat_result:
    """What lies at a path of any length; a link is not followed."""
    if not is_far(path):
        return os.lstat(path)
    with near(path) as here:
        return os.lstat(here)


def _descend(path: bytes) -> tuple[int, bytes]:
    """An open folder on the way, and what is left from there."""
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    at: int | None = None
    try:
        while is_far(path):
            part, path = _split(path)
            inner = os.open(part, flags, dir_fd=at)
            if at is not None:
                os.close(at)
            at = inner
    except OSError:
        if at is not None:
            os.close(at)
        raise
    assert at is not None  # noqa: S101  a far path has at least one part
    return at, path


def _split(path: bytes) -> tuple[bytes, bytes]:
    """The first names of a path, as many as fit, and the rest."""
    end = path.rfind(b"/", 1, LONGEST)
    if end < 0:
        return path, b"."  # no name is that long: opening it says so
    return path[:end], path[end:].lstrip(b"/")
