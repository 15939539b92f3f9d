"""The file systems as they are, however long their paths and however slow their answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from csbackup.client.files.guard import Guard
from csbackup.client.files.guarded import DistantItem, GuardedFile, guarded_items
from csbackup.client.files.open_file import LiveFile
from csbackup.client.files.remote import RemotePlaces
from csbackup.client.files.source import FolderItem, OpenFile
from csbackup.client.files.worker import as_status
from csbackup.client.platform.attributes import Xattrs, read_xattrs
from csbackup.client.platform.far_paths import is_far, near, status_at

PATIENCE_SECONDS = 30.0


class LiveFiles:
    """Local ones are asked directly.

    Remote ones (network mounts, FUSE) through a process that can be left behind: a call that
    takes longer than `patience_seconds` fails with ETIMEDOUT. `roots`: what will be asked for,
    perhaps through links to such a place.
    """

    def __init__(
        self, roots: Sequence[bytes] = (), *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._guard = Guard(patience_seconds)
        self._remote = RemotePlaces(roots, self._guard)

    def scan(self, path: bytes) -> AbstractContextManager[Iterator[FolderItem]]:
        place = self._remote.touched_by_listing(path)
        if not place and not is_far(path):
            return os.scandir(path)

        def status(name: bytes) -> os.stat_result:
            return self.status(path.rstrip(b"/") + b"/" + name)

        if place:
            return nullcontext(guarded_items(self._guard, place, path, status))
        return _far_items(path, status)

    def status(self, path: bytes) -> os.stat_result:
        if place := self._remote.of(path):
            return as_status(self._guard.ask(place, "status", path))
        return status_at(path)

    def open(self, path: bytes) -> OpenFile:
        place = self._remote.of(path)
        return GuardedFile(self._guard, place, path) if place else LiveFile(path)

    def is_local(self, path: bytes) -> bool:
        return not self._remote.of(path)

    def link_target(self, path: bytes) -> bytes:
        if place := self._remote.of(path):
            target: bytes = self._guard.ask(place, "link_target", path)
            return target
        with near(path) as here:
            return os.readlink(here)  # noqa: PTH115  paths are bytes

    def xattrs(self, path: bytes) -> Xattrs:
        if place := self._remote.of(path):
            found: Xattrs = self._guard.ask(place, "xattrs", path)
            return found
        with near(path) as here:
            return read_xattrs(here)


@contextmanager
def _far_items(
    path: bytes, status: Callable[[bytes], os.stat_result]
) -> Iterator[Iterator[FolderItem]]:
    """Their statuses are asked for when the folder is no longer at hand: each on its own way."""
    with near(path) as here, os.scandir(here) as items:
        yield (DistantItem(one.name, status) for one in items)
