"""Files as of one instant where there is a still of them, and the live ones everywhere else."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from csbackup.client.files.source import FileSource, FolderItem, OpenFile
from csbackup.client.files.stills.as_live import StillFile, as_live
from csbackup.client.files.stills.kinds import FOLDER, Still
from csbackup.client.platform.attributes import Xattrs, read_xattrs
from csbackup.client.platform.far_paths import near, status_at


class StillFiles:
    """Paths are the live ones. `elsewhere`: mount points, which no still shows; what is there is
    read live unless there is a still of its own. `found_hole` hears of what turns out to be no
    part of its still, and is read live."""

    def __init__(
        self,
        live: FileSource,
        stills: Sequence[Still],
        elsewhere: Sequence[bytes] = (),
        found_hole: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self._live = live
        self._found_hole = found_hole
        self._places: dict[bytes, Still | None] = dict.fromkeys(elsewhere)
        self._places |= {still.live: still for still in stills}
        self._order: list[tuple[bytes, bytes, Still | None]] = []
        self._inner: dict[bytes, set[bytes]] = {}  # names of places, by the folder they are in
        self._arrange()

    def scan(self, path: bytes) -> AbstractContextManager[Iterator[FolderItem]]:
        still = self._still(path)
        if still is None:
            return self._live.scan(path)
        return self._items(path, still)

    def status(self, path: bytes) -> os.stat_result:
        still = self._still(path)
        if still is None:
            return self._live.status(path)
        status = status_at(_inside(still, path))
        if status.st_ino == still.hole and stat.S_ISDIR(status.st_mode):
            return self._status_of_hole(path)
        return as_live(status, still.device, still.live_device)

    def open(self, path: bytes) -> OpenFile:
        still = self._still(path)
        if still is None:
            return self._live.open(path)
        return StillFile(_inside(still, path), still.device, still.live_device)

    def is_local(self, path: bytes) -> bool:
        return self._still(path) is not None or self._live.is_local(path)

    def link_target(self, path: bytes) -> bytes:
        still = self._still(path)
        if still is None:
            return self._live.link_target(path)
        with near(_inside(still, path)) as here:
            return os.readlink(here)  # noqa: PTH115  paths are bytes

    def xattrs(self, path: bytes) -> Xattrs:
        still = self._still(path)
        if still is None:
            return self._live.xattrs(path)
        with near(_inside(still, path)) as here:
            return read_xattrs(here)

    def _still(self, path: bytes) -> Still | None:
        for place, beginning, still in self._order:
            if path.startswith(beginning) or path == place:
                return still
        return None

    def _arrange(self) -> None:
        """The innermost place counts, so the longest come first."""
        paths = sorted(self._places, key=len, reverse=True)
        self._order = [(path, path.rstrip(b"/") + b"/", self._places[path]) for path in paths]
        self._inner = {}
        for path in paths:
            folder, _, name = path.rstrip(b"/").rpartition(b"/")
            self._inner.setdefault(folder or b"/", set()).add(name)

    @contextmanager
    def _items(self, path: bytes, still: Still) -> Iterator[Iterator[FolderItem]]:
        inner = self._inner.get(path.rstrip(b"/") or b"/", set())
        with near(_inside(still, path)) as here, os.scandir(here) as items:
            yield (
                _Item(self, path, still, item, elsewhere=item.name in inner)
                for item in items
                if item.name != FOLDER
            )

    def _status_of_hole(self, path: bytes) -> os.stat_result:
        """Of the live thing that the still has nothing of; all below it is read live as well."""
        if path not in self._places:
            self._places[path] = None
            self._arrange()
            self._found_hole(path)
        return self._live.status(path)


class _Item:
    """A name in a folder of a still."""

    __slots__ = ("_elsewhere", "_files", "_folder", "_item", "_still", "name")

    def __init__(
        self,
        files: StillFiles,
        folder: bytes,
        still: Still,
        item: os.DirEntry[bytes],
        *,
        elsewhere: bool,
    ) -> None:
        self.name = item.name
        self._files = files
        self._folder = folder
        self._still = still
        self._item = item
        self._elsewhere = elsewhere

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._item.is_dir(follow_symlinks=follow_symlinks)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        if not self._elsewhere:
            status = self._item.stat(follow_symlinks=False)
            if status.st_ino != self._still.hole:  # nearly all
                return as_live(status, self._still.device, self._still.live_device)
        return self._files.status(self._folder.rstrip(b"/") + b"/" + self.name)


def _inside(still: Still, path: bytes) -> bytes:
    """Where the still has what is called `path` live."""
    below = path[len(still.live.rstrip(b"/")) :]
    return still.path + below if below.strip(b"/") else still.path
