"""Makes the entries of trees: from the journal where nothing changed, else from the files."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from csbackup.client.backup.content import ContentReader, FileContent
from csbackup.client.backup.tally import Tally, kind_of
from csbackup.client.files import FileSource
from csbackup.client.journal import DISTRUSTED, LOOSE, Known
from csbackup.client.platform.attributes import Owners, Xattrs, device_number, may_be_sparse
from csbackup.client.problems import Problem
from csbackup.client.scan import CTIME, DEVICE, INODE, MODE, MTIME, NAME, SIZE, Status
from csbackup.format.ids import chunk_id
from csbackup.format.keys import DeviceKeys
from csbackup.format.sealing import MAX_CONTENT
from csbackup.format.tree import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FIFO,
    FILE,
    FOLDER,
    SOCKET,
    SYMLINK,
    Extras,
    encode_extras,
    link_group,
)

KINDS = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: FOLDER,
    stat.S_IFLNK: SYMLINK,
    stat.S_IFIFO: FIFO,
    stat.S_IFSOCK: SOCKET,
    stat.S_IFCHR: CHARACTER_DEVICE,
    stat.S_IFBLK: BLOCK_DEVICE,
}
# The fields of an entry's row, in the order of the format.
ROW_NAME, ROW_KIND, ROW_SIZE, ROW_MTIME, ROW_MODE, ROW_UID, ROW_GID = range(7)
ROW_CONTENT, ROW_FILES, ROW_EXTRAS = 9, 10, 12

# A file written twice within one tick of its file system's clock looks unchanged to us. What is
# so young when we look at it is looked at again in the next run.
_TICK_NS = 50_000_000
_COARSE_TICK_NS = 2_100_000_000
_SECOND = 1_000_000_000
_FARTHEST_NS = 2**63
_SKEW_NS = 3600 * _SECOND  # a file server's clock may be ahead of ours
_MOST_LINKS = 10_000


class Subtree(NamedTuple):
    """A folder that is done: its node and totals, itself among the folders."""

    node: bytes
    files: int
    folders: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What the maker of entries works with."""

    files: FileSource
    content: ContentReader
    tally: Tally
    keys: DeviceKeys
    device: bytes
    clock: Callable[[], int]


