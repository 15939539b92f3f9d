"""Leaving the processor and the disk to everybody else first."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import sys

# Not the idle classes: on a machine that is always busy nothing would ever be backed up.
LOW_NICENESS = 15
BEST_EFFORT_LAST = (2 << 13) | 7
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "armv7l": 314, "armv6l": 314, "i686": 289}
_THIS_THREAD = 1  # IOPRIO_WHO_PROCESS, with 0 for who calls


def be_modest() -> None:
    """From now on this thread, and those it starts, let others go first; elsewhere than on Linux
    the whole process. Where the system does not allow it, nothing changes.

    There is no way back without privileges.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.nice(max(LOW_NICENESS - os.nice(0), 0))
    _be_last_at_the_disk()


def _be_last_at_the_disk() -> None:
    machine = platform.machine()
    if sys.maxsize < 2**32 and machine == "x86_64":
        machine = "i686"
    elif sys.maxsize < 2**32 and machine == "aarch64":
        machine = "armv7l"  # 32-bit programs keep their numbers on a 64-bit kernel
    number = _IOPRIO_SET.get(machine)
    if sys.platform != "linux" or number is None:
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).syscall(number, _THIS_THREAD, 0, BEST_EFFORT_LAST)
