"""Blocks and packs that do not mean what they should."""

from __future__ import annotations

import struct
from typing import Any

import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from csbackup.errors import BlockDamaged, PackDamaged, UnknownVersion
from csbackup.format import keys, packing, sealing
from csbackup.format.encoding import encode
from csbackup.format.ids import AccountId, ChunkId, DeviceId, NodeId, PackId, UploadId
from support.format_samples import ACCOUNT, DATA_KEY, KEYS

PACK = PackId(b"\x01" * 32)
ID = b"\x07" * 32


def seal(chunks: list[bytes], compressor: Any = None) -> bytes:
    return sealing.seal_block(
        chunks,
        DATA_KEY,
        KEYS.device,
        salt=b"\x01" * 24,
        compressor=compressor or zstandard.ZstdCompressor(),
    )


def open_block(block: bytes, data_key: bytes = DATA_KEY.key) -> list[bytes]:
    opened = sealing.open_block(block, data_key, ACCOUNT, KEYS.device.hedge_key)
    return [bytes(chunk) for chunk in opened]


def seal_body(body: bytes) -> bytes:
    """A block that opens to any body: what a hostile device could send."""
    start = sealing._PRELUDE + ACCOUNT + DATA_KEY.sealed + b"\x01" * 24
    derived = keys.derive(DATA_KEY.key, KEYS.device.hedge_key, b"csb1/block" + start, 76)
    header = start + derived[32:64]
    return header + AESGCM(derived[:32]).encrypt(derived[64:], body, header)


def test_what_does_not_shrink_is_stored() -> None:
    random = AESGCM(ID).encrypt(b"\0" * 12, bytes(5000), b"")

    block = seal([random])

    assert len(block) == sealing.HEADER_BYTES + 5 + 4 + len(random) + 16
    assert open_block(block) == [random]


def test_a_frame_that_does_not_say_its_size_is_not_kept() -> None:
    block = seal([bytes(5000)], zstandard.ZstdCompressor(write_content_size=False))

    assert open_block(block) == [bytes(5000)]


@pytest.mark.parametrize(
    "chunks", [[], [bytes(sealing.MAX_CONTENT + 1)], [b"x"] * (sealing.MAX_CHUNKS + 1)], ids=len
)
def test_more_than_a_block_holds_is_not_sealed(chunks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="than one block holds"):
        seal(chunks)


def test_the_largest_block_opens() -> None:
    chunks = [bytes([at % 251]) * 64 for at in range(sealing.MAX_CHUNKS)]

    assert open_block(seal(chunks)) == chunks


def test_two_salts_give_two_keys() -> None:
    one = seal([b"content"])
    other = sealing.seal_block(
        [b"content"],
        DATA_KEY,
        KEYS.device,
        salt=b"\x02" * 24,
        compressor=zstandard.ZstdCompressor(),
    )

    assert one[sealing.HEADER_BYTES :] != other[sealing.HEADER_BYTES :]


def test_a_block_of_another_account_is_refused() -> None:
    with pytest.raises(BlockDamaged, match="another account"):
        sealing.open_block(
            seal([b"x"]), DATA_KEY.key, AccountId(b"\xff" * 16), KEYS.device.hedge_key
        )


def test_the_wrong_data_key_is_told_apart_from_damage() -> None:
    with pytest.raises(BlockDamaged, match="another key"):
        open_block(seal([b"x"]), b"\x18" * 32)


@pytest.mark.parametrize("at", [4, 5, 6, 7])
def test_a_newer_block_is_told_apart_from_damage(at: int) -> None:
    block = bytearray(seal([b"x"]))
    block[at] += 1

    with pytest.raises(UnknownVersion):
        open_block(bytes(block))


