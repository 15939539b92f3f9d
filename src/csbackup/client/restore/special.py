"""Writing links, FIFOs, sockets and devices under a temporary name, and giving them their own."""

from __future__ import annotations

import os

from csbackup.client.platform.writing import Ownership, Trouble, finish_named, make_node
from csbackup.client.restore.existing import Same, looks_same
from csbackup.format.tree import SYMLINK, Entry, Extras


def write_special(
    folder: int, temporary: bytes, name: bytes, entry: Entry, extras: Extras, ownership: Ownership
) -> list[Trouble]:
    """What could not be kept of it; whatever had that name is gone."""
    if entry.kind == SYMLINK:
        os.symlink(extras.target, temporary, dir_fd=folder)
    else:
        make_node(temporary, folder, entry, extras)
    troubles = finish_named(temporary, folder, entry, extras, ownership)
    os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    return troubles


def same_special(entry: Entry, extras: Extras, folder: int) -> Same:
    """Whether what is in `folder` is of its kind; a link must lead to the same target."""

    def same(name: bytes, there: os.stat_result) -> bool:
        if not looks_same(entry, there):
            return False
        return entry.kind != SYMLINK or os.readlink(name, dir_fd=folder) == extras.target

    return same
