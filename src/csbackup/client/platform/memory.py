"""Keeping the process small."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 512 * 1024


def give_back_large_buffers() -> None:
    """Let every freed buffer of half a mebibyte or more go back to the system at once.

    The C library of Linux would keep them, and holes between them, for later: a fifth more memory
    than is in use. Elsewhere, and with another C library, nothing happens.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
