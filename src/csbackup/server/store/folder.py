"""Packs in a folder: `packs/<account>/<xx>/<pack>`, all names hexadecimal ids."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from blake3 import blake3

from csbackup.errors import PackDamaged
from csbackup.format.ids import LONG, SHORT, AccountId, PackId
from csbackup.server.durable import (
    full_disk_named,
    make_folder,
    no_room,
    sync_folder,
    write_all,
)
from csbackup.server.store.packs import Incoming, StoredPack

RESERVE_BYTES = 64 * 1024 * 1024


class FolderStore:
    """The store of an ordinary server.

    `reserve_bytes` stay free, so that the catalog and the records can still be written when the
    disk is full of packs.
    """

    def __init__(self, data: Path, *, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._packs = data / "packs"
        self._incoming = data / "incoming"
        self._reserve_bytes = reserve_bytes
        make_folder(self._packs)
        make_folder(self._incoming)

    def receive(self, account: AccountId, expected_bytes: int) -> Incoming:
        if self.free_bytes() < self._reserve_bytes + expected_bytes:
            raise no_room()
        with full_disk_named():
            return _IncomingFile(
                self._incoming / secrets.token_hex(16), self._packs / account.hex()
            )

    def read(self, account: AccountId, pack: PackId, offset: int, length: int) -> bytes:
        try:
            descriptor = os.open(self._path(account, pack), os.O_RDONLY)
        except FileNotFoundError as problem:
            raise PackDamaged(pack, "its file is missing") from problem
        try:
            content = os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)
        if len(content) != length:
            raise PackDamaged(pack, "its file is shorter than it was")
        return content

    def size(self, account: AccountId, pack: PackId) -> int | None:
        try:
            return self._path(account, pack).stat().st_size
        except FileNotFoundError:
            return None

    def packs(self, account: AccountId) -> Iterator[StoredPack]:
        packs = []
        for folder in _entries(self._packs / account.hex(), 1):
            for file in _entries(Path(folder.path), LONG):
                status = file.stat()
                pack = PackId(bytes.fromhex(file.name))
                packs.append((status.st_mtime_ns, pack, status.st_size))
        for received_ns, pack, size in sorted(packs):
            yield StoredPack(pack, size, received_ns)

    def accounts(self) -> list[AccountId]:
        return [AccountId(bytes.fromhex(e.name)) for e in _entries(self._packs, SHORT)]

    def delete(self, account: AccountId, pack: PackId) -> None:
        path = self._path(account, pack)
        with suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)

    def clear(self, account: AccountId) -> None:
        folder = self._packs / account.hex()
        if folder.exists():
            shutil.rmtree(folder)
            sync_folder(self._packs)

    def free_bytes(self) -> int:
        status = os.statvfs(self._packs)
        return status.f_bavail * status.f_frsize

    def sweep(self) -> None:
        for leftover in self._incoming.iterdir():
            leftover.unlink()

    def _path(self, account: AccountId, pack: PackId) -> Path:
        name = pack.hex()
        return self._packs / account.hex() / name[:2] / name


class _IncomingFile:
    def __init__(self, path: Path, account_folder: Path) -> None:
        self._path = path
        self._account_folder = account_folder
        self._hasher = blake3()
        self._size = 0
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)

    @property
    def size(self) -> int:
        return self._size

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        with full_disk_named():
            write_all(self._descriptor, piece)
        self._hasher.update(piece)
        self._size += len(piece)

    def digest(self) -> PackId:
        return PackId(self._hasher.digest())

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def keep(self, received_ns: int) -> None:
        """Content first, name second: fsync the file, rename it, fsync the folder.

        A crash before the rename leaves a file in `incoming/`, which `sweep` removes; after it, a
        whole pack that no catalog lists, which the device sends again or garbage collection frees.
        """
        name = self.digest().hex()
        folder = self._account_folder / name[:2]
        with full_disk_named():
            make_folder(folder)
            os.utime(self._descriptor, ns=(received_ns, received_ns))
            os.fsync(self._descriptor)
            self._path.replace(folder / name)
            sync_folder(folder)
        self._close()

    def discard(self) -> None:
        self._close()
        self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _entries(folder: Path, id_bytes: int) -> list[os.DirEntry[str]]:
    """What is named like an id of that length: anything else in the folder is not ours."""
    try:
        with os.scandir(folder) as found:
            return sorted((e for e in found if _is_id(e.name, id_bytes)), key=lambda e: e.name)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_id(name: str, id_bytes: int) -> bool:
    return len(name) == 2 * id_bytes and all(letter in "0123456789abcdef" for letter in name)
