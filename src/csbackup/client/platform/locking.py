"""One run at a time: a lock that ends with its process, however that ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csbackup.errors import PathProblem, RunInProgress

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PAUSES = (0.001, 0.005, 0.02, 0.05, 0.1, 0.1)


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
        _lock_soon(handle)
        yield
    finally:
        os.close(handle)


def _lock_soon(handle: int) -> None:
    """Tries a little longer, since `is_held` holds the lock for a moment to see if it can."""
    for pause in (*_PAUSES, None):
        try:
            _lock(handle)
        except OSError as problem:
            if pause is None:
                raise RunInProgress from problem
            time.sleep(pause)
        else:
            return


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
