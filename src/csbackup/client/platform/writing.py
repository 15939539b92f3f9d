"""Giving what was written its owner, mode, attributes and times."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Collection
from functools import partial
from typing import NamedTuple

from csbackup.client.platform.lists import ACCESS_LIST, DEFAULT_LIST, group_permissions
from csbackup.format.tree import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FIFO,
    FOLDER,
    SOCKET,
    SYMLINK,
    Entry,
    Extras,
)
from csbackup.rules.problem_classes import ProblemClass

if sys.platform != "win32":
    import grp
    import pwd

_LARGEST_ID = 2**32 - 2
_EVERY_VOLUME_KEEPS = range(2**31 * 10**9)  # times from 1970 to 2038
_NODE_KINDS = {
    FIFO: stat.S_IFIFO,
    SOCKET: stat.S_IFSOCK,
    CHARACTER_DEVICE: stat.S_IFCHR,
    BLOCK_DEVICE: stat.S_IFBLK,
}

NO_EXTRAS = Extras()
TIME_LOST = "The file system has no such time."
Trouble = tuple[ProblemClass, str]  # class and message
FAILURES = (OSError, OverflowError, ValueError)


class Place(NamedTuple):
    """Something to finish, by a name that leads to nothing else, and an open descriptor of it
    where there is one. `held`: the name is the descriptor's own, so following it is safe."""

    name: int | bytes
    folder: int | None = None
    held: bool = True

    def status(self) -> os.stat_result:
        return os.stat(self.name, dir_fd=self.folder, follow_symlinks=self.held)

    def own(self, user: int, group: int) -> None:
        os.chown(self.name, user, group, dir_fd=self.folder, follow_symlinks=self.held)

    def set_mode(self, mode: int) -> None:
        os.chmod(self.name, mode, dir_fd=self.folder, follow_symlinks=self.held)

    def set_times(self, moment_ns: int) -> None:
        times = (moment_ns, moment_ns)
        os.utime(self.name, ns=times, dir_fd=self.folder, follow_symlinks=self.held)


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


def first_mode(entry: Entry, extras: Extras) -> int:
    """What to make a file with. An access control list goes with it, and until that is there the
    group's bits mean something else; other attributes can only be set where writing is allowed."""
    return 0o600 if extras.xattrs else entry.mode & 0o777


def without_list(entry: Entry) -> Entry:
    """For an entry of which nobody knows whether it had an access control list: its mode's group
    bits may be those of all whom a list names, so its group gets no more than everybody."""
    return entry._replace(mode=entry.mode & (~0o070 | (entry.mode & 0o007) << 3))


def finish(
    place: Place,
    entry: Entry,
    extras: Extras,
    ownership: Ownership,
    *,
    plain: bool = False,
    exact: bool = False,
) -> list[Trouble]:
    """Everything about a file, folder or special file, the owner first and the times last.

    A change of owner takes setuid and capabilities away, so these come after it; every other
    change touches the times. Without the right owner, setuid and setgid are left out: they would
    speak for somebody else. `plain`: made a moment ago, and nothing was handed down to it by its
    folder. `exact`: its volume keeps modes, and times of our days, as they are set.
    """
    troubles: list[Trouble] = []
    mode = entry.mode
    mode_is_set = plain and mode <= 0o777 and not extras.xattrs and entry.kind != FOLDER
    if not (plain and ownership.is_default(entry)):
        lacking = _give_owner(place, ownership.of(entry), troubles)
        if lacking & mode:
            troubles.append(("mode", "It is not setuid or setgid any more: its owner is another."))
            mode &= ~lacking
    if not plain and entry.kind != SYMLINK:
        # They would let others in, or keep them out.
        troubles += remove_lists(place.name, known=[name for name, _ in extras.xattrs])
    if extras.xattrs:
        mode &= ~_set_xattrs(place, extras, troubles)
    if not mode_is_set and entry.kind != SYMLINK:
        _try("mode", lambda: place.set_mode(mode), troubles)
    _try("times", lambda: place.set_times(entry.mtime_ns), troubles)
    if not exact or entry.mtime_ns not in _EVERY_VOLUME_KEEPS:
        _compare(place, entry, mode, troubles)
    return troubles


