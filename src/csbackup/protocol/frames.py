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
from csbackup.format.encoding import check_length, decode, encode, fields
from csbackup.format.ids import LONG, NodeId, PackId, split_ids

PREFIX = 8
MAX_HAVE = 10_000
MAX_NODES = 1_000
MAX_LOCATE = 10_000
CONTENT_TYPE = "application/octet-stream"


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
        raise Malformed("The server's answer", "it has another length than asked")
    return [bool(data[at >> 3] >> (7 - (at & 7)) & 1) for at in range(count)]


def encode_nodes(nodes: Iterable[tuple[NodeId, bytes]]) -> bytes:
    return encode([[node, packed] for node, packed in nodes])


def decode_nodes(data: bytes) -> dict[NodeId, bytes]:
    what = "The server's answer"
    rows = (fields(row, "bb", what) for row in decode(data, what))
    return {NodeId(check_length(node, LONG, what)): packed for node, packed in rows}


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


def decode_locations(data: bytes) -> list[BlockLocation]:
    what = "The server's answer"
    locations = []
    for row in decode(data, what):
        pack, offset, length, chunks = fields(row, "biib", what)
        if len(pack) != LONG or len(chunks) % LONG or offset < 0 or length <= 0:
            raise Malformed(what, "a block's place is out of range")
        locations.append(BlockLocation(PackId(pack), offset, length, tuple(split_ids(chunks))))
    return locations
