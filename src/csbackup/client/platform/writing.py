"""Giving what was written its owner, mode, attributes and times."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable

from csbackup.format.tree import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FIFO,
    SOCKET,
    Entry,
    Extras,
)
from csbackup.rules.problem_classes import ProblemClass

if sys.platform != "win32":
    import grp
    import pwd

_LARGEST_ID = 2**32 - 2
_SPECIAL_BITS = 0o6000
_NODE_KINDS = {
    FIFO: stat.S_IFIFO,
    SOCKET: stat.S_IFSOCK,
    CHARACTER_DEVICE: stat.S_IFCHR,
    BLOCK_DEVICE: stat.S_IFBLK,
}

NO_EXTRAS = Extras()
Trouble = tuple[ProblemClass, str]  # class and message
_FAILURES = (OSError, OverflowError, ValueError)


class Ownership:
    """Who is to own what here: by name where this machine knows it, else by number."""

    def __init__(self) -> None:
        self.is_root = os.geteuid() == 0
        self._own = (os.geteuid(), os.getegid())
        self._known: dict[tuple[bytes, bytes, int, int], tuple[int, int]] = {}

    def of(self, entry: Entry) -> tuple[int, int]:
        key = (entry.owner, entry.group, entry.uid, entry.gid)
        found = self._known.get(key)
        if found is None:
            found = (_user_id(entry.owner, entry.uid), _group_id(entry.group, entry.gid))
            self._known[key] = found
        return found

    def is_default(self, entry: Entry) -> bool:
        """Whether a new file gets this owner by itself."""
        return self.of(entry) == self._own


def _user_id(name: bytes, number: int) -> int:
    try:
        return pwd.getpwnam(os.fsdecode(name)).pw_uid if name else number
    except (KeyError, ValueError):
        return number


def _group_id(name: bytes, number: int) -> int:
    try:
        return grp.getgrnam(os.fsdecode(name)).gr_gid if name else number
    except (KeyError, ValueError):
        return number


def finish_open(
    handle: int, entry: Entry, extras: Extras, ownership: Ownership, *, mode_is_set: bool = False
) -> list[Trouble]:
    """Everything about an open file or folder, the owner first and the times last.

    A change of owner takes setuid and capabilities away, so these come after it; every other
    change touches the times. Without the right owner, setuid and setgid are left out: they would
    speak for somebody else.
    """
    troubles: list[Trouble] = []
    mode = entry.mode
    if not ownership.is_default(entry):
        troubles += _try("owner", lambda: _own(handle, ownership.of(entry)))
        if troubles:
            mode &= ~_SPECIAL_BITS
        mode_is_set = mode_is_set and not mode & ~0o777
    if extras.xattrs:
        troubles += _set_xattrs(handle, extras, follow=True)
        mode_is_set = False
    if not mode_is_set:
        troubles += _try("mode", lambda: os.fchmod(handle, mode))
    try:
        os.utime(handle, ns=(entry.mtime_ns, entry.mtime_ns))
    except _FAILURES as problem:
        troubles.append(("times", f"Its time could not be set: {_why(problem)}."))
    return troubles


def finish_named(
    name: bytes, folder: int, entry: Entry, extras: Extras, ownership: Ownership
) -> list[Trouble]:
    """The same for a link or special file, which is not opened; its mode it was made with."""
    troubles: list[Trouble] = []
    if not ownership.is_default(entry):
        troubles += _try("owner", lambda: _own_named(name, folder, ownership.of(entry)))
    if extras.xattrs:
        troubles += _set_xattrs(b"/proc/self/fd/%d/%s" % (folder, name), extras, follow=False)
    times = (entry.mtime_ns, entry.mtime_ns)
    troubles += _try(
        "times", lambda: os.utime(name, ns=times, dir_fd=folder, follow_symlinks=False)
    )
    return troubles


def make_node(name: bytes, folder: int, entry: Entry, extras: Extras) -> None:
    """A FIFO, socket or device; devices need root."""
    number = 0
    if entry.kind in (CHARACTER_DEVICE, BLOCK_DEVICE):
        if extras.device is None:
            raise ValueError("its device number is not known")
        number = os.makedev(*extras.device)
    os.mknod(name, _NODE_KINDS[entry.kind] | entry.mode & 0o777, number, dir_fd=folder)


def _own(handle: int, owner: tuple[int, int]) -> None:
    os.fchown(handle, *_checked(owner))


def _own_named(name: bytes, folder: int, owner: tuple[int, int]) -> None:
    user, group = _checked(owner)
    os.chown(name, user, group, dir_fd=folder, follow_symlinks=False)


def _checked(owner: tuple[int, int]) -> tuple[int, int]:
    if not all(0 <= number <= _LARGEST_ID for number in owner):
        raise ValueError("no such number")
    return owner


def _set_xattrs(place: int | bytes, extras: Extras, *, follow: bool) -> list[Trouble]:
    if sys.platform != "linux":
        return [("attributes", "Its extended attributes cannot be kept on this system.")]
    troubles: list[Trouble] = []
    for name, value in extras.xattrs:
        try:
            os.setxattr(place, name, value, follow_symlinks=follow)
        except _FAILURES as problem:
            shown = name.decode(errors="replace")
            troubles.append(("attributes", f"Its {shown} could not be kept: {_why(problem)}."))
    return troubles


_WORDS: dict[ProblemClass, str] = {"owner": "owner", "mode": "mode", "times": "time"}


def _try(kind: ProblemClass, act: Callable[[], None]) -> list[Trouble]:
    try:
        act()
    except _FAILURES as problem:
        return [(kind, f"Its {_WORDS[kind]} could not be set: {_why(problem)}.")]
    return []


def _why(problem: Exception) -> str:
    text = getattr(problem, "strerror", None) or str(problem)
    return str(text)
