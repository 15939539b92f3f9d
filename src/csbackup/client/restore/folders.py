"""The folders of the target, held by descriptors: nothing is ever reached by a path.

Only the base, which the person named, is opened as a path; there, and up to it, the machine's own
links are followed. Below it every folder is opened from the one above, and a link in its place
is refused, whoever put it there and whenever.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from csbackup.client.restore.leftovers import sweep
from csbackup.errors import PathProblem
from csbackup.format.tree import Entry

_OPEN = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0) | os.O_RDONLY
_OPEN_REAL = _OPEN | getattr(os, "O_NOFOLLOW", 0)
_MOST_LINKS = 40
_MOST_OPEN = 100


@dataclass(slots=True)
class Level:
    """An open folder of the target. `fresh`: made by this restore, so nothing else is in it."""

    name: bytes
    path: bytes
    entry: Entry | None
    handle: int
    identity: tuple[int, int]
    fresh: bool
    finish: bool  # gets its metadata when it is complete


class Base:
    """The folder that everything goes below."""

    def __init__(self, path: bytes) -> None:
        self.path = path
        self.handle = _open_base(path)

    def close(self) -> None:
        os.close(self.handle)


class FolderStack:
    """The folders from the base down to where the restore is."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.levels: list[Level] = []
        self._open: list[Level] = []

    @property
    def handle(self) -> int:
        """The descriptor of the innermost folder."""
        return self.levels[-1].handle if self.levels else self.base.handle

    @property
    def fresh(self) -> bool:
        return bool(self.levels) and self.levels[-1].fresh

    def names(self) -> tuple[bytes, ...]:
        return tuple(level.name for level in self.levels if level.name)

    def enter(self, name: bytes, path: bytes, entry: Entry | None, *, finish: bool) -> Level:
        """Go into a folder, which is made where it is not there. `OSError` when it is no folder.

        A new folder is its maker's alone until it is complete. Without a name: the base itself.
        """
        fresh = bool(name) and self._make(name, 0o700 if entry is not None else 0o755)
        handle = os.open(name, _OPEN_REAL, dir_fd=self.handle) if name else os.dup(self.handle)
        if not fresh:
            sweep(handle)
        status = os.fstat(handle)
        identity = (status.st_dev, status.st_ino)
        level = Level(name, path, entry, handle, identity, fresh, finish or fresh)
        self.levels.append(level)
        self._open.append(level)
        if len(self._open) > _MOST_OPEN:
            outer = self._open.pop(0)
            os.close(outer.handle)
            outer.handle = -1
        return level

    def _make(self, name: bytes, mode: int) -> bool:
        try:
            os.mkdir(name, mode, dir_fd=self.handle)
        except FileExistsError:
            return False
        return True

    def leave(self) -> None:
        """Back to the folder above."""
        level = self.levels.pop()
        if self._open and self._open[-1] is level:
            self._open.pop()
        if level.handle >= 0:
            os.close(level.handle)
        if self.levels and self.levels[-1].handle < 0:
            self._reopen(self.levels[-1])

    def close(self) -> None:
        for level in self._open:
            os.close(level.handle)
        self._open.clear()
        self.levels.clear()

    def _reopen(self, level: Level) -> None:
        """A deep tree has more folders than a process may hold open; this one is opened again."""
        handle = descend(self.base.handle, self.names())
        status = os.fstat(handle)
        if (status.st_dev, status.st_ino) != level.identity:
            os.close(handle)
            raise PathProblem(
                f"{os.fsdecode(level.path)} was replaced while it was restored. Run it again."
            )
        level.handle = handle
        self._open.append(level)


def descend(handle: int, names: Sequence[bytes]) -> int:
    """The folder that lies so far below an open one, no link followed; the caller closes it."""
    at = os.dup(handle)
    try:
        for name in names:
            inner = os.open(name, _OPEN_REAL, dir_fd=at)
            os.close(at)
            at = inner
    except OSError:
        os.close(at)
        raise
    return at


def _open_base(path: bytes) -> int:
    """Open the base, making what is missing of it.

    A link on the way is followed when root or the caller made it: one that somebody else put
    there, into a folder of theirs that was backed up, could lead root's writing anywhere.
    """
    waiting = [part for part in reversed(path.split(b"/")) if part]
    at = os.open(b"/" if path.startswith(b"/") else b".", _OPEN)
    links = 0
    try:
        while waiting:
            name = waiting.pop()
            target = _link_target(name, at, path)
            if target is None:
                at = _step(name, at)
                continue
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if target.startswith(b"/"):
                os.close(at)
                at = os.open(b"/", _OPEN)
            waiting += [part for part in reversed(target.split(b"/")) if part]
    except PathProblem:
        os.close(at)
        raise
    except OSError as problem:
        os.close(at)
        raise PathProblem(
            f"{os.fsdecode(path)} cannot be written into: {problem.strerror}."
        ) from problem
    return at


def _link_target(name: bytes, at: int, path: bytes) -> bytes | None:
    try:
        status = os.stat(name, dir_fd=at, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISLNK(status.st_mode):
        return None
    if status.st_uid not in (0, os.geteuid()):
        raise PathProblem(
            f"{os.fsdecode(path)} leads through a link of somebody else. Restore with --to."
        )
    return os.readlink(name, dir_fd=at)


def _step(name: bytes, at: int) -> int:
    try:
        inner = os.open(name, _OPEN_REAL, dir_fd=at)
    except FileNotFoundError:
        os.mkdir(name, 0o755, dir_fd=at)
        inner = os.open(name, _OPEN_REAL, dir_fd=at)
    os.close(at)
    return inner
