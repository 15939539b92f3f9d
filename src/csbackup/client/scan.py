"""Lists folders: names sorted, what is left out left out, statuses page by page.

The pages are those of `format.tree`, so that a page of the journal is a page of the listing and a
folder of a million files needs the memory of its names only.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from csbackup.client.files import FileSource, FolderItem
from csbackup.format.tree import ONE_PAGE, ends_page
from csbackup.rules.exclusion import CACHE_TAG, CACHE_TAG_SIGNATURE, Exclusions

# What a folder's digest is made of: name, mode, uid, gid, size, mtime, ctime, inode, device. Plain
# tuples: a named one costs as much as the system call. A folder's own size says nothing.
Status = tuple[bytes, int, int, int, int, int, int, int, int]
NAME: Final = 0
MODE: Final = 1
SIZE: Final = 4
MTIME: Final = 5
CTIME: Final = 6
INODE: Final = 7
DEVICE: Final = 8

Lost = Callable[[bytes, OSError], None]

_KIND = 0o170000
_FOLDER = stat.S_IFDIR
_REGULAR = stat.S_IFREG


def is_folder(status: Status) -> bool:
    return status[MODE] & _KIND == _FOLDER


def is_file(status: Status) -> bool:
    return status[MODE] & _KIND == _REGULAR


def is_elsewhere(folder: Status | None, item: Status) -> bool:
    """Whether an item is on another volume than the folder it is in; the roots are in none."""
    return folder is not None and item[DEVICE] != folder[DEVICE]


def join(folder: bytes, name: bytes) -> bytes:
    """The path of a name; in the folder of roots (an empty path) names are paths already."""
    if not folder:
        return name
    return folder + name if folder.endswith(b"/") else folder + b"/" + name


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a folder's entries, sorted by name. `key`: the first name, empty if all are here."""

    key: bytes
    statuses: list[Status]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What stays out below one root."""

    root: bytes
    exclusions: Exclusions
    honour_cache_tags: bool = True

    def leaves_out(self, path: bytes, item: FolderItem) -> bool:
        """Whether `item` of the folder at `path` is excluded."""
        below = path[len(self.root.rstrip(b"/")) + 1 :]
        folder = item.is_dir(follow_symlinks=False)
        return self.exclusions.excludes(join(below, item.name), folder=folder)


def scan_folder(files: FileSource, path: bytes, bounds: Bounds, lost: Lost) -> Iterator[Page]:
    """The pages of a folder; raises `OSError` at once when it cannot be listed.

    `lost` hears of names that cannot be looked at.
    """
    few, many = _list_names(files, path, bounds)
    if bounds.honour_cache_tags and _is_cache(files, path, few, many):
        few, many = [item for item in few if item.name == CACHE_TAG], []
    if many:
        return _many_pages(files, path, many, lost)
    return iter([Page(b"", _statuses(path, few, lost))])


def _list_names(
    files: FileSource, path: bytes, bounds: Bounds
) -> tuple[list[FolderItem], list[bytes]]:
    """A folder's items while they are few, else only their names."""
    few: list[FolderItem] = []
    many: list[bytes] = []
    may_match = bounds.exclusions.may_match
    with files.scan(path) as items:
        for item in items:
            if may_match(item.name) and bounds.leaves_out(path, item):
                continue
            few.append(item)
            if len(few) > ONE_PAGE:
                many.extend(item.name for item in few)
                few.clear()
    if many:
        many.extend(item.name for item in few)
        few.clear()
    return few, many


def _is_cache(files: FileSource, path: bytes, few: list[FolderItem], many: list[bytes]) -> bool:
    if many:
        few = []
    if CACHE_TAG not in many and all(item.name != CACHE_TAG for item in few):
        return False
    try:
        tag = files.open(join(path, CACHE_TAG))
    except OSError:
        return False
    try:
        return tag.read(len(CACHE_TAG_SIGNATURE)) == CACHE_TAG_SIGNATURE
    except OSError:
        return False
    finally:
        tag.close()


def _statuses(path: bytes, items: list[FolderItem], lost: Lost) -> list[Status]:
    found: list[Status] = []
    for item in items:
        try:
            status = item.stat(follow_symlinks=False)
        except OSError as problem:
            lost(join(path, item.name), problem)
            continue
        found.append(_status(item.name, status))
    found.sort()
    return found


def _many_pages(files: FileSource, path: bytes, names: list[bytes], lost: Lost) -> Iterator[Page]:
    names.sort()
    page: list[Status] = []
    for name in names:
        try:
            page.append(status_of(files, join(path, name), name))
        except OSError as problem:
            lost(join(path, name), problem)
            continue
        if ends_page(name, len(page)):
            yield Page(page[0][NAME], page)
            page = []
    if page:
        yield Page(page[0][NAME], page)


def status_of(files: FileSource, path: bytes, name: bytes) -> Status:
    return _status(name, files.status(path))


def _status(name: bytes, status: os.stat_result) -> Status:
    """The one order of fields: short and long folders must give equal digests."""
    mode = status.st_mode
    return (
        name,
        mode,
        status.st_uid,
        status.st_gid,
        0 if mode & _KIND == _FOLDER else status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        status.st_dev,
    )
