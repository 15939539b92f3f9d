"""The temporary names of a restore, and removing what one that was killed left behind."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

_LEFT = re.compile(rb"\.csb-(\d{1,10})-([0-9a-f]{8})[0-9a-f]{8}-(?:\d+|link|special|case)")
_UNKNOWN = b"0" * 8


def temporary_prefix() -> bytes:
    """How this restore's temporary names begin: whose they are, and what nobody else chooses."""
    process = os.getpid()
    started = _started(process) or _UNKNOWN
    return b".csb-%d-%s%s" % (process, started, secrets.token_hex(4).encode())


def sweep(folder: int) -> list[bytes]:
    """Remove the temporary files of restores that run no more; the names that stay.

    One whose process seems to be there stays: it may be a restore that runs beside this one.
    """
    names = []
    with suppress(OSError):
        for text in os.listdir(folder):
            name = os.fsencode(text)
            if not _remove(name, folder):
                names.append(name)
    return names


def _remove(name: bytes, folder: int) -> bool:
    found = _LEFT.fullmatch(name)
    if not found or _runs(int(found[1]), found[2]):
        return False
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        return False
    return True


def _runs(process: int, started: bytes) -> bool:
    """Whether it is the same process still: in a container every restore may have number 1."""
    if os.name == "nt":
        return True  # there, asking would end it
    now = _started(process)
    if now is not None and started != _UNKNOWN:
        return now == started
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _started(process: int) -> bytes | None:
    """When a process began, in ticks, as eight digits; None where the system does not tell."""
    try:
        # Its name stands in parentheses, and may have spaces and parentheses itself.
        after_name = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2]
        return b"%08x" % (int(after_name.split()[19]) % 2**32)
    except (OSError, ValueError, IndexError):
        return None
