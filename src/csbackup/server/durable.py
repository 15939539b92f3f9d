"""Making files durable: the few calls on which every promise of the server rests."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from csbackup.errors import StorageFull

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def full_disk_named() -> Iterator[None]:
    """Turn "no space left" into `StorageFull`; anything else stays what it is."""
    try:
        yield
    except OSError as problem:
        if problem.errno in _NO_ROOM:
            raise no_room() from problem
        raise


def no_room() -> StorageFull:
    return StorageFull("The server's disk is full. Ask the admin to free some space.")


def write_all(descriptor: int, content: bytes | bytearray | memoryview) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Without it a rename, or a new file's name, may be lost in a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it, durably."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    sync_folder(folder.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Write aside, fsync, rename, fsync the folder: `path` has its old content or the new one.

    A crash in between leaves a file that ends in `.new`, which nobody reads.
    """
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