class EntryMaker:
    """One run's; every method may raise `OSError` for the entry it makes."""

    def __init__(self, reading: Reading) -> None:
        self._files = reading.files
        self._content = reading.content
        self._tally = reading.tally
        self._keys = reading.keys
        self._device = reading.device
        self._clock = reading.clock
        self._owners = Owners()
        self._linked: dict[tuple[int, int], FileContent] = {}

    def make(self, path: bytes, status: Status, known: Known | None) -> Known:
        """The entry of anything but a folder."""
        if known is not None and is_unchanged(status, known):
            return known
        kind = KINDS.get(stat.S_IFMT(status[MODE]))
        if kind == FILE:
            return self._make_file(path, status, known)
        if kind is None:
            raise OSError(None, "it is of a kind that cannot be kept")
        now = self._files.status(path)
        extras = Extras(
            target=self._files.link_target(path) if kind == SYMLINK else b"",
            xattrs=self._xattrs(path),
            link_group=self._link_group(path, now),
            device=device_number(now),
        )
        size = now.st_size if kind == SYMLINK else 0
        return self._entry(path, status[NAME], now, kind, size, b"", self._keep(extras))

    def make_folder(
        self, path: bytes, status: Status, known: Known | None, subtree: Subtree
    ) -> Known:
        """A folder's entry, as it was when it was listed."""
        name, mode, uid, gid, _, mtime, ctime, inode, volume = status
        if known is not None and is_unchanged(status, known):
            extras = known.row[ROW_EXTRAS]
        else:
            extras, ctime = self._folder_extras(path, self._trusted_ctime(mtime, ctime))
        owner, group = self._owners.user(uid), self._owners.group(gid)
        kept_mtime, ctime = self._in_range(path, mtime, ctime)
        fixed = (name, FOLDER, 0, kept_mtime, stat.S_IMODE(mode), uid, gid, owner, group)
        totals = (subtree.node, subtree.files, subtree.bytes, extras)
        return Known(ctime, inode, volume, fixed + totals)

    def _folder_extras(self, path: bytes, ctime_ns: int) -> tuple[bytes, int]:
        """A folder whose attributes cannot be read stays, with all that is in it."""
        try:
            return self._keep(Extras(xattrs=self._xattrs(path))), ctime_ns
        except OSError as failure:
            reason = failure.strerror or str(failure)
            message = f"Its attributes cannot be read: {reason}."
            self._tally.problem(Problem(kind_of(failure), path, message))
            return b"", DISTRUSTED

    def _make_file(self, path: bytes, status: Status, known: Known | None) -> Known:
        if known is not None and looks_unchanged(status, known):
            kept = self._confirm(path, status, known)
            if kept:
                return kept
        found = self._linked.get((status[INODE], status[DEVICE])) if self._linked else None
        if found is None or not _is_of(status, found.status):
            found = self._read(path)
        now = found.status
        extras = self._extras_of(path, found) if _has_extras(found) else b""
        entry = self._entry(path, status[NAME], now, FILE, found.size, found.content, extras)
        return entry if found.steady else entry._replace(ctime_ns=DISTRUSTED)

    def _extras_of(self, path: bytes, found: FileContent) -> bytes:
        return self._keep(
            Extras(
                xattrs=self._fitting(path, found.xattrs),
                sparse=found.extents or (),
                is_sparse=found.extents is not None,
                link_group=self._link_group(path, found.status, found.content),
            )
        )

    def _read(self, path: bytes) -> FileContent:
        found = self._content.read(path)
        self._tally.changed(found.bytes_read)
        if found.endless:
            message = "It has far more than it says it has; its beginning is kept."
            self._tally.lost(Problem("endless", path, message))
        if not found.steady:
            message = "It kept changing while it was read."
            self._tally.problem(Problem("changed-while-read", path, message))
        elif found.status.st_nlink > 1:
            self._remember_linked(path, found)
        return found

    def _remember_linked(self, path: bytes, found: FileContent) -> None:
        if len(self._linked) < _MOST_LINKS and self._files.is_local(path):
            self._linked[found.status.st_ino, found.status.st_dev] = found

    def _confirm(self, path: bytes, status: Status, known: Known) -> Known | None:
        """What is known of a file from a snapshot, or from another mount, if it still holds.

        Only where its extras are the same, or there were none: with holes, a file's content is
        not all there is to it.
        """
        now = self._files.status(path)
        if now.st_ctime_ns != status[CTIME]:
            return None
        extents = self._extents(path, now)
        extras = Extras(
            xattrs=self._xattrs(path),
            sparse=extents or (),
            is_sparse=extents is not None,
            link_group=self._link_group(path, now, known.row[ROW_CONTENT]),
        )
        before = known.row[ROW_EXTRAS]
        id = b"" if extras.empty else chunk_id(encode_extras(extras), self._keys.id_key)
        if id != before:
            if before or extents is not None:
                return None
            self._keep(extras)
        content = known.row[ROW_CONTENT]
        return self._entry(path, status[NAME], now, FILE, now.st_size, content, id)

    def _extents(self, path: bytes, now: os.stat_result) -> tuple[tuple[int, int], ...] | None:
        if not may_be_sparse(now):
            return None
        file = self._files.open(path)
        try:
            return file.extents(now.st_size)
        finally:
            file.close()

    def _entry(  # noqa: PLR0913  the fields that are not the status's
        self,
        path: bytes,
        name: bytes,
        now: os.stat_result,
        kind: int,
        size: int,
        content: bytes | list[bytes],
        extras: bytes,
    ) -> Known:
        uid, gid = now.st_uid, now.st_gid
        owner, group = self._owners.user(uid), self._owners.group(gid)
        mode = stat.S_IMODE(now.st_mode)
        ctime = self._trusted_ctime(now.st_mtime_ns, now.st_ctime_ns)
        mtime, ctime = self._in_range(path, now.st_mtime_ns, ctime)
        fixed = (name, kind, size, mtime, mode, uid, gid, owner, group)
        return Known(ctime, now.st_ino, now.st_dev, (*fixed, content, 0, 0, extras))

    def _in_range(self, path: bytes, mtime_ns: int, ctime_ns: int) -> tuple[int, int]:
        """The nearest time that the format has, years 1677 to 2262; looked at again next time."""
        if -_FARTHEST_NS <= mtime_ns < _FARTHEST_NS:
            return mtime_ns, ctime_ns
        message = "It was changed before 1677 or after 2262: the nearest year of these is kept."
        self._tally.problem(Problem("time-out-of-range", path, message))
        return min(max(mtime_ns, -_FARTHEST_NS), _FARTHEST_NS - 1), DISTRUSTED

    def _keep(self, extras: Extras) -> bytes:
        return b"" if extras.empty else self._content.keep_small(encode_extras(extras))

    def _link_group(
        self, path: bytes, now: os.stat_result, content: bytes | list[bytes] = b""
    ) -> bytes:
        """What the names of one file share. Where an inode number may be several files', so does
        their content: one that is restored as another's name has to have the same."""
        if now.st_nlink < 2:
            return b""
        key, device = self._keys.id_key, self._device
        if self._files.is_local(path):
            return link_group(key, device, now.st_dev, now.st_ino)
        joined = content if isinstance(content, bytes) else b"".join(content)
        return link_group(chunk_id(joined, key), device, now.st_dev, now.st_ino)

    def _xattrs(self, path: bytes) -> Xattrs:
        return self._fitting(path, self._files.xattrs(path))

    def _fitting(self, path: bytes, xattrs: Xattrs) -> Xattrs:
        if sum(len(name) + len(value) for name, value in xattrs) < MAX_CONTENT // 2:
            return xattrs
        message = "Its extended attributes are too long to be kept."
        self._tally.problem(Problem("attributes-too-long", path, message))
        return ()

    def _trusted_ctime(self, mtime_ns: int, ctime_ns: int) -> int:
        """The change time to compare with, unless it is so young that it proves nothing.

        A time far in the future is somebody's choice, or a clock that was wrong: what is written
        now gets another.
        """
        coarse = not mtime_ns % _SECOND and not ctime_ns % _SECOND
        now = self._clock()
        young = now - (_COARSE_TICK_NS if coarse else _TICK_NS)
        is_young = any(young <= time < now + _SKEW_NS for time in (mtime_ns, ctime_ns))
        return DISTRUSTED if is_young else ctime_ns


