"""Where content is cut, and what may cut it."""

from __future__ import annotations

import hashlib

import pytest
from blake3 import blake3

from csbackup.errors import ChunkerMissing
from csbackup.format import chunking

# docs/format.md, "Cutting", written out
GEAR = [int(hashlib.md5(bytes([at]) * 64).hexdigest()[:16], 16) for at in range(256)]
STRICT = 0x0000D93767537000
LENIENT = 0x0000D90707537000


def described_cut(buffer: bytes, seed: int) -> int:
    """The length of the first chunk."""
    end = min(len(buffer), chunking.MAX_CHUNK)
    fingerprint = 0
    for at in range(chunking.MIN_CHUNK, end - end % 2):
        fingerprint = ((fingerprint << 1) + (GEAR[buffer[at]] ^ seed)) % 2**64
        if not fingerprint & (STRICT if at < chunking.AVERAGE_CHUNK else LENIENT):
            return at
    return end


@pytest.mark.parametrize("key", ["123456789abcdef0", "fedcba9876543210", "0000000000000000"])
def test_the_chunker_cuts_where_its_description_says(key: str) -> None:
    buffer = blake3(key.encode()).digest(5_000_000)

    lengths = chunking.make_cutter(bytes.fromhex(key))(memoryview(buffer))

    described = []
    while sum(described) < len(buffer):
        described.append(described_cut(buffer[sum(described) :], int(key, 16) >> 1))
    assert lengths == described


def test_content_without_variety_is_cut_at_the_largest_size() -> None:
    lengths = chunking.make_cutter(b"\x01" * 8)(memoryview(bytes(9 * 1024 * 1024)))

    assert lengths == [chunking.MAX_CHUNK, chunking.MAX_CHUNK, 1024 * 1024]


def test_an_insertion_changes_few_chunks() -> None:
    before = blake3(b"before").digest(24 * 1024 * 1024)
    after = before[:5_000_000] + b"inserted" + before[5_000_000:]
    cut = chunking.make_cutter(b"\x02" * 8)

    chunks = [set(split(buffer, cut(memoryview(buffer)))) for buffer in (before, after)]

    assert len(chunks[1] - chunks[0]) <= 2


def split(buffer: bytes, lengths: list[int]) -> list[bytes]:
    parts = []
    for length in lengths:
        parts.append(buffer[:length])
        buffer = buffer[length:]
    return parts


@pytest.mark.parametrize("seed", [bytes(8), b"\x80" + bytes(7), b"\xff" * 8])
def test_any_key_seeds_the_chunker(seed: bytes) -> None:
    assert chunking.make_cutter(seed)(memoryview(b"")) == []


def test_the_interpreted_chunker_is_refused() -> None:
    chunking.require_compiled("pyfastcdc.cy.fastcdc")

    with pytest.raises(ChunkerMissing, match="wheels"):
        chunking.require_compiled("pyfastcdc.py.fastcdc")
