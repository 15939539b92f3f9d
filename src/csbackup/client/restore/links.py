"""Files with several names: written once, then given their other names."""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from csbackup.client.restore.folders import FolderStack, descend


class _Linked(NamedTuple):
    """A name of a file with several, where it lies below which base."""

    base: int
    folders: tuple[bytes, ...]
    name: bytes
    identity: tuple[int, int]


class Links:
    """The files that were written already, by link group; for the whole run."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Linked] = {}

    def remember(
        self, group: bytes, stack: FolderStack, name: bytes, status: os.stat_result
    ) -> None:
        """`name` in the innermost folder is the group's file."""
        identity = (status.st_dev, status.st_ino)
        linked = _Linked(stack.base.handle, stack.names(), name, identity)
        self._known.setdefault(group, linked)

    def link(self, group: bytes, here: int, temporary: bytes, name: bytes) -> bool:
        """Give the group's file a name in folder `here`; False when that does not work."""
        linked = self._known.get(group)
        if linked is None:
            return False
        try:
            folder = descend(linked.base, linked.folders)
        except OSError:
            return False
        try:
            return _link(linked, folder, here, temporary, name)
        except OSError:
            return False
        finally:
            os.close(folder)
            # It is still there when something went wrong, and when both were one file before.
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=here)


def _link(linked: _Linked, folder: int, here: int, temporary: bytes, name: bytes) -> bool:
    os.link(linked.name, temporary, src_dir_fd=folder, dst_dir_fd=here, follow_symlinks=False)
    status = os.stat(temporary, dir_fd=here, follow_symlinks=False)
    if (status.st_dev, status.st_ino) != linked.identity:
        return False  # somebody put another file in its place meanwhile
    os.rename(temporary, name, src_dir_fd=here, dst_dir_fd=here)
    return True
