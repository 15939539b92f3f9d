"""Real files that misbehave where a test says so."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager

from csbackup.client.files import FolderItem, LiveFile, LiveFiles, OpenFile
from csbackup.client.platform.attributes import Extents

ELSEWHERE = 0x7FFF


class OddFiles(LiveFiles):
    """`denied` cannot be opened or listed; `on_open` and `on_read` happen just before, and just
    after the reading; `elsewhere` seems to be another file system's."""

    def __init__(
        self,
        *,
        denied: Collection[bytes] = (),
        on_open: Mapping[bytes, Callable[[], object]] | None = None,
        on_read: Mapping[bytes, Callable[[], object]] | None = None,
        elsewhere: bytes = b"",
    ) -> None:
        super().__init__()
        self._denied = denied
        self._on_open = on_open or {}
        self._on_read = on_read or {}
        self._elsewhere = elsewhere

    def scan(self, path: bytes) -> AbstractContextManager[Iterator[FolderItem]]:
        self._check(path)
        items = super().scan(path)
        return _Items(items, self._elsewhere) if self._elsewhere else items

    def open(self, path: bytes) -> OpenFile:
        self._check(path)
        if path in self._on_open:
            self._on_open[path]()
        file = LiveFile(path)
        return _OddFile(file, self._on_read[path]) if path in self._on_read else file

    def _check(self, path: bytes) -> None:
        if path in self._denied:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


class _OddFile:
    def __init__(self, file: LiveFile, after: Callable[[], object]) -> None:
        self._file = file
        self._after = after
        self._asked = 0

    def status(self) -> os.stat_result:
        self._asked += 1
        if self._asked == 2:
            self._after()
        return self._file.status()

    def read(self, length: int) -> bytes:
        return self._file.read(length)

    def read_into(self, view: memoryview, offset: int) -> int:
        return self._file.read_into(view, offset)

    def xattrs(self) -> tuple[tuple[bytes, bytes], ...]:
        return self._file.xattrs()

    def extents(self, size: int) -> Extents | None:
        return self._file.extents(size)

    def close(self) -> None:
        self._file.close()


class _Items:
    """A folder's items, one of them moved to another volume."""

    def __init__(self, items: AbstractContextManager[Iterator[FolderItem]], odd: bytes) -> None:
        self._items = items
        self._odd = odd.rpartition(b"/")[2]

    def __enter__(self) -> Iterator[FolderItem]:
        return (
            _Moved(item) if item.name == self._odd else item for item in self._items.__enter__()
        )

    def __exit__(self, *failure: object) -> None:
        self._items.__exit__(None, None, None)


class _Moved:
    def __init__(self, item: FolderItem) -> None:
        self._item = item
        self.name = item.name

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._item.is_dir(follow_symlinks=follow_symlinks)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return on_another_volume(self._item.stat(follow_symlinks=follow_symlinks))


def on_another_volume(status: os.stat_result) -> os.stat_result:
    """The same, as if it were on another disk."""
    fields = list(status)
    fields[2] = ELSEWHERE
    times = {"st_mtime_ns": status.st_mtime_ns, "st_ctime_ns": status.st_ctime_ns}
    return os.stat_result(fields, times)
