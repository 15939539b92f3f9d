"""Keeping the process small, and its buffers cheap."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_KEPT_BYTES = 2 * 1024 * 1024
_LARGE_BYTES = 3 * 512 * 1024


def give_back_large_buffers() -> None:
    """Let freed buffers of more than a block's size go back to the system at once.

    The C library of Linux would keep them, and holes between them, for later: a fifth more memory
    than is in use. Smaller ones it keeps: to have each anew costs its pages once more, a fifth of
    the time that big files take. One arena for all threads, or each would have holes of its own.
    Elsewhere, and with another C library, nothing happens.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 1)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
