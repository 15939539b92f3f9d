"""A remote file system's folders and files, each call made through a guard."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from csbackup.client.files.guard import Guard, NotAnswering
from csbackup.client.files.source import FolderItem
from csbackup.client.files.worker import as_status
from csbackup.client.platform.attributes import Extents, Xattrs

_PIECE = 256 * 1024  # so that a slow link is not taken for one that hangs


class DistantItem:
    """An item whose status is asked for by its name, once, when it is."""

    __slots__ = ("_ask", "_found", "name")

    def __init__(self, name: bytes, status: Callable[[bytes], os.stat_result]) -> None:
        self.name = name
        self._ask = status
        self._found: os.stat_result | None = None

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """As `os.scandir` has it, False where that cannot be told."""
        try:
            return stat.S_ISDIR(self.stat().st_mode)
        except OSError:
            return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        if self._found is None:
            self._found = self._ask(self.name)
        return self._found


def guarded_items(
    guard: Guard, place: bytes, path: bytes, status: Callable[[bytes], os.stat_result]
) -> Iterator[FolderItem]:
    """The items of a folder; `status` of a name in it."""
    scan = guard.ask(place, "scan", path)

    def items() -> Iterator[FolderItem]:
        while names := guard.ask(place, "items", scan):
            for name in names:
                yield DistantItem(name, status)

    return items()


class GuardedFile:
    def __init__(self, guard: Guard, place: bytes, path: bytes) -> None:
        self._guard = guard
        self._place = place
        self._file: int | None = guard.ask(place, "open", path)

    def status(self) -> os.stat_result:
        return as_status(self._ask("file_status"))

    def read(self, length: int) -> bytes:
        content = bytearray()
        while len(content) < length:
            more = self._ask("read", len(content), min(length - len(content), _PIECE))
            if not more:
                break
            content += more
        return bytes(content)

    def read_into(self, view: memoryview, offset: int) -> int:
        more: bytes = self._ask("read", offset, min(len(view), _PIECE))
        view[: len(more)] = more
        return len(more)

    def xattrs(self) -> Xattrs:
        found: Xattrs = self._ask("file_xattrs")
        return found

    def extents(self, size: int) -> Extents | None:
        found: Extents | None = self._ask("extents", size)
        return found

    def close(self) -> None:
        """What was read was read, whatever closing says."""
        if self._file is not None:
            with suppress(OSError):
                self._ask("close")

    def _ask(self, call: str, *arguments: Any) -> Any:
        try:
            return self._guard.ask(self._place, call, self._file, *arguments)
        except NotAnswering:
            self._file = None  # it is open in a process that was left behind
            raise
