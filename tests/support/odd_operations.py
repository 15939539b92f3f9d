"""What FUSE asks of the odd file systems. Imported by their process only: it needs the library."""

# ruff: noqa: PTH101, PTH102, PTH104, PTH106, PTH108, PTH115, PTH211
# Names here may be bytes that no Path would keep.

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Mapping
from typing import Any

import mfusepy

from support.odd_mounts import Odd, Status, fail

TIMES = ("st_mtime", "st_ctime", "st_atime")
KEPT = ("st_mode", "st_ino", "st_nlink", "st_size", "st_blocks", "st_rdev", "st_uid", "st_gid")

Listing = list[tuple[str, Status, int]]
NO_MODES: Mapping[str, int] = {}


def _listing(names: Iterable[str], modes: Mapping[str, int] = NO_MODES) -> Listing:
    """Without a mode it is of an unknown kind. A name without an inode would not be shown."""
    return [(name, {"st_ino": 1, "st_mode": modes.get(name, 0)}, 0) for name in (".", "..", *names)]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _kind(item: os.DirEntry[bytes]) -> int:
    """As far as the listing knows without looking."""
    if item.is_symlink():
        return stat.S_IFLNK
    if item.is_dir(follow_symlinks=False):
        return stat.S_IFDIR
    return stat.S_IFREG if item.is_file(follow_symlinks=False) else 0


class OddFileSystem(mfusepy.Operations):  # type: ignore[misc]
    """Files in memory, read only; `direct_io`, so that every read comes here as it was asked."""

    use_ns = True

    def __init__(self, files: dict[str, Odd], *, typed: bool) -> None:
        self._files = files
        self._typed = typed
        self._handles: list[Odd] = []

    def getattr(self, path: str, fh: Any = None) -> Status:
        return self._file(path).status()

    def readdir(self, path: str, fh: Any) -> Listing:
        names = self._file(path).list()
        modes = {name: self._files[f"{path.rstrip('/')}/{name}"].mode for name in names}
        return _listing(names, modes if self._typed else NO_MODES)

    def readlink(self, path: str) -> str:
        return self._file(path).target()

    def open(self, path: str, fi: Any) -> int:
        file = self._file(path)
        file.open()
        fi.direct_io = True
        fi.fh = len(self._handles)
        self._handles.append(file)
        return 0

    def read(self, path: str, size: int, offset: int, fi: Any) -> bytes:
        return self._handles[fi.fh].read(size, offset)

    def listxattr(self, path: str) -> list[str]:
        return list(self._file(path).xattrs())

    def getxattr(self, path: str, name: str, position: int = 0) -> bytes:
        found = self._file(path).xattrs()
        if name not in found:
            raise fail(errno.ENODATA)
        return found[name]

    def _file(self, path: str) -> Odd:
        if path not in self._files:
            raise fail(errno.ENOENT)
        return self._files[path]


class Passthrough(mfusepy.Operations):  # type: ignore[misc]
    """Another folder, as it is, slower, by way of a process."""

    use_ns = True

    def __init__(self, base: str) -> None:
        self._base = base

    def _at(self, path: str) -> bytes:
        return os.fsencode(self._base + path)

    def _own(self, path: str) -> int:
        """What was made is whose who asked for it."""
        uid, gid, _ = mfusepy.fuse_get_context()
        os.chown(self._at(path), uid, gid, follow_symlinks=False)
        return 0

    def getattr(self, path: str, fh: Any = None) -> Status:
        status = os.lstat(self._at(path))
        found = {name: getattr(status, name) for name in KEPT}
        return found | {name: getattr(status, name + "_ns") for name in TIMES}

    def readdir(self, path: str, fh: Any) -> Listing:
        with os.scandir(self._at(path)) as items:
            modes = {_text(item.name): _kind(item) for item in items}
        return _listing(modes, modes)

    def readlink(self, path: str) -> str:
        return _text(os.readlink(self._at(path)))

    def mknod(self, path: str, mode: int, dev: int) -> int:
        os.mknod(self._at(path), mode, dev)
        return self._own(path)

    def mkdir(self, path: str, mode: int) -> int:
        os.mkdir(self._at(path), mode)
        return self._own(path)

    def symlink(self, target: str, source: str) -> int:
        os.symlink(source.encode("utf-8", "surrogateescape"), self._at(target))
        return self._own(target)

    def link(self, target: str, source: str) -> int:
        os.link(self._at(source), self._at(target), follow_symlinks=False)
        return 0

    def unlink(self, path: str) -> int:
        os.unlink(self._at(path))
        return 0

    def rmdir(self, path: str) -> int:
        os.rmdir(self._at(path))
        return 0

    def rename(self, old: str, new: str) -> int:
        os.rename(self._at(old), self._at(new))
        return 0

    def chmod(self, path: str, mode: int) -> int:
        os.chmod(self._at(path), mode)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        os.chown(self._at(path), uid, gid, follow_symlinks=False)
        return 0

    def utimens(self, path: str, times: Any = None) -> int:
        os.utime(self._at(path), ns=times, follow_symlinks=False)
        return 0

    def truncate(self, path: str, length: int, fh: Any = None) -> int:
        os.truncate(self._at(path), length)
        return 0

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        handle = os.open(self._at(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        self._own(path)
        return handle

    def open(self, path: str, flags: int) -> int:
        return os.open(self._at(path), flags & ~(os.O_NOFOLLOW | os.O_APPEND))

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return os.pread(fh, size, offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        return os.pwrite(fh, data, offset)

    def flush(self, path: str, fh: int) -> int:
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        return 0

    def release(self, path: str, fh: int) -> int:
        os.close(fh)
        return 0

    def listxattr(self, path: str) -> list[str]:
        return os.listxattr(self._at(path), follow_symlinks=False)

    def getxattr(self, path: str, name: str, position: int = 0) -> bytes:
        return os.getxattr(self._at(path), name, follow_symlinks=False)

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        os.setxattr(self._at(path), name, value, options, follow_symlinks=False)
        return 0

    def removexattr(self, path: str, name: str) -> int:
        os.removexattr(self._at(path), name, follow_symlinks=False)
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        found = os.statvfs(self._at(path))
        names = (
            "f_bsize",
            "f_frsize",
            "f_blocks",
            "f_bfree",
            "f_bavail",
            "f_files",
            "f_ffree",
            "f_namemax",
        )
        return {name: getattr(found, name) for name in names}
