"""Sets of catalog numbers as bits: what is in one is asked often, and added in any order."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_GROWTH = 4096


class Marks:
    """A bit for each number there may be: a million blocks take 125 kB."""

    def __init__(self, bits: bytes = b"") -> None:
        self._bits = bytearray(bits)

    def add(self, number: int) -> bool:
        """Whether it is new."""
        at, bit = number >> 3, 1 << (number & 7)
        if at >= len(self._bits):
            self._bits.extend(bytes(at + _GROWTH - len(self._bits)))
        is_new = not self._bits[at] & bit
        self._bits[at] |= bit
        return is_new

    def update(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.add(number)

    def __contains__(self, number: int) -> bool:
        at = number >> 3
        return at < len(self._bits) and bool(self._bits[at] & 1 << (number & 7))

    def __iter__(self) -> Iterator[int]:
        """Rising."""
        for at, eight in enumerate(self._bits):
            if eight:
                yield from (at * 8 + bit for bit in range(8) if eight & 1 << bit)

    def pack(self) -> bytes:
        return zlib.compress(bytes(self._bits), 1)


def unpack_marks(packed: bytes) -> Marks:
    return Marks(zlib.decompress(packed))
