"""The folders of the target, held by descriptors: nothing is ever reached by a path.

Only the base, which the person named, is opened as a path; there, and up to it, the machine's own
links are followed. Below it every folder is opened from the one above, and a link in its place
is refused, whoever put it there and whenever.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from csbackup.client.restore.existing import Taken
from csbackup.client.restore.leftovers import sweep, temporary_prefix
from csbackup.client.restore.surroundings import Surroundings, of_new_folder, of_old_folder
from csbackup.errors import PathProblem
from csbackup.format.tree import Entry

_OPEN = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0) | os.O_RDONLY
_OPEN_REAL = _OPEN | getattr(os, "O_NOFOLLOW", 0)
_MOST_LINKS = 40
_MOST_OPEN = 100

Identity = tuple[int, int]  # device and inode


@dataclass(slots=True)
class Level:
    """An open folder of the target. `fresh`: made by this restore, so nothing else is in it."""

    name: bytes
    path: bytes
    entry: Entry | None
    handle: int
    identity: Identity
    fresh: bool
    finish: bool  # gets its metadata when it is complete
    surroundings: Surroundings
    closed_mode: int | None = None  # the mode of a folder that was opened for its owner meanwhile
    taken: Taken = field(default_factory=Taken)


class Base:
    """The folder that everything goes below."""

    def __init__(self, path: bytes) -> None:
        self.path = path
        self.handle = _open_base(path)
        temporary = temporary_prefix() + b"-case"
        self.surroundings = of_old_folder(self.handle, sweep(self.handle), temporary)
        self.taken = Taken()

    def close(self) -> None:
        os.close(self.handle)


class FolderStack:
    """The folders from the base down to where the restore is."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.levels: list[Level] = []
        self.temporary = temporary_prefix()
        self._open: list[Level] = []

    @property
    def handle(self) -> int:
        """The descriptor of the innermost folder."""
        return self.levels[-1].handle if self.levels else self.base.handle

    @property
    def surroundings(self) -> Surroundings:
        return self.levels[-1].surroundings if self.levels else self.base.surroundings

    @property
    def taken(self) -> Taken | None:
        """What must stay, where names that differ in case are one."""
        if not self.surroundings.folds:
            return None
        return self.levels[-1].taken if self.levels else self.base.taken

    @property
    def nothing_there(self) -> bool:
        """Whether no name in the innermost folder can be taken already."""
        return bool(self.levels) and self.levels[-1].fresh and not self.surroundings.folds

    @property
    def device(self) -> int:
        return self.levels[-1].identity[0] if self.levels else os.fstat(self.base.handle).st_dev

    def names(self) -> tuple[bytes, ...]:
        return tuple(level.name for level in self.levels if level.name)

    def enter(self, name: bytes, path: bytes, entry: Entry | None, *, finish: bool) -> Level:
        """Go into a folder, which is made where it is not there. `OSError` when it is no folder.

        A new folder is its maker's alone until it is complete. Without a name: the base itself.
        """
        made = bool(name) and self._make(name, 0o700 if entry is not None else 0o755)
        handle = self._open_inner(name) if name else os.dup(self.handle)
        try:
            level = self._level(name, path, entry, handle, made=made, finish=finish)
        except BaseException:
            os.close(handle)
            raise
        if self.taken is not None and name:
            self.taken.add(name, os.fstat(handle))
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

    def _open_inner(self, name: bytes) -> int:
        try:
            return os.open(name, _OPEN_REAL, dir_fd=self.handle)
        except PermissionError:
            return _open_closed(name, self.handle)

    def _level(
        self,
        name: bytes,
        path: bytes,
        entry: Entry | None,
        handle: int,
        *,
        made: bool,
        finish: bool,
    ) -> Level:
        """Somebody may have put another folder in the place of the one that was made: it counts
        as new only when it is ours, and empty."""
        status = os.fstat(handle)
        is_ours = status.st_uid == os.geteuid()
        fresh = made and is_ours and not os.listdir(handle)
        closed_mode = None
        if fresh:
            surroundings = of_new_folder(handle, self.surroundings)
            if entry is None:
                os.fchmod(handle, 0o755)
        else:
            if is_ours and status.st_uid and status.st_mode & 0o700 != 0o700:
                closed_mode = stat.S_IMODE(status.st_mode)
                os.fchmod(handle, closed_mode | 0o700)
            surroundings = of_old_folder(handle, sweep(handle), self.temporary + b"-case")
        return Level(
            name,
            path,
            entry,
            handle,
            _identity(status),
            fresh,
            finish or fresh,
            surroundings,
            closed_mode,
        )

    def leave(self) -> list[Level]:
        """Back to the folder above. Returned: folders on the way that cannot be found again,
        because somebody replaced them; they are left as well, and nothing more goes there."""
        left = self.levels.pop()
        if self._open and self._open[-1] is left:
            self._open.pop()
        lost = []
        while self.levels and self.levels[-1].handle < 0:
            if self._reopen(self.levels[-1], left.handle):
                break
            lost.append(self.levels.pop())
        _shut(left, finished=left.finish)
        return lost

    def close(self) -> None:
        for level in self._open:
            _shut(level, finished=False)
        self._open.clear()
        self.levels.clear()

    def _reopen(self, level: Level, inner: int) -> bool:
        """A deep tree has more folders than a process may hold open; this one is opened again.

        From the folder that was in it, or from the base; and it must be the same as before.
        """
        for start, names in ((inner, (b"..",)), (self.base.handle, self.names())):
            try:
                handle = descend(start, names)
            except OSError:
                continue
            if _identity(os.fstat(handle)) == level.identity:
                level.handle = handle
                self._open.append(level)
                return True
            os.close(handle)
        return False


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino


def _shut(level: Level, *, finished: bool) -> None:
    """A folder that did not get its own mode gets back the one it had."""
    if level.handle < 0:
        return
    if level.closed_mode is not None and not finished:
        with contextlib.suppress(OSError):
            os.fchmod(level.handle, level.closed_mode)
    os.close(level.handle)
    level.handle = -1


def _open_closed(name: bytes, outer: int) -> int:
    """Open a folder of our own that its mode keeps us out of: `_level` gives the mode back."""
    if not hasattr(os, "O_PATH"):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    held = os.open(name, os.O_PATH | _OPEN_REAL, dir_fd=outer)
    try:
        mode = stat.S_IMODE(os.fstat(held).st_mode)
        place = Path(f"/proc/self/fd/{held}")
        place.chmod(mode | 0o700)
        try:
            return os.open(place, _OPEN)
        finally:
            place.chmod(mode)
    finally:
        os.close(held)


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
        os.mkdir(name, 0o777, dir_fd=at)  # as the person's mask has it
        inner = os.open(name, _OPEN_REAL, dir_fd=at)
    os.close(at)
    return inner