def _is_of(status: Status, found: os.stat_result) -> bool:
    """Whether what was read under another name is still this file."""
    return (status[CTIME], status[SIZE], status[MTIME]) == (
        found.st_ctime_ns,
        found.st_size,
        found.st_mtime_ns,
    )


def _has_extras(found: FileContent) -> bool:
    return bool(found.xattrs) or found.extents is not None or found.status.st_nlink > 1


def is_unchanged(status: Status, known: Known) -> bool:
    _, mode, uid, gid, size, mtime, ctime, inode, volume = status
    row = known.row
    return (
        ctime == known.ctime_ns
        and mtime == row[ROW_MTIME]
        and (size == row[ROW_SIZE] or row[ROW_KIND] != FILE)
        and (inode, volume) == known[1:3]
        and (stat.S_IMODE(mode), uid, gid) == row[ROW_MODE : ROW_GID + 1]
        and KINDS.get(stat.S_IFMT(mode)) == row[ROW_KIND]
    )


def looks_unchanged(status: Status, known: Known) -> bool:
    """Whether size, time and mode are those of a file known from a snapshot or another mount."""
    _, mode, _, _, size, mtime, ctime, inode, _ = status
    row = known.row
    alike = (
        row[ROW_KIND] == FILE
        and size == row[ROW_SIZE]
        and mtime == row[ROW_MTIME]
        and stat.S_IMODE(mode) == row[ROW_MODE]
    )
    return (
        alike
        and known.ctime_ns in (LOOSE, ctime)
        and (known.ctime_ns == LOOSE or inode == known.inode)
    )
