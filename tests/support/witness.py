"""Who touched what: a folder's fingerprint, and what the kernel saw happen in it meanwhile."""

# Names here are bytes that no Path would keep.

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blake3 import blake3

_EVENT = struct.Struct("iIII")
_ACCESS, _MODIFY, _ATTRIB, _CLOSE_WRITE = 0x1, 0x2, 0x4, 0x8
_OPEN, _MOVED_FROM, _MOVED_TO = 0x20, 0x40, 0x80
_CREATE, _DELETE, _DELETE_SELF, _MOVE_SELF = 0x100, 0x200, 0x400, 0x800
_ANYTHING = (
    _ACCESS | _MODIFY | _ATTRIB | _CLOSE_WRITE | _OPEN | _MOVED_FROM | _MOVED_TO
    | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
)  # fmt: skip
_NON_BLOCKING = 0o4000

Fingerprint = dict[bytes, tuple[object, ...]]


def fingerprint(folder: Path) -> Fingerprint:
    """Everything below, and itself: inode, kind, mode, owner, times (ctime too), attributes,
    content."""
    return {path: _print_of(path) for path in _below(os.fsencode(folder))}


def _below(path: bytes) -> Iterator[bytes]:
    yield path
    if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
        for entry in sorted(os.listdir(path)):  # noqa: PTH208
            yield from _below(path + b"/" + entry)


def _print_of(path: bytes) -> tuple[object, ...]:
    status = os.lstat(path)
    attributes = tuple(
        (name, os.getxattr(path, name, follow_symlinks=False))
        for name in sorted(os.listxattr(path, follow_symlinks=False))
    )
    content = b""
    if os.path.islink(path):  # noqa: PTH114
        content = os.readlink(path)  # noqa: PTH115
    elif os.path.isfile(path):  # noqa: PTH113
        with open(path, "rb") as file:  # noqa: PTH123
            content = blake3(file.read()).digest()
    return (
        (status.st_dev, status.st_ino, status.st_mode, status.st_nlink),
        (status.st_uid, status.st_gid, status.st_size),
        (status.st_mtime_ns, status.st_ctime_ns),
        attributes,
        content,
    )


class Watch:
    """What the kernel reports of a folder and all that is in it: also what is undone again."""

    def __init__(self, folder: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = self._libc.inotify_init1(_NON_BLOCKING)
        if self._handle < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self._paths: dict[int, bytes] = {}
        for path in _below(os.fsencode(folder)):
            if not os.path.islink(path):  # noqa: PTH114
                number = self._libc.inotify_add_watch(self._handle, path, _ANYTHING)
                self._paths[number] = path

    def seen(self) -> list[str]:
        """What happened since the last time that somebody asked."""
        events = []
        while data := self._read():
            at = 0
            while at < len(data):
                number, mask, _, length = _EVENT.unpack_from(data, at)
                name = data[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0")
                events.append(f"{self._paths.get(number)!r} {name!r} {mask:#x}")
                at += _EVENT.size + length
        return events

    def _read(self) -> bytes:
        try:
            return os.read(self._handle, 65536)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        os.close(self._handle)


@contextmanager
def watching(folder: Path) -> Iterator[Watch]:
    watch = Watch(folder)
    watch.seen()  # our own looking around
    try:
        yield watch
    finally:
        watch.close()
