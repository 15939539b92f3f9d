"""Sees what changes in the source soon: by the kernel's word, or by looking every minute or two.

A backup never depends on it: each walks everything. It only says when one is worth while.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from csbackup.client.backup.context import Chosen
from csbackup.client.log import LOG
from csbackup.client.platform import inotify
from csbackup.client.platform.clock import elapsed_seconds
from csbackup.client.platform.inotify import Event, Inotify
from csbackup.client.platform.mounts import mount_points, remote_mounts
from csbackup.client.platform.priority import be_modest
from csbackup.client.scan import Bounds, is_folder, join
from csbackup.client.service.folders import Folders
from csbackup.errors import CsbError
from csbackup.rules.schedule import Changes

LOOK_SECONDS = 75.0  # between two looks at everything, where the kernel does not tell all
_LOOKING_SHARE = 10  # a look that takes long comes seldom
GROUND_SECONDS = 60.0
_TICK_SECONDS = 5.0
_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")
_SHARE = 0.75  # of the person's watches: other programs need some
_MOST = 150_000  # folders: their names take memory


@dataclass(frozen=True, slots=True)
class _Watched:
    """A folder. `only`: of a root that is a file, its name; `bounds` are those of the root."""

    path: bytes
    bounds: Bounds
    only: frozenset[bytes] = frozenset()


class _TooMany(Exception):
    """More folders than may be watched."""


class FolderWatch:
    """A thread of its own, while somebody wants to know. `choose` says what is backed up now, or
    raises; `most` folders are watched at most."""

    def __init__(self, choose: Callable[[], Chosen], most: int | None = None) -> None:
        self._choose = choose
        self._most = most if most is not None else _most_watches()
        self._lock = threading.Lock()
        self._first: float | None = None
        self._last = 0.0
        self._news = False
        self._wanted = False
        self._ending = False
        self._anew = False
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()
        self._wake_read, self._wake_write = os.pipe()
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        self.shortfall = ""

    def __enter__(self) -> FolderWatch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending = True
        self._wake()
        if self._thread is not None:
            self._thread.join(2)

    def changes(self, *, wanted: bool) -> Changes | None:
        if wanted != self._wanted:
            self._wanted = wanted
            self._start_or_wake()
        with self._lock:
            if self._first is None:
                return None
            now = elapsed_seconds()
            return Changes(now - self._first, now - self._last)

    def begin(self) -> None:
        with self._lock:
            self._first = None

    def look_anew(self) -> None:
        """What is backed up changed."""
        self._anew = True
        self._wake()

    def news(self) -> bool:
        """Whether a first change came since this was asked last."""
        with self._lock:
            news, self._news = self._news, False
        return news

    def _start_or_wake(self) -> None:
        if self._wanted and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
            self._thread.start()
        self._wake()

    def _wake(self) -> None:
        self._woken.set()
        with suppress(BlockingIOError):  # full: it wakes anyway
            os.write(self._wake_write, b"!")

    def _sleep(self, seconds: float) -> None:
        self._woken.wait(seconds)
        self._woken.clear()
        _drain(self._wake_read)

    def _changed(self) -> None:
        now = elapsed_seconds()
        with self._lock:
            if self._first is None:
                self._first = now
                self._news = True
            self._last = now

    def _run(self) -> None:
        be_modest()
        while not self._ending:
            if not self._wanted:
                self._sleep(LOOK_SECONDS)
                continue
            try:
                self._watch_until_anew()
            except (OSError, CsbError) as failure:
                LOG.warning("changes cannot be watched: %s", type(failure).__name__)
                self.shortfall = "what is backed up cannot be looked at"
                self._sleep(LOOK_SECONDS)

    def _watch_until_anew(self) -> None:
        """One round: everything is watched, or looked at, until that has to begin again."""
        self._anew = False
        folders = Folders(self._choose())
        ground = _Ground(folders)
        watching = self._begin_watching(folders)
        try:
            self._changed()  # whatever happened until everything was watched
            looks = _Looks(folders) if self.shortfall else None
            while self._goes_on():
                self._hear(watching)
                if looks is not None and looks.see_change():
                    self._changed()
                if ground.is_other():
                    self._anew = True
        finally:
            if watching is not None:
                watching.close()

    def _goes_on(self) -> bool:
        return self._wanted and not self._ending and not self._anew

    def _begin_watching(self, folders: Folders) -> Watching | None:
        """None where nothing can be watched; `shortfall` says what is looked at instead."""
        self.shortfall = _of_remote(folders)
        try:
            watching = Watching(folders, self._most)
        except OSError as failure:
            self.shortfall = f"the system gives no watch ({failure.strerror})"
            return None
        try:
            watching.begin()
        except _TooMany:
            watching.close()
            self.shortfall = (
                "there are more folders than may be watched; raise fs.inotify.max_user_watches"
            )
            return None
        LOG.info("watching %d folders", watching.number)
        return watching

    def _hear(self, watching: Watching | None) -> None:
        if watching is None:
            self._sleep(_TICK_SECONDS)
            return
        watching.wait(_TICK_SECONDS, self._wake_read)
        self._woken.clear()
        _drain(self._wake_read)
        try:
            if watching.hear():
                self._changed()
        except _TooMany:
            self._anew = True
        if watching.lost:
            LOG.info("the kernel lost events; everything is watched anew")
            self._changed()
            self._anew = True


class _Ground:
    """What the folders stand on: mounts come and go, and so may a root."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._seen = self._look()
        self._due = elapsed_seconds() + GROUND_SECONDS

    def is_other(self) -> bool:
        """Whether it changed; looked at now and then only, for some machines mount all day."""
        now = elapsed_seconds()
        if now < self._due:
            return False
        self._due = now + GROUND_SECONDS
        return self._look() != self._seen

    def _look(self) -> tuple[list[bytes], list[bytes]]:
        roots = self._folders.roots()
        mounts = [
            mount
            for mount in mount_points()
            if any(_is_at_or_below(mount, root) for _, root in roots)
        ]
        return mounts, [root for status, root in roots if status is not None]


