"""Which file systems are somebody else's to answer for: network mounts, and programs (FUSE)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

_MOUNTS = "/proc/self/mountinfo"
# What a remote machine or a program answers for. A local disk gives an error in the end.
_REMOTE = re.compile(
    rb"fuse.*|nfs.*|cifs|smb.*|9p|virtiofs|ceph|gluster.*|afs|coda|davfs|autofs|lustre|beegfs|ncpfs"
)
_ESCAPED = re.compile(rb"\\([0-7]{3})")


def remote_mounts() -> tuple[bytes, ...]:
    """The mount points below which a call may wait for ever; none where that cannot be told."""
    return read_remote_mounts(_lines())


def mount_points() -> tuple[bytes, ...]:
    """All of them, in order; none where that cannot be told."""
    found = {_plain(line.split(b" ")[4]) for line in _lines() if line.count(b" ") > 4}
    return tuple(sorted(found))


def _lines() -> list[bytes]:
    if sys.platform != "linux":
        return []
    try:
        return Path(_MOUNTS).read_bytes().splitlines()
    except OSError:
        return []


def read_remote_mounts(lines: Iterable[bytes]) -> tuple[bytes, ...]:
    """From lines as in proc_pid_mountinfo(5): `... root mount-point options ... - type source`."""
    found = []
    for line in lines:
        before, _, after = line.partition(b" - ")
        fields, kind = before.split(b" "), after.split(b" ")[0]
        if len(fields) > 4 and _REMOTE.fullmatch(kind):
            found.append(_plain(fields[4]))
    return tuple(dict.fromkeys(found))


def _plain(escaped: bytes) -> bytes:
    return _ESCAPED.sub(lambda octal: bytes([int(octal[1], 8)]), escaped)
