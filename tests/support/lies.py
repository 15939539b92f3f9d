"""Lies that a server may tell: each makes a `Change` for `support.tampering_server.Lie`."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from csbackup.format.encoding import decode, encode
from csbackup.format.ids import NodeId, snapshot_id
from csbackup.format.keys import DeviceKeys, derive, seal_data_key
from csbackup.protocol import frames
from csbackup.protocol.frames import BlockLocation
from support.tampering_server import Answer, Asked, Change, Forward, Lie, bytes_told, told

DATA_KEY = b"k" * 32
Row = list[Any]


# --- messages ---


def with_fields(**fields: Any) -> Change:
    return told(lambda message: {**message, **fields})


def in_account(**fields: Any) -> Change:
    """A session whose account is another one in these fields."""
    return told(lambda session: {**session, "account": {**session["account"], **fields}})


def listed(name: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Change:
    return told(lambda message: {**message, name: change(message[name])})


def flipped(encoded: str, at: int) -> str:
    """Base64 whose content has one bit turned."""
    content = bytearray(base64.b64decode(encoded))
    content[at] ^= 1
    return base64.b64encode(content).decode()


def weaker(*, memory: int = 64 * 1024, passes: int = 3, lanes: int = 4, kind: int = 2) -> Change:
    """Another way to stretch the password."""
    numbers = struct.pack(">BIIB", kind, memory, passes, lanes)
    return told(
        lambda answer: {
            **answer,
            "kdf": base64.b64encode(numbers + base64.b64decode(answer["kdf"])[10:]).decode(),
        }
    )


def acknowledged(**fields: Any) -> Change:
    """A commit that never happened, acknowledged as if it had."""

    def lie(asked: Asked, _: Forward) -> Answer:
        signed = base64.b64decode(asked.message["snapshot"])
        sequence = decode(signed, "A snapshot")[5]
        honest = {"snapshot": snapshot_id(signed).hex(), "sequence": sequence, "received": 1}
        return Answer(201, b"").saying(honest | fields)

    return lie


# --- nodes ---


def nodes_told(change: Callable[[dict[NodeId, bytes]], dict[NodeId, bytes]]) -> Change:
    return bytes_told(
        lambda body: frames.encode_nodes(list(change(frames.decode_nodes(body)).items()))
    )


def each_node(change: Callable[[bytes], bytes], only: bytes = b"") -> Change:
    """Packed nodes changed: all of an answer, or the one with this id. None of them: no lie."""

    def lie(_: Asked, forward: Forward) -> Answer:
        answer = forward()
        found = frames.decode_nodes(answer.body)
        if only and only not in found:
            return answer
        changed = [
            (id, change(packed) if only in (b"", id) else packed) for id, packed in found.items()
        ]
        return replace(answer, body=frames.encode_nodes(changed))

    return lie


def relisted(change: Callable[[list[Row]], list[Row]]) -> Callable[[bytes], bytes]:
    """A packed listing whose entries are others."""

    def repacked(packed: bytes) -> bytes:
        version, kind, payload = decode(zstandard.ZstdDecompressor().decompress(packed), "A node")
        return zstandard.ZstdCompressor().compress(encode([version, kind, change(payload)]))

    return repacked


def zstd_bomb(declared: int, blocks: int) -> bytes:
    """A frame that says it has `declared` bytes and unpacks to 128 KiB for each block of four."""
    head = b"\x28\xb5\x2f\xfd\xe0" + declared.to_bytes(8, "little")
    size = 128 * 1024
    middle = (size << 3 | 2).to_bytes(3, "little") + b"A"
    last = (size << 3 | 3).to_bytes(3, "little") + b"A"
    return head + middle * (blocks - 1) + last


# --- contents ---


def located(change: Callable[[list[BlockLocation]], list[Row]]) -> Change:
    """Other places than the true ones, as [pack, offset, length, chunk ids joined]."""
    return bytes_told(lambda body: encode(change(frames.decode_locations(body))))


def row(place: BlockLocation, **other: Any) -> Row:
    named = {
        "pack": place.pack,
        "offset": place.offset,
        "length": place.length,
        "chunks": b"".join(place.chunks),
    } | other
    return [named["pack"], named["offset"], named["length"], named["chunks"]]


def served_as(blocks: Callable[[tuple[bytes, ...]], bytes]) -> list[Lie]:
    """Every block replaced: `blocks` makes one for the chunk ids that it is said to hold."""
    made: dict[bytes, bytes] = {}

    def elsewhere(places: list[BlockLocation]) -> list[Row]:
        rows = []
        for place in places:
            block = blocks(place.chunks)
            pack = (len(made) + 1).to_bytes(32, "big")
            made[pack] = block
            rows.append(row(place, pack=pack, offset=0, length=len(block)))
        return rows

    def block(asked: Asked, _: Forward) -> Answer:
        content = made[bytes.fromhex(asked.route.removeprefix("packs/"))]
        return Answer(206, content, {"Content-Range": f"bytes 0-{len(content) - 1}/*"})

    return [Lie("POST", "locate", located(elsewhere)), Lie("GET", "packs/[0-9a-f]+", block)]


def sealed_by_a_thief(keys: DeviceKeys, body: bytes) -> bytes:
    """A block with a body of any kind, which opens: a server with a stolen device's keys."""
    sealed = seal_data_key(DATA_KEY, keys.sealing_public, keys.account)
    uncommitted = b"CSB1\x01\x01\x01\x00" + keys.account + sealed + b"s" * 24
    derived = derive(DATA_KEY, keys.hedge_key, b"csb1/block" + uncommitted, 76)
    header = uncommitted + derived[32:64]
    return header + AESGCM(derived[:32]).encrypt(derived[64:], body, header)


def body(codec: int, lengths: list[int], payload: bytes) -> bytes:
    return struct.pack(f">BI{len(lengths)}I", codec, len(lengths), *lengths) + payload


def endless(part: bytes, most: int) -> Iterator[bytes]:
    """`part` again and again; bounded, so that a client that swallows it all is noticed."""
    for _ in range(most // len(part)):
        yield part
