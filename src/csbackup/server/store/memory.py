"""Packs in memory: for tests, under the same contract as the folder."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

from blake3 import blake3

from csbackup.errors import PackDamaged
from csbackup.format.ids import AccountId, PackId
from csbackup.server.durable import no_room
from csbackup.server.store.packs import Incoming, StoredPack

_Packs = dict[tuple[AccountId, PackId], tuple[bytes, int]]


class MemoryStore:
    def __init__(self, *, capacity_bytes: int = sys.maxsize, reserve_bytes: int = 0) -> None:
        self._capacity_bytes = capacity_bytes
        self._reserve_bytes = reserve_bytes
        self._packs: _Packs = {}
        self._lock = threading.Lock()

    def receive(self, account: AccountId, expected_bytes: int) -> Incoming:
        if self.free_bytes() < self._reserve_bytes + expected_bytes:
            raise no_room()
        return _IncomingBytes(self, account)

    def read(self, account: AccountId, pack: PackId, offset: int, length: int) -> bytes:
        try:
            whole, _ = self._packs[account, pack]
        except KeyError as problem:
            raise PackDamaged(pack, "it is missing") from problem
        content = whole[offset : offset + length]
        if len(content) != length:
            raise PackDamaged(pack, "it is shorter than it was")
        return content

    def size(self, account: AccountId, pack: PackId) -> int | None:
        found = self._packs.get((account, pack))
        return None if found is None else len(found[0])

    def packs(self, account: AccountId) -> Iterator[StoredPack]:
        with self._lock:
            packs = [
                (received_ns, pack, len(content))
                for (owner, pack), (content, received_ns) in self._packs.items()
                if owner == account
            ]
        for received_ns, pack, size in sorted(packs):
            yield StoredPack(pack, size, received_ns)

    def accounts(self) -> list[AccountId]:
        with self._lock:
            return sorted({account for account, _ in self._packs})

    def delete(self, account: AccountId, pack: PackId) -> None:
        with self._lock:
            self._packs.pop((account, pack), None)

    def clear(self, account: AccountId) -> None:
        with self._lock:
            for owner, pack in list(self._packs):
                if owner == account:
                    del self._packs[owner, pack]

    def free_bytes(self) -> int:
        with self._lock:
            return self._capacity_bytes - sum(len(content) for content, _ in self._packs.values())

    def sweep(self) -> None:
        """Nothing outlives the process."""

    def put(self, account: AccountId, pack: PackId, content: bytes, received_ns: int) -> None:
        with self._lock:
            self._packs[account, pack] = (content, received_ns)


class _IncomingBytes:
    def __init__(self, store: MemoryStore, account: AccountId) -> None:
        self._store = store
        self._account = account
        self._content = bytearray()

    @property
    def size(self) -> int:
        return len(self._content)

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        if self._store.free_bytes() < len(self._content) + len(piece):
            raise no_room()
        self._content += piece

    def digest(self) -> PackId:
        return PackId(blake3(self._content).digest())

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self._content[offset : offset + length])

    def keep(self, received_ns: int) -> None:
        self._store.put(self._account, self.digest(), bytes(self._content), received_ns)

    def discard(self) -> None:
        self._content.clear()
