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
            stills = []
            for one in wanted:
                subvolume = _subvolume_of(top, one.inner)
                if subvolume not in made:
                    made[subvolume] = _snapshot(top, subvolume, f"{name}-{len(made)}".encode())
                    ending.callback(_destroy, top, made[subvolume])
                inside = one.inner[len(subvolume) :].strip(b"/")
                path = b"/".join(part for part in (made[subvolume], inside) if part)
                stills.append(_still(one.live, path, top + subvolume, inside))
            yield tuple(stills)

    def let_go(self, source: str, name: str) -> None:
        with mounted(self._run, source, self.kind, _TOP, self._below) as top:
            folder = top + b"/" + FOLDER
            with suppress(FileNotFoundError):
                for found in os.listdir(folder):  # noqa: PTH208  paths are bytes
                    if found.startswith(name.encode() + b"-"):
                        _destroy(top, folder + b"/" + found)


def _subvolume_of(top: bytes, inner: bytes) -> bytes:
    """The path of the subvolume that something is in; empty for the top one."""
    path = inner.rstrip(b"/")
    while path:
        if _is_subvolume(top + path):
            return path
        path = path.rpartition(b"/")[0]
    return b""


def _is_subvolume(path: bytes) -> bool:
    try:
        return os.lstat(path).st_ino == _SUBVOLUME_INODE
    except OSError as failure:
        raise NoStill(f"{os.fsdecode(path)}: {failure.strerror}") from failure


def _snapshot(top: bytes, subvolume: bytes, name: bytes) -> bytes:
    """The path of a new read-only snapshot."""
    folder = top + b"/" + FOLDER
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700)  # noqa: PTH102  paths are bytes
    with _opened(folder) as there, _opened(top + subvolume) as here:
        request = bytearray(_SNAPSHOT.pack(here, 0, _READ_ONLY, name))
        try:
            fcntl.ioctl(there, _SNAP_CREATE_V2, request)
        except OSError as failure:
            raise NoStill(f"btrfs makes no snapshot: {failure.strerror}") from failure
    return folder + b"/" + name


def _destroy(top: bytes, path: bytes) -> None:
    folder, _, name = path.rpartition(b"/")
    with _opened(folder) as there:
        try:
            fcntl.ioctl(there, _SNAP_DESTROY, bytearray(_NAMED.pack(0, name)))
        except OSError as failure:
            if failure.errno != errno.ENOENT:
                raise NoStill(f"btrfs removes no snapshot: {failure.strerror}") from failure


def _still(live: bytes, path: bytes, subvolume: bytes, inside: bytes) -> Still:
    try:
        device = os.lstat(path).st_dev
        live_device = os.lstat(subvolume + (b"/" + inside if inside else b"")).st_dev
    except OSError as failure:
        raise NoStill(f"{os.fsdecode(live)}: {failure.strerror}") from failure
    return Still(live, path, device, live_device, _HOLE_INODE)


@contextmanager
def _opened(path: bytes) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)