BODIES = {
    "nothing": b"",
    "no count": b"\0\0",
    "no chunks": struct.pack(">BI", 0, 0),
    "too many chunks": struct.pack(">BI", 0, 65_537) + bytes(4 * 65_537),
    "fewer lengths than chunks": struct.pack(">BII", 0, 2, 1),
    "shorter than it says": struct.pack(">BII", 0, 1, 2) + b"x",
    "longer than it says": struct.pack(">BII", 0, 1, 2) + b"xyz",
    "more than a block holds": struct.pack(">BII", 0, 1, 2**32 - 1) + b"x",
    "no frame": struct.pack(">BII", 1, 1, 1) + b"x",
    "an empty frame": struct.pack(">BII", 1, 1, 1),
    "a frame of another size": struct.pack(">BII", 1, 1, 1) + zstandard.compress(bytes(2**25)),
    "something behind the frame": struct.pack(">BII", 1, 1, 1) + zstandard.compress(b"x") + b"y",
    "a frame cut short": struct.pack(">BII", 1, 1, 9) + zstandard.compress(b"x" * 9)[:-2],
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_sealed_body_that_makes_no_sense_is_refused(body: bytes) -> None:
    with pytest.raises(BlockDamaged):
        open_block(seal_body(body))


def test_an_unknown_compression_comes_from_a_newer_release() -> None:
    with pytest.raises(UnknownVersion):
        open_block(seal_body(struct.pack(">BII", 2, 1, 1) + b"x"))


@pytest.mark.parametrize("length", [0, 4, 159])
def test_a_block_without_a_header_is_refused(length: int) -> None:
    block = seal([b"x"])[:length]

    with pytest.raises(BlockDamaged):
        open_block(block)
    with pytest.raises(BlockDamaged):
        sealing.sealed_data_key(block)


OWNER = [b"a" * 16, b"d" * 16, b"u" * 16]
LONG_ENOUGH = sealing.HEADER_BYTES + 100


def read_footer(items: list[Any], kind: int = packing.BLOCKS, end: int = LONG_ENOUGH) -> object:
    return packing.read_footer(encode([1, kind, *OWNER, items]), end, PACK)


BAD_BLOCKS = {
    "a gap before it": [[ID, 1, LONG_ENOUGH - 1, ID]],
    "a gap behind it": [[ID, 0, LONG_ENOUGH - 1, ID]],
    "past the end": [[ID, 0, LONG_ENOUGH + 1, ID]],
    "no length": [[ID, 0, 0, ID], [ID[::-1], 0, LONG_ENOUGH, ID]],
    "a negative length": [[ID, 0, -1, ID], [b"\x08" * 32, -1, LONG_ENOUGH + 1, ID]],
    "a short id": [[ID[:31], 0, LONG_ENOUGH, ID]],
    "no chunks": [[ID, 0, LONG_ENOUGH, b""]],
    "half a chunk id": [[ID, 0, LONG_ENOUGH, ID[:31]]],
    "a chunk twice": [[ID, 0, LONG_ENOUGH, ID * 2]],
    "shorter than any block": [[ID, 0, 159, ID], [b"\x08" * 32, 159, LONG_ENOUGH - 159, ID]],
    "not an item": [1],
    "nothing at all": [],
}


@pytest.mark.parametrize("items", BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_a_footer_that_does_not_describe_its_pack_is_refused(items: list[Any]) -> None:
    with pytest.raises(PackDamaged, match=PACK.hex()):
        read_footer(items)


def test_an_item_twice_in_a_pack_is_refused() -> None:
    with pytest.raises(PackDamaged):
        read_footer([[ID, 0, 10, 10], [ID, 10, 10, 10]], packing.TREES, 20)


@pytest.mark.parametrize("plain_length", [0, -1, 16 * 1024 * 1024 + 1])
def test_a_tree_of_impossible_length_is_refused(plain_length: int) -> None:
    with pytest.raises(PackDamaged):
        read_footer([[ID, 0, 10, plain_length]], packing.TREES, 10)


def test_a_small_pack_of_endless_trees_is_refused() -> None:
    items = [[bytes([at]) * 32, at, 1, 16 * 1024 * 1024] for at in range(17)]

    with pytest.raises(PackDamaged):
        read_footer(items, packing.TREES, 17)


def test_a_newer_pack_is_told_apart_from_damage() -> None:
    with pytest.raises(UnknownVersion):
        packing.read_footer(encode([2, 0]), 0, PACK)
    with pytest.raises(PackDamaged, match="kind"):
        read_footer([], kind=2, end=0)


def test_a_footer_without_a_proper_owner_is_refused() -> None:
    with pytest.raises(PackDamaged, match="owner"):
        packing.read_footer(encode([1, 0, b"a", b"d" * 16, b"u" * 16, []]), 0, PACK)


@pytest.mark.parametrize(
    "trailer", [b"", b"\0\0\0\x01CSBX", b"\xff\xff\xff\xffCSBP", b"\0\0\0\x01CSB"], ids=bytes.hex
)
def test_a_pack_cut_short_is_refused(trailer: bytes) -> None:
    with pytest.raises(PackDamaged):
        packing.footer_span(trailer, 1000, PACK)


def test_a_pack_builder_is_full_of_bytes_or_of_trees() -> None:
    owner = packing.PackOwner(AccountId(OWNER[0]), DeviceId(OWNER[1]), UploadId(OWNER[2]))
    blocks = packing.PackBuilder(packing.BLOCKS, owner)
    trees = packing.PackBuilder(packing.TREES, owner)

    blocks.add_block(ID, bytes(packing.TARGET_BYTES), [ChunkId(ID)])
    for at in range(4):
        trees.add_node(NodeId(bytes([at]) * 32), b"x", 16 * 1024 * 1024)

    assert blocks.full
    assert trees.full
    assert not trees.empty
