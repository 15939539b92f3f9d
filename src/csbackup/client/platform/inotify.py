"""Hearing from Linux what happens in folders: inotify(7)."""

from __future__ import annotations

import ctypes
import os
import select
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
MOVED_FROM: Final = 0x40
MOVED_TO: Final = 0x80
CREATED: Final = 0x100
_DELETE, _DELETE_SELF, _MOVE_SELF = 0x200, 0x400, 0x800
UNMOUNTED: Final = 0x2000
OVERFLOWN: Final = 0x4000
IGNORED: Final = 0x8000
_DONT_FOLLOW, _EXCL_UNLINK, _MASK_ADD = 0x2000000, 0x4000000, 0x20000000
FOLDER: Final = 0x40000000
_WANTED = (
    (_MODIFY | _ATTRIB | _CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATED)
    | (_DELETE | _DELETE_SELF | _MOVE_SELF)
    | (_DONT_FOLLOW | _EXCL_UNLINK | _MASK_ADD)
)
_NONBLOCK, _CLOEXEC = os.O_NONBLOCK if hasattr(os, "O_NONBLOCK") else 0, 0o2000000
_HEAD = struct.Struct("iIII")
_BUFFER_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a `name` in the folder of a watch; the name is empty for the folder."""

    watch: int
    mask: int
    name: bytes


class Inotify:
    """One queue of the kernel. `OSError` where there is none to be had, or no room for a watch
    (ENOSPC)."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError(0, "this system tells of changes in another way")
        self._library = ctypes.CDLL(None, use_errno=True)
        self._handle = self._library.inotify_init1(_NONBLOCK | _CLOEXEC)
        if self._handle < 0:
            raise _last_error()

    def watch(self, path: bytes) -> int:
        """The number of the watch; the same again for the same folder."""
        number: int = self._library.inotify_add_watch(
            self._handle, ctypes.c_char_p(path), ctypes.c_uint32(_WANTED)
        )
        if number < 0:
            raise _last_error()
        return number

    def forget(self, number: int) -> None:
        self._library.inotify_rm_watch(self._handle, number)

    def wait(self, seconds: float, wake: int) -> None:
        """Until something happened, or can be read from `wake`."""
        select.select((self._handle, wake), (), (), seconds)

    def read(self) -> Iterator[Event]:
        """What happened since, without waiting."""
        try:
            content = os.read(self._handle, _BUFFER_BYTES)
        except BlockingIOError:
            return
        at = 0
        while at < len(content):
            watch, mask, _, length = _HEAD.unpack_from(content, at)
            at += _HEAD.size
            yield Event(watch, mask, content[at : at + length].rstrip(b"\0"))
            at += length

    def close(self) -> None:
        """All watches end."""
        os.close(self._handle)


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
