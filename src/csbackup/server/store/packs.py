"""What a store of packs promises, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from csbackup.format.ids import AccountId, PackId


@dataclass(frozen=True, slots=True)
class StoredPack:
    """A pack that rests in the store. `received_ns`: when it was kept."""

    pack: PackId
    size: int
    received_ns: int


class Incoming(Protocol):
    """A pack on its way in. It can be read back, but nobody else sees it before `keep`."""

    @property
    def size(self) -> int: ...

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Append `piece`. `StorageFull` when there is no room."""

    def digest(self) -> PackId:
        """The pack id of what was written."""

    def read(self, offset: int, length: int) -> bytes: ...

    def keep(self, received_ns: int) -> None:
        """Make the pack durable, then findable under its id. Keeping one twice is harmless."""

    def discard(self) -> None:
        """Forget what was written; harmless after `keep`."""


class Store(Protocol):
    """Packs by account and id. A pack that is listed is whole, durable and never changes."""

    def receive(self, account: AccountId, expected_bytes: int) -> Incoming:
        """Begin a pack. `StorageFull` when `expected_bytes` would use up the reserve."""

    def read(self, account: AccountId, pack: PackId, offset: int, length: int) -> bytes:
        """Exactly `length` bytes; `PackDamaged` when the pack is missing or shorter."""

    def size(self, account: AccountId, pack: PackId) -> int | None:
        """None when it is not here."""

    def packs(self, account: AccountId) -> Iterator[StoredPack]:
        """In the order in which they were received."""

    def accounts(self) -> list[AccountId]:
        """Those that have packs."""

    def delete(self, account: AccountId, pack: PackId) -> None:
        """Harmless when it is not here."""

    def clear(self, account: AccountId) -> None:
        """Delete all packs of an account. A crash in between leaves some: clear it again."""

    def free_bytes(self) -> int:
        """Room that is left, reserve included."""

    def sweep(self) -> None:
        """Remove what a crash left of packs on their way in; only while none is."""
