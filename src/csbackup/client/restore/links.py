"""Files with several names: written once, then given their other names."""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from csbackup.client.restore.existing import kind_of
from csbackup.client.restore.folders import FolderStack, Identity, descend


class _Linked(NamedTuple):
    """A name of a file with several, where it lies below which base."""

    base: int
    folders: tuple[bytes, ...]
    name: bytes
    identity: Identity


class Links:
    """The files that were written already, by link group; for the whole run.

    A group has a file a volume, as no file has names on two. It has a file a kind as well: only a
    snapshot that lies says that a link and a file are one.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, int, int], _Linked] = {}

    def remember(
        self, group: bytes, stack: FolderStack, name: bytes, status: os.stat_result
    ) -> None:
        """`name` in the innermost folder is the group's file."""
        identity = (status.st_dev, status.st_ino)
        linked = _Linked(stack.base.handle, stack.names(), name, identity)
        self._known[group, status.st_dev, kind_of(status)] = linked

    def knows(self, group: bytes, kind: int, device: int) -> bool:
        return (group, device, kind) in self._known

    def link(self, group: bytes, kind: int, stack: FolderStack, name: bytes) -> bool:
        """Give the group's file a name in the innermost folder; False when that does not work."""
        linked = self._known.get((group, stack.device, kind))
        if linked is None:
            return False
        here, temporary = stack.handle, b"%s-link" % stack.temporary
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
    if hasattr(os, "O_PATH"):
        made = _link_held(linked, folder, here, temporary)
    else:
        made = _link_named(linked, folder, here, temporary)
    if made:
        os.rename(temporary, name, src_dir_fd=here, dst_dir_fd=here)
    return made


def _link_held(linked: _Linked, folder: int, here: int, temporary: bytes) -> bool:
    """By a descriptor: what gets the name is what was looked at."""
    held = os.open(linked.name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        if not _is(os.fstat(held), linked):
            return False  # somebody put another file in its place meanwhile
        os.link(b"/proc/self/fd/%d" % held, temporary, dst_dir_fd=here, follow_symlinks=True)
    finally:
        os.close(held)
    return True


def _link_named(linked: _Linked, folder: int, here: int, temporary: bytes) -> bool:
    os.link(linked.name, temporary, src_dir_fd=folder, dst_dir_fd=here, follow_symlinks=False)
    return _is(os.stat(temporary, dir_fd=here, follow_symlinks=False), linked)


def _is(status: os.stat_result, linked: _Linked) -> bool:
    return (status.st_dev, status.st_ino) == linked.identity
