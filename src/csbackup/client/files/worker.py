"""What runs in the process that makes the calls which may never return; see `guard`.

It reads requests from its standard input and writes answers to its standard output, each with its
length (u32) before it: `(call, arguments)`, and `(0, result)` or `(errno, text)`. It ends with its
input.
"""

from __future__ import annotations

import errno
import marshal
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any, BinaryIO

from csbackup.client.files.open_file import LiveFile
from csbackup.client.platform.attributes import Extents, Xattrs, read_xattrs
from csbackup.client.platform.far_paths import near, status_at

LENGTH = struct.Struct(">I")
ITEMS_AT_ONCE = 500

Status = tuple[tuple[Any, ...], dict[str, int]]
_MORE = ("st_atime_ns", "st_mtime_ns", "st_ctime_ns", "st_blocks", "st_blksize", "st_rdev")


class Worker:
    """Holds what is open, by number."""

    def __init__(self) -> None:
        self._files: dict[int, LiveFile] = {}
        self._scans: dict[int, tuple[ExitStack, Iterator[os.DirEntry[bytes]]]] = {}
        self._number = 0

    def real_path(self, path: bytes) -> bytes:
        return os.path.realpath(path)

    def status(self, path: bytes) -> Status:
        return _described(status_at(path))

    def link_target(self, path: bytes) -> bytes:
        with near(path) as here:
            return os.readlink(here)  # noqa: PTH115  paths are bytes

    def xattrs(self, path: bytes) -> Xattrs:
        with near(path) as here:
            return read_xattrs(here)

    def scan(self, path: bytes) -> int:
        stack = ExitStack()
        items = stack.enter_context(os.scandir(stack.enter_context(near(path))))
        self._number += 1
        self._scans[self._number] = (stack, items)
        return self._number

    def items(self, scan: int) -> list[bytes]:
        """The next names of a folder, none at its end. Only names: what a file system does not
        tell beside them would be asked of each, and one that cannot answer would end it all."""
        stack, items = self._scans[scan]
        some = [item.name for item in islice(items, ITEMS_AT_ONCE)]
        if not some:
            del self._scans[scan]
            stack.close()
        return some

    def open(self, path: bytes) -> int:
        self._number += 1
        self._files[self._number] = LiveFile(path)
        return self._number

    def file_status(self, file: int) -> Status:
        return _described(self._files[file].status())

    def read(self, file: int, offset: int, length: int) -> bytes:
        return self._files[file].read_at(offset, length)

    def file_xattrs(self, file: int) -> Xattrs:
        return self._files[file].xattrs()

    def extents(self, file: int, size: int) -> Extents | None:
        return self._files[file].extents(size)

    def close(self, file: int) -> None:
        self._files.pop(file).close()


def _described(status: os.stat_result) -> Status:
    return tuple(status)[:10], {name: getattr(status, name, 0) for name in _MORE}


def as_status(described: Status) -> os.stat_result:
    """The other way, for whoever asked."""
    return os.stat_result(*described)


def answer(worker: Worker, request: bytes) -> bytes:
    call, arguments = marshal.loads(request)  # noqa: S302  from the process that started us
    act: Callable[..., Any] = getattr(worker, call)
    try:
        result = (0, act(*arguments))
    except OSError as failure:
        result = (failure.errno or errno.ENOENT, failure.strerror or str(failure))
    return marshal.dumps(result)


def send(stream: BinaryIO, message: bytes) -> None:
    stream.write(LENGTH.pack(len(message)) + message)
    stream.flush()


def main() -> None:
    worker = Worker()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := requests.read(LENGTH.size):
        send(answers, answer(worker, requests.read(*LENGTH.unpack(head))))
