"""What a file system knows of a file beside its content."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator

if sys.platform != "win32":
    import grp
    import pwd

_NO_ATTRIBUTES = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENODATA, errno.ENOSYS, errno.EINVAL}
_SPARSE_FROM = 64 * 1024
_MOST_EXTENTS = 100_000  # what the extras of one file have room for

Extents = tuple[tuple[int, int], ...]
Xattrs = tuple[tuple[bytes, bytes], ...]


class Owners:
    """Names of users and groups, each looked up once."""

    def __init__(self) -> None:
        self._users: dict[int, bytes] = {}
        self._groups: dict[int, bytes] = {}

    def user(self, uid: int) -> bytes:
        """The name of a user; empty when there is none."""
        name = self._users.get(uid)
        if name is None:
            name = self._users[uid] = _user_name(uid)
        return name

    def group(self, gid: int) -> bytes:
        name = self._groups.get(gid)
        if name is None:
            name = self._groups[gid] = _group_name(gid)
        return name


if sys.platform == "win32":

    def _user_name(uid: int) -> bytes:
        return b""

    def _group_name(gid: int) -> bytes:
        return b""

else:

    def _user_name(uid: int) -> bytes:
        try:
            return os.fsencode(pwd.getpwuid(uid).pw_name)
        except (KeyError, OverflowError):
            return b""

    def _group_name(gid: int) -> bytes:
        try:
            return os.fsencode(grp.getgrgid(gid).gr_name)
        except (KeyError, OverflowError):
            return b""


def read_xattrs(place: int | bytes) -> Xattrs:
    """Extended attributes, POSIX ACLs among them, of an open file or of a path (not followed)."""
    if sys.platform != "linux":
        return ()
    follow = isinstance(place, int)
    try:
        names = os.listxattr(place, follow_symlinks=follow)
    except OSError as problem:
        if problem.errno in _NO_ATTRIBUTES:
            return ()
        raise
    if not names:
        return ()
    found = []
    for name in names:
        value = _read_xattr(place, name, follow=follow)
        if value is not None:
            found.append((os.fsencode(name), value))
    return tuple(sorted(found))


def _read_xattr(place: int | bytes, name: str, *, follow: bool) -> bytes | None:
    try:
        return os.getxattr(place, name, follow_symlinks=follow)
    except OSError as problem:
        if problem.errno in _NO_ATTRIBUTES or problem.errno in (errno.EPERM, errno.EACCES):
            return None  # gone since, or for root's eyes only (`trusted.`)
        raise


def may_be_sparse(status: os.stat_result) -> bool:
    """Whether it occupies less than it is long: it has holes, or a file system that compresses."""
    blocks: int = getattr(status, "st_blocks", 0)
    return status.st_size >= _SPARSE_FROM and blocks * 512 < status.st_size and blocks >= 0


def read_extents(handle: int, size: int) -> Extents | None:
    """Where an open file has data, as (offset, length); None when it has no holes worth keeping.

    Of more extents than can be kept, those with the smallest holes between them become one.
    """
    if not hasattr(os, "SEEK_DATA"):
        return None
    extents: list[tuple[int, int]] = []
    smallest_hole = 1
    for extent in _find_extents(handle, size):
        extents.append(extent)
        if len(extents) > _MOST_EXTENTS:
            smallest_hole = max(2 * smallest_hole, 4096)
            extents = join_extents(extents, smallest_hole)
    if smallest_hole > 1:
        extents = join_extents(extents, smallest_hole)
    return None if extents == [(0, size)] else tuple(extents)


def _find_extents(handle: int, size: int) -> Iterator[tuple[int, int]]:
    at = 0
    while at < size:
        try:
            start = os.lseek(handle, at, os.SEEK_DATA)
        except OSError as problem:
            if problem.errno == errno.ENXIO:
                return  # a hole to the end
            yield at, size - at  # a file system that cannot tell
            return
        if start >= size:
            return
        at = min(os.lseek(handle, start, os.SEEK_HOLE), size)
        if at > start:  # unless it became a hole just now
            yield start, at - start


def join_extents(extents: Iterable[tuple[int, int]], smallest_hole: int) -> list[tuple[int, int]]:
    """The same extents, with holes smaller than that taken as data."""
    joined: list[tuple[int, int]] = []
    for offset, length in extents:
        if joined and offset - sum(joined[-1]) < smallest_hole:
            joined[-1] = (joined[-1][0], offset + length - joined[-1][0])
        else:
            joined.append((offset, length))
    return joined


def device_number(status: os.stat_result) -> tuple[int, int] | None:
    """Major and minor of a character or block device."""
    if sys.platform == "win32" or not (
        stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)
    ):
        return None
    return os.major(status.st_rdev), os.minor(status.st_rdev)
