"""The binary bodies: `have`, nodes, chunk locations. Pure encodings of ids and bytes.

have       request: ids cut to 8 bytes, or whole (32), joined; at most 10,000
           answer: one bit per id, most significant first, 1 = here
nodes      request: node ids joined, at most 1,000
           answer: CBOR array of [node id, zstd frame]; ids not found are left out. It ends after
           about 16 MiB: ask again for what was left out; empty means none of them is here
locate     request: chunk ids joined, at most 10,000
           answer: CBOR array of [pack id, offset, length, chunk ids of that block joined];
           each block once, sorted by pack and offset; chunks not found are left out
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from csbackup.errors import Malformed, RequestError
from csbackup.format.encoding import check_length, decode_rows, encode
from csbackup.format.ids import LONG, NodeId, PackId, split_ids
from csbackup.format.packing import MAX_PACK
from csbackup.format.sealing import MAX_BLOCK, MAX_CHUNKS

PREFIX = 8
MAX_HAVE = 10_000
MAX_NODES = 1_000
MAX_LOCATE = 10_000
CONTENT_TYPE = "application/octet-stream"
_ANSWER = "The server's answer"


def read_ids(body: bytes, *, width: int, limit: int) -> list[bytes]:
    """The ids of a request; `RequestError` when cut short or too many."""
    if len(body) % width:
        raise RequestError("The list of ids is cut short.")
    if len(body) // width > limit:
        raise RequestError(f"The list has more than {limit} ids.")
    return split_ids(body, width)


def pack_bits(bits: Sequence[bool]) -> bytes:
    whole = len(bits) + (-len(bits)) % 8
    number = 0
    for bit in bits:
        number = number << 1 | bit
    return (number << (whole - len(bits))).to_bytes(whole // 8, "big")


def unpack_bits(data: bytes, count: int) -> list[bool]:
    if len(data) != (count + 7) // 8:
        raise Malformed(_ANSWER, "it has another length than asked")
    return [bool(data[at >> 3] >> (7 - (at & 7)) & 1) for at in range(count)]


def encode_nodes(nodes: Iterable[tuple[NodeId, bytes]]) -> bytes:
    return encode([[node, packed] for node, packed in nodes])


def decode_nodes(data: bytes, most: int = MAX_NODES) -> dict[NodeId, bytes]:
    """Nodes by id; an answer of more than `most` is none."""
    found = {}
    for row in decode_rows(data, "bb", most, _ANSWER):
        node, packed = row
        found[NodeId(check_length(node, LONG, _ANSWER))] = packed
    return found


@dataclass(frozen=True, slots=True)
class BlockLocation:
    """Where a block lies, and the chunks in it, in order."""

    pack: PackId
    offset: int
    length: int
    chunks: tuple[bytes, ...]


def encode_locations(locations: Iterable[tuple[bytes, int, int, bytes]]) -> bytes:
    """From (pack id, offset, length, chunk ids joined)."""
    return encode([list(location) for location in locations])


def decode_locations(data: bytes, most: int = MAX_LOCATE) -> list[BlockLocation]:
    """Places as a block can have them; an answer of more than `most` is none."""
    locations = []
    for pack, offset, length, chunks in decode_rows(data, "biib", most, _ANSWER):
        if len(pack) != LONG or len(chunks) % LONG or len(chunks) > MAX_CHUNKS * LONG:
            raise Malformed(_ANSWER, "a block's ids are cut short, or too many")
        if not 0 <= offset <= MAX_PACK or not 0 < length <= MAX_BLOCK:
            raise Malformed(_ANSWER, "a block's place is out of range")
        locations.append(BlockLocation(PackId(pack), offset, length, tuple(split_ids(chunks))))
    return locations
