"""Stills of btrfs: read-only snapshots of the subvolumes that hold what is wanted."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from csbackup.client.files.stills.kinds import FOLDER, NoStill, Still, Wanted
from csbackup.client.files.stills.mounting import mounted
from csbackup.client.platform.commands import Run, run_command
from csbackup.client.platform.mount_table import Mount

_TOP = "subvolid=5"  # the subvolume that all others are in
_SUBVOLUME_INODE = 256  # of the top folder of each subvolume
_HOLE_INODE = 2  # of what a snapshot has where another subvolume is

# From linux/btrfs.h: struct btrfs_ioctl_vol_args_v2 and struct btrfs_ioctl_vol_args.
_SNAPSHOT = struct.Struct("=qQQ32x4040s")
_NAMED = struct.Struct("=q4088s")
_READ_ONLY = 1 << 1
_MAGIC = 0x94


def _write_request(number: int, size: int) -> int:
    return 1 << 30 | size << 16 | _MAGIC << 8 | number


_SNAP_CREATE_V2 = _write_request(23, _SNAPSHOT.size)
_SNAP_DESTROY = _write_request(15, _NAMED.size)


class Btrfs:
    """`below`: a folder in which to mount for a moment."""

    kind = "btrfs"

    def __init__(self, below: Path, run: Run = run_command) -> None:
        self._below = below
        self._run = run

    def offers(self, mount: Mount) -> bool:
        return mount.kind == b"btrfs"

    @contextmanager
    def hold(self, wanted: Sequence[Wanted], name: str) -> Iterator[tuple[Still, ...]]:
        """One snapshot for each subvolume, one after the other: each is of one instant."""
        source = os.fsdecode(wanted[0].mount.source)
        with ExitStack() as ending:
            top = ending.enter_context(mounted(self._run, source, self.kind, _TOP, self._below))
            made: dict[bytes, bytes] = {}
            ending.callback(_destroy_all, made)
            yield tuple(_take(top, one, made, name) for one in wanted)

    def let_go(self, source: str, name: str) -> None:
        with mounted(self._run, source, self.kind, _TOP, self._below) as top:
            for path in _stills_in(top + b"/" + FOLDER):
                if path.rpartition(b"/")[2].startswith(name.encode() + b"-"):
                    _destroy(path)

    def leave(self, source: str) -> None:
        with (
            mounted(self._run, source, self.kind, _TOP, self._below) as top,
            suppress(OSError),  # other devices of ours may have stills there
        ):
            os.rmdir(top + b"/" + FOLDER)  # noqa: PTH106  paths are bytes


def _stills_in(folder: bytes) -> list[bytes]:
    try:
        return [folder + b"/" + name for name in os.listdir(folder)]  # noqa: PTH208  bytes
    except OSError:
        return []


def _take(top: bytes, one: Wanted, made: dict[bytes, bytes], name: str) -> Still:
    """A still of what is wanted. `made`: the snapshots so far, by subvolume."""
    try:
        subvolume = _subvolume_of(top, one.inner)
        if subvolume not in made:
            made[subvolume] = _snapshot(top, subvolume, f"{name}-{len(made)}".encode())
        inside = one.inner.rstrip(b"/")[len(subvolume) :]
        path = made[subvolume] + inside
        devices = os.lstat(path).st_dev, os.lstat(top + subvolume + inside).st_dev
    except OSError as failure:
        if failure.errno == errno.ETXTBSY:
            raise NoStill("a swap file in it is in use", usual=True) from failure
        raise NoStill(f"btrfs makes no snapshot: {failure.strerror}") from failure
    return Still(one.live, path, *devices, _HOLE_INODE)


def _subvolume_of(top: bytes, inner: bytes) -> bytes:
    """The path of the subvolume that something is in; empty for the top one."""
    path = inner.rstrip(b"/")
    while path:
        if os.lstat(top + path).st_ino == _SUBVOLUME_INODE:
            return path
        path = path.rpartition(b"/")[0]
    return b""


def _snapshot(top: bytes, subvolume: bytes, name: bytes) -> bytes:
    """The path of a new read-only snapshot."""
    folder = top + b"/" + FOLDER
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)  # noqa: PTH102  paths are bytes
    with _opened(folder) as there, _opened(top + subvolume) as here:
        request = bytearray(_SNAPSHOT.pack(here, 0, _READ_ONLY, name))
        fcntl.ioctl(there, _SNAP_CREATE_V2, request)
    return folder + b"/" + name


def _destroy_all(made: dict[bytes, bytes]) -> None:
    for path in made.values():
        with suppress(NoStill):  # it is noted, and tried again
            _destroy(path)


def _destroy(path: bytes) -> None:
    folder, _, name = path.rpartition(b"/")
    try:
        with _opened(folder) as there:
            fcntl.ioctl(there, _SNAP_DESTROY, bytearray(_NAMED.pack(0, name)))
    except FileNotFoundError:
        return
    except OSError as failure:
        raise NoStill(f"btrfs removes no snapshot: {failure.strerror}") from failure


@contextmanager
def _opened(path: bytes) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)
