"""The seam to the file systems that are backed up: everything the scan and the reading ask for."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from io import FileIO
from typing import Protocol

from csbackup.client.platform.attributes import Extents, read_extents, read_xattrs


class FolderItem(Protocol):
    """A name in a folder, as `os.scandir` gives it."""

    @property
    def name(self) -> bytes: ...
    def is_dir(self, *, follow_symlinks: bool = True) -> bool: ...
    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result: ...


class OpenFile(Protocol):
    """A regular file that is open for reading."""

    def status(self) -> os.stat_result: ...
    def read(self, length: int) -> bytes:
        """The file's beginning, once; shorter than `length` only when the file is."""

    def read_into(self, view: memoryview, offset: int) -> int:
        """How many bytes came; 0 at the end."""

    def xattrs(self) -> tuple[tuple[bytes, bytes], ...]: ...
    def extents(self, size: int) -> Extents | None: ...
    def close(self) -> None: ...


class FileSource(Protocol):
    """Where files come from: the live file system, or a snapshot of it. Links are not followed."""

    def scan(self, path: bytes) -> AbstractContextManager[Iterator[FolderItem]]: ...
    def status(self, path: bytes) -> os.stat_result: ...
    def open(self, path: bytes) -> OpenFile:
        """`FileNotFoundError` when it is no regular file (any more); never waits for a writer."""

    def link_target(self, path: bytes) -> bytes: ...
    def xattrs(self, path: bytes) -> tuple[tuple[bytes, bytes], ...]: ...


class LiveFiles:
    """The file systems as they are."""

    def scan(self, path: bytes) -> AbstractContextManager[Iterator[FolderItem]]:
        return os.scandir(path)

    def status(self, path: bytes) -> os.stat_result:
        return os.lstat(path)

    def open(self, path: bytes) -> OpenFile:
        return LiveFile(path)

    def link_target(self, path: bytes) -> bytes:
        return os.readlink(path)  # noqa: PTH115  paths are bytes

    def xattrs(self, path: bytes) -> tuple[tuple[bytes, bytes], ...]:
        return read_xattrs(path)


if sys.platform == "win32":
    _READ = os.O_RDONLY | os.O_BINARY
else:
    # What was a file when it was listed may be a pipe or a link by now: neither hang nor follow.
    _READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class LiveFile:
    __slots__ = ("_file", "_first", "_handle")

    def __init__(self, path: bytes) -> None:
        self._handle = os.open(path, _READ)
        self._file: FileIO | None = None
        self._first: os.stat_result | None = os.fstat(self._handle)
        if not stat.S_ISREG(self._first.st_mode):
            os.close(self._handle)
            raise FileNotFoundError(f"{os.fsdecode(path)} is no longer a file")

    def status(self) -> os.stat_result:
        first, self._first = self._first, None
        return first or os.fstat(self._handle)

    def read(self, length: int) -> bytes:
        content = os.read(self._handle, length)
        while content and len(content) < length:
            more = os.read(self._handle, length - len(content))
            if not more:
                break
            content += more
        return content

    def read_into(self, view: memoryview, offset: int) -> int:
        if self._file is None:
            self._file = FileIO(self._handle, closefd=False)
        self._file.seek(offset)
        return self._file.readinto(view)

    def xattrs(self) -> tuple[tuple[bytes, bytes], ...]:
        return read_xattrs(self._handle)

    def extents(self, size: int) -> Extents | None:
        return read_extents(self._handle, size)

    def close(self) -> None:
        os.close(self._handle)
