"""The temporary names of a restore, and removing what one that was killed left behind."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress

_LEFT = re.compile(rb"\.csb-(\d{1,10})-[0-9a-f]{16}-(?:\d+|link|special)")


def temporary_prefix() -> bytes:
    """How this restore's temporary names begin: whose they are, and what nobody else chooses."""
    return b".csb-%d-%s" % (os.getpid(), secrets.token_hex(8).encode())


def sweep(folder: int) -> None:
    """Remove the temporary files of restores that run no more.

    One whose process seems to be there stays: it may be a restore that runs beside this one.
    """
    with suppress(OSError):
        for name in os.listdir(folder):
            found = _LEFT.fullmatch(os.fsencode(name))
            if found and not _runs(int(found[1])):
                os.unlink(name, dir_fd=folder)


def _runs(process: int) -> bool:
    if os.name == "nt":
        return True  # there, asking would end it
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
