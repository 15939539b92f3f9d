"""A regular file of the live file system, open for reading."""

from __future__ import annotations

import os
import stat
import sys
from io import FileIO

from csbackup.client.platform.attributes import Extents, Xattrs, read_extents, read_xattrs
from csbackup.client.platform.far_paths import near

if sys.platform == "win32":
    _READ = os.O_RDONLY | os.O_BINARY
else:
    # What was a file when it was listed may be a pipe or a link by now: neither hang nor follow.
    _READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

# Reading for a backup is no use of the file; only its owner, and root, may ask for that.
_UNSEEN = _READ | getattr(os, "O_NOATIME", 0)

_AT_ONCE = 1024 * 1024  # what the kernel makes up while it is read, it may refuse to make longer


class LiveFile:
    """`FileNotFoundError` when there is something else by now."""

    __slots__ = ("_file", "_first", "_handle")

    def __init__(self, path: bytes) -> None:
        self._handle = _open(path)
        self._file: FileIO | None = None
        self._first: os.stat_result | None = os.fstat(self._handle)
        if not stat.S_ISREG(self._first.st_mode):
            os.close(self._handle)
            raise FileNotFoundError(f"{os.fsdecode(path)} is no longer a file")

    def status(self) -> os.stat_result:
        first, self._first = self._first, None
        return first or os.fstat(self._handle)

    def read(self, length: int) -> bytes:
        content = os.read(self._handle, min(length, _AT_ONCE))
        while content and len(content) < length:
            more = os.read(self._handle, min(length - len(content), _AT_ONCE))
            if not more:
                break
            content += more
        return content

    def read_at(self, offset: int, length: int) -> bytes:
        return os.pread(self._handle, length, offset)

    def read_into(self, view: memoryview, offset: int) -> int:
        if self._file is None:
            self._file = FileIO(self._handle, closefd=False)
        self._file.seek(offset)
        return self._file.readinto(view[:_AT_ONCE])

    def xattrs(self) -> Xattrs:
        return read_xattrs(self._handle)

    def extents(self, size: int) -> Extents | None:
        return read_extents(self._handle, size)

    def close(self) -> None:
        os.close(self._handle)


def _open(path: bytes) -> int:
    with near(path) as here:
        try:
            return os.open(here, _UNSEEN)
        except PermissionError:
            return os.open(here, _READ)
