"""Cutting file content into chunks by its content: FastCDC (2020), normalisation 2, seeded.

Boundaries are not part of the format: any cutting restores. They decide what is found again, so
they are pinned by test vectors. The seed is one value of 63 bits (the library takes no more),
mixed into the gear table.
"""

from __future__ import annotations

from collections.abc import Callable

from pyfastcdc import FastCDC

from csbackup.errors import ChunkerMissing

MIN_CHUNK = 256 * 1024
AVERAGE_CHUNK = 1024 * 1024
MAX_CHUNK = 4 * 1024 * 1024
WHOLE_FILE = 512 * 1024  # files up to this size are one chunk

Cut = Callable[[memoryview], list[int]]


def make_cutter(cut_key: bytes) -> Cut:
    """A function from a buffer to the lengths of its chunks; the last may be cut short by the end.

    `cut_key`: K_cdc; its first 8 bytes, shifted right by one bit, are the seed.
    """
    require_compiled(FastCDC.__module__)
    chunker = FastCDC(
        AVERAGE_CHUNK,
        min_size=MIN_CHUNK,
        max_size=MAX_CHUNK,
        normalized_chunking=2,
        seed=int.from_bytes(cut_key[:8], "big") >> 1,
    )

    def cut(buffer: memoryview) -> list[int]:
        return [chunk.length for chunk in chunker.cut_buf(buffer)]

    return cut


def require_compiled(module: str) -> None:
    """Refuse the library's interpreted stand-in: it takes a hundred times as long."""
    if not module.startswith("pyfastcdc.cy"):
        raise ChunkerMissing