def make_special(name: bytes, folder: int, entry: Entry, extras: Extras) -> None:
    """A link, FIFO, socket or device; devices need root. Nobody else's until it is finished."""
    if entry.kind == SYMLINK:
        os.symlink(extras.target, name, dir_fd=folder)
        return
    number = 0
    if entry.kind in (CHARACTER_DEVICE, BLOCK_DEVICE):
        if extras.device is None:
            raise ValueError("its device number is not known")
        number = os.makedev(*extras.device)
    os.mknod(name, _NODE_KINDS[entry.kind] | 0o600, number, dir_fd=folder)


def remove_lists(place: int | bytes, known: Collection[bytes] = ()) -> list[Trouble]:
    """Take away the access control lists that something got from the folder it was made in."""
    if sys.platform != "linux":
        return []
    troubles: list[Trouble] = []
    try:
        for text in os.listxattr(place):
            name = os.fsencode(text)
            if name in (ACCESS_LIST, DEFAULT_LIST) and name not in known:
                _try("attributes", partial(os.removexattr, place, name), troubles)
    except OSError:
        pass  # no attributes, no lists
    return troubles


# --- owner ---


def _give_owner(place: Place, wanted: tuple[int, int], troubles: list[Trouble]) -> int:
    """The bits that must not be set, because the owner or the group is not the wanted one.

    Whoever is not root can give a file to the groups they are in, but to no other user.
    """
    user, group = wanted
    try:
        place.own(_checked(user), _checked(group))
    except FAILURES as failure:
        lacking = 0
        if not _succeeds(lambda: place.own(_checked(user), -1)):
            troubles.append(("owner", _why(failure)))
            lacking |= stat.S_ISUID
        if not _succeeds(lambda: place.own(-1, _checked(group))):
            troubles.append(("group", _why(failure)))
            lacking |= stat.S_ISGID
        return lacking
    return 0


def _checked(number: int) -> int:
    if not 0 <= number <= _LARGEST_ID:
        raise ValueError("there is no such number")
    return number


def _succeeds(act: Callable[[], None]) -> bool:
    try:
        act()
    except FAILURES:
        return False
    return True


# --- attributes ---


def _set_xattrs(place: Place, extras: Extras, troubles: list[Trouble]) -> int:
    """The bits of the mode that must not be set without a list that could not be kept."""
    if sys.platform != "linux":
        troubles.append(("attributes", "Its extended attributes cannot be kept on this system."))
        return 0
    withheld = 0
    # Lists last: they change the mode, and without the right to write nothing else can be set.
    for name, value in sorted(extras.xattrs, key=lambda pair: pair[0].startswith(b"system.")):
        try:
            os.setxattr(place.name, name, value, follow_symlinks=place.held)
        except FAILURES as failure:
            shown = name.decode(errors="replace")
            troubles.append(("attributes", f"Its {shown} could not be kept: {_why(failure)}."))
            if name == ACCESS_LIST:
                withheld = 0o070 & ~group_permissions(value)
    return withheld


# --- mode and times ---


def _compare(place: Place, entry: Entry, mode: int, troubles: list[Trouble]) -> None:
    """Some volumes keep less than they are told, and say nothing."""
    status = place.status()
    told = {kind for kind, _ in troubles}
    if status.st_mtime_ns != entry.mtime_ns and "times" not in told:
        troubles.append(("times", TIME_LOST))
    found = stat.S_IMODE(status.st_mode)
    if found != mode and entry.kind != SYMLINK and "mode" not in told:
        troubles.append(("mode", f"Its mode could not be kept: it is {found:04o}, not {mode:04o}."))


_WORDS: dict[ProblemClass, str] = {
    "mode": "mode",
    "times": "time",
    "attributes": "inherited access list",
}


def _try(kind: ProblemClass, act: Callable[[], None], troubles: list[Trouble]) -> None:
    try:
        act()
    except FAILURES as failure:
        troubles.append((kind, f"Its {_WORDS[kind]} could not be changed: {_why(failure)}."))


def _why(failure: Exception) -> str:
    return str(getattr(failure, "strerror", None) or failure)
