"""Everything that the scan and the reading ask of a file system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from csbackup.client.platform.attributes import Extents, Xattrs


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

    def xattrs(self) -> Xattrs: ...
    def extents(self, size: int) -> Extents | None: ...
    def close(self) -> None: ...


class FileSource(Protocol):
    """Where files come from: the live file system, or a snapshot of it. Links are not followed.

    Paths may be longer than the system takes at once. What does not answer in time is an
    `OSError` (ETIMEDOUT) like any other failure.
    """

    def scan(self, path: bytes) -> AbstractContextManager[Iterator[FolderItem]]: ...
    def status(self, path: bytes) -> os.stat_result: ...
    def open(self, path: bytes) -> OpenFile:
        """`FileNotFoundError` when it is no regular file (any more); never waits for a writer."""

    def is_local(self, path: bytes) -> bool:
        """Whether this machine answers for what is there: calls return, and two names with one
        inode number are one file."""

    def link_target(self, path: bytes) -> bytes: ...
    def xattrs(self, path: bytes) -> Xattrs: ...