class _Looks:
    """Now and then looks at everything, the more seldom the longer it takes."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._seen = b""
        self._due = 0.0

    def see_change(self) -> bool:
        """Looks when that is due; whether something is other than the last time."""
        begun = elapsed_seconds()
        if begun < self._due:
            return False
        before, self._seen = self._seen, self._folders.fingerprint()
        took = elapsed_seconds() - begun
        self._due = begun + took + max(LOOK_SECONDS, _LOOKING_SHARE * took)
        return before != self._seen


class Watching:
    """The watches on all folders of the source."""

    def __init__(self, folders: Folders, most: int) -> None:
        self._folders = folders
        self._most = most
        self._inotify = Inotify()
        self._watched: dict[int, _Watched] = {}
        self.lost = False

    @property
    def number(self) -> int:
        return len(self._watched)

    def begin(self) -> None:
        """Each folder is watched before it is listed, so that nothing slips through."""
        for status, root in self._folders.roots():
            bounds = self._folders.bounds(root)
            if status is None or not is_folder(status):
                self._watch_file(root, bounds)
            else:
                for _ in self._folders.below(root, status, bounds, self._watch):
                    pass

    def wait(self, seconds: float, wake: int) -> None:
        self._inotify.wait(seconds, wake)

    def hear(self) -> bool:
        """Whether something happened that a backup would see."""
        seen = False
        for event in self._inotify.read():
            seen = self._take(event) or seen
        return seen

    def close(self) -> None:
        self._inotify.close()

    def _watch(self, path: bytes, bounds: Bounds) -> bool:
        if len(self._watched) >= self._most:
            raise _TooMany
        try:
            self._watched[self._inotify.watch(path)] = _Watched(path, bounds)
        except OSError as failure:
            if failure.errno in (errno.ENOSPC, errno.ENOMEM):
                raise _TooMany from None
            return failure.errno not in (errno.ENOENT, errno.ENOTDIR)
        return True

    def _watch_file(self, root: bytes, bounds: Bounds) -> None:
        """A file by its folder: programs replace files. One that is not there may come."""
        folder, name = os.path.split(root)
        try:
            number = self._inotify.watch(folder or b"/")
        except OSError:
            return
        known = self._watched.get(number)
        names = known.only if known else frozenset()
        self._watched[number] = _Watched(folder, bounds, names | {name})

    def _take(self, event: Event) -> bool:
        if event.mask & inotify.OVERFLOWN:
            self.lost = True
            return True
        if event.mask & inotify.IGNORED:
            return self._watched.pop(event.watch, None) is not None
        watched = self._watched.get(event.watch)
        if watched is None:
            return False
        if watched.only:
            if event.name in watched.only and event.mask & inotify.FOLDER:
                self.lost = True  # it is a folder now
            return event.name in watched.only
        return self._take_below(watched, event)

    def _take_below(self, watched: _Watched, event: Event) -> bool:
        path = join(watched.path, event.name) if event.name else watched.path
        folder = bool(event.mask & inotify.FOLDER)
        if event.name and _is_left_out(watched.bounds, path, folder=folder):
            return False
        if folder and event.mask & inotify.MOVED_FROM:
            self._forget_below(path)
        if folder and event.mask & (inotify.CREATED | inotify.MOVED_TO):
            return self._watch_new(path, watched.bounds)
        return True

    def _watch_new(self, path: bytes, bounds: Bounds) -> bool:
        status = self._folders.status(path)
        if status is not None:
            for _ in self._folders.below(path, status, bounds, self._watch):
                pass
        return True

    def _forget_below(self, path: bytes) -> None:
        """What was moved may lie where it is not backed up."""
        gone = [
            number
            for number, one in self._watched.items()
            if one.path == path or one.path.startswith(path + b"/")
        ]
        for number in gone:
            del self._watched[number]
            self._inotify.forget(number)


def _is_left_out(bounds: Bounds, path: bytes, *, folder: bool) -> bool:
    below = path[len(bounds.root.rstrip(b"/")) + 1 :]
    return bounds.exclusions.excludes(below, folder=folder)


def _of_remote(folders: Folders) -> str:
    """Network shares tell nobody here of what others change there."""
    mounts = remote_mounts()
    for _, root in folders.roots():
        for mount in mounts:
            if _is_at_or_below(root, mount) or _is_at_or_below(mount, root):
                where = mount.decode(errors="replace")
                return f"{where} is a network file system, which does not tell of all changes"
    return ""


def _is_at_or_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder.rstrip(b"/") + b"/")


def _most_watches() -> int:
    try:
        return min(int(int(_LIMIT.read_text()) * _SHARE), _MOST)
    except (OSError, ValueError):
        return 0


def _drain(handle: int) -> None:
    while True:
        try:
            if len(os.read(handle, 64)) < 64:
                return
        except BlockingIOError:
            return
