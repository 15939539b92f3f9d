"""Writing links, FIFOs, sockets and devices under a temporary name, and giving them their own."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

from csbackup.client.platform.writing import Ownership, Place, Trouble, finish, make_special
from csbackup.client.restore.existing import Same, kind_of, looks_same
from csbackup.client.restore.folders import FolderStack
from csbackup.format.tree import SYMLINK, Entry, Extras


def write_special(
    stack: FolderStack, name: bytes, entry: Entry, extras: Extras, ownership: Ownership
) -> list[Trouble]:
    """Make it in the innermost folder: what could not be kept of it. What had that name is gone."""
    folder, surroundings = stack.handle, stack.surroundings
    temporary = b"%s-special" % stack.temporary
    make_special(temporary, folder, entry, extras)
    plain = surroundings.plain and entry.kind == SYMLINK
    try:
        with _held(temporary, folder, entry) as place:
            troubles = finish(
                place, entry, extras, ownership, plain=plain, exact=surroundings.exact
            )
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    return troubles


@contextlib.contextmanager
def _held(name: bytes, folder: int, entry: Entry) -> Iterator[Place]:
    """What was made a moment ago, for certain.

    These are not opened, so the owner would be given by name. Whoever may write into the folder
    could put another name of somebody's file there, just before root gives it away.
    """
    if not hasattr(os, "O_PATH"):
        yield Place(name, folder, held=False)
        return
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        status = os.fstat(handle)
        is_it = kind_of(status) == entry.kind and status.st_nlink == 1
        if not is_it or status.st_uid not in (os.geteuid(), os.fstat(folder).st_uid):
            raise ValueError("somebody put something else in its place")
        yield Place(b"/proc/self/fd/%d" % handle)
    finally:
        os.close(handle)


def same_special(entry: Entry, extras: Extras, folder: int) -> Same:
    """Whether what is in `folder` is of its kind; a link must lead to the same target, a device
    have the same number."""

    def same(name: bytes, there: os.stat_result) -> bool:
        if not looks_same(entry, there):
            return False
        if entry.kind == SYMLINK:
            return os.readlink(name, dir_fd=folder) == extras.target
        return not _is_device(there) or _number(there) == extras.device

    return same


def _is_device(there: os.stat_result) -> bool:
    return stat.S_ISCHR(there.st_mode) or stat.S_ISBLK(there.st_mode)


def _number(there: os.stat_result) -> tuple[int, int]:
    return os.major(there.st_rdev), os.minor(there.st_rdev)
