"""What is mounted where, and from what."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_TABLE = Path("/proc/self/mountinfo")
_ESCAPED = re.compile(rb"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """`root`: which part of the file system in `source` is to be seen at `point`."""

    root: bytes
    point: bytes
    kind: bytes
    source: bytes
    read_only: bool = False  # the whole file system, wherever else it is mounted

    def holds(self, path: bytes) -> bool:
        """Whether a path is at or below the mount point, if no other mount is in between."""
        return path == self.point or path.startswith(self.point.rstrip(b"/") + b"/")

    def inner(self, path: bytes) -> bytes:
        """The name of a path that is held, inside the file system: it begins with a slash."""
        below = path[len(self.point.rstrip(b"/")) :].strip(b"/")
        return b"/" + b"/".join(part for part in (self.root.strip(b"/"), below) if part)


def all_mounts() -> tuple[Mount, ...]:
    """In the order in which they were mounted: a later one hides an earlier one."""
    if sys.platform != "linux":
        return ()
    try:
        return tuple(read_mounts(_TABLE.read_bytes().splitlines()))
    except OSError:
        return ()


def read_mounts(lines: Iterable[bytes]) -> Iterator[Mount]:
    """From lines as in proc_pid_mountinfo(5): `... root mount-point options ... - type source`."""
    for line in lines:
        before, _, after = line.partition(b" - ")
        fields, origin = before.split(b" "), after.split(b" ")
        if len(fields) > 4 and len(origin) > 1:
            read_only = b"ro" in origin[2].split(b",") if len(origin) > 2 else False
            yield Mount(
                _plain(fields[3]), _plain(fields[4]), origin[0], _plain(origin[1]), read_only
            )


def _plain(escaped: bytes) -> bytes:
    return _ESCAPED.sub(lambda octal: bytes([int(octal[1], 8)]), escaped)
