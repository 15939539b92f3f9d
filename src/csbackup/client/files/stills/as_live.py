"""What a still says of a file, as the live file system would have said it."""

from __future__ import annotations

import os

from csbackup.client.files.open_file import LiveFile

_DEVICE = 2
_FIELDS = 10
_MORE = ("st_atime_ns", "st_mtime_ns", "st_ctime_ns", "st_blocks", "st_blksize", "st_rdev")


def as_live(status: os.stat_result, still: int, live: int) -> os.stat_result:
    """The same status with the live volume's number where it has the still's."""
    if status.st_dev != still:
        return status
    fields = list(status[:_FIELDS])
    fields[_DEVICE] = live
    return os.stat_result(fields, {name: getattr(status, name) for name in _MORE})


class StillFile(LiveFile):
    """A regular file of a still, open for reading."""

    __slots__ = ("_live", "_still")

    def __init__(self, path: bytes, still: int, live: int) -> None:
        super().__init__(path)
        self._still = still
        self._live = live

    def status(self) -> os.stat_result:
        return as_live(super().status(), self._still, self._live)
