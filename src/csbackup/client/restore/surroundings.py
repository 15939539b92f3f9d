"""What a folder does to the things that are made in it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass

from csbackup.client.platform.writing import FAILURES, remove_lists

_OWNER_MAY_ALL = 0o700
_PROBE_NS = 1_234_567_891_123_456_789


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`plain`: what is made there has the owner, group and mode it was made with, and no access
    control list. `exact`: the volume keeps modes and times as they are set. `folds`: there,
    names that differ in case only are one name."""

    plain: bool = False
    exact: bool = False
    folds: bool = False


def of_new_folder(handle: int, outer: Surroundings) -> Surroundings:
    """Of an empty folder of our own, after taking away what it got from the one it was made in.

    A folder hands down its group (setgid) and its default access control list. In a folder that
    hands nothing down there is nothing to do.
    """
    if outer.plain:
        return outer
    remove_lists(handle)
    with suppress(*FAILURES):
        os.fchown(handle, -1, os.getegid())
        os.fchmod(handle, _OWNER_MAY_ALL)
    status = os.fstat(handle)
    own = (os.geteuid(), os.getegid(), _OWNER_MAY_ALL)
    plain = (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == own
    return Surroundings(plain=plain, exact=plain and _keeps_times(handle), folds=outer.folds)


def of_old_folder(handle: int, names: list[bytes], temporary: bytes) -> Surroundings:
    """Of a folder that was there: nothing is known of it. `names`: what is in it."""
    return Surroundings(folds=_folds(handle, names) if names else _folds_new(handle, temporary))


def _keeps_times(handle: int) -> bool:
    try:
        os.utime(handle, ns=(_PROBE_NS, _PROBE_NS))
    except OSError:
        return False
    return os.fstat(handle).st_mtime_ns == _PROBE_NS


def _folds(handle: int, names: list[bytes]) -> bool:
    """Whether a name is found by the same letters in the other case."""
    known = set(names)
    for name in names:
        other = name.swapcase()
        if other != name and other not in known:
            with suppress(OSError):
                return os.path.samestat(_look(name, handle), _look(other, handle))
            return False
    return False


def _folds_new(handle: int, temporary: bytes) -> bool:
    """The same for an empty folder, by a file that is there for a moment."""
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600, dir_fd=handle))
    except OSError:
        return False
    try:
        return _folds(handle, [temporary])
    finally:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=handle)


def _look(name: bytes, handle: int) -> os.stat_result:
    return os.stat(name, dir_fd=handle, follow_symlinks=False)
