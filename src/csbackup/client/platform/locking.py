"""One run at a time: a lock that ends with its process, however that ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csbackup.errors import PathProblem, RunInProgress

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextmanager
def only_run(path: Path) -> Iterator[None]:
    """Hold the lock file; `RunInProgress` when another process or thread holds it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise PathProblem(
            f"The state file {path} cannot be opened: {problem.strerror}. "
            "Choose another state folder with CSB_HOME."
        ) from problem
    try:
        try:
            _lock(handle)
        except OSError as problem:
            raise RunInProgress from problem
        yield
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    """Whether some process holds the lock file now."""
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(handle)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


if sys.platform == "win32":

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
