"""Blocks: chunks compressed, sealed under a key used once, and opened again.

block  = header || AES-256-GCM(key, iv, body, header)
header = "CSB1" version=1 type=1 kem=1 flags=0 || account 16 || sealed data key 80 || salt 24
         || commitment 32                                                    160 bytes
body   = codec u8 || chunk count u32 || chunk lengths u32 each || payload    big-endian
key || commitment || iv = HKDF(data key, salt=K_psk, info="csb1/block" || header without commitment)
codec  = 0 stored as is, 1 one zstd frame over all chunks
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from csbackup.errors import BlockDamaged, UnknownVersion
from csbackup.format.ids import AccountId
from csbackup.format.keys import SEALED_KEY_BYTES, DeviceKeys, derive

MAGIC = b"CSB1"
VERSION = 1
_PRELUDE = MAGIC + bytes([VERSION, 1, 1, 0])
SALT_BYTES = 24
_UNCOMMITTED = len(_PRELUDE) + 16 + SEALED_KEY_BYTES + SALT_BYTES
HEADER_BYTES = _UNCOMMITTED + 32
MAX_CONTENT = 4 * 1024 * 1024
MAX_CHUNKS = 65_536
MAX_BLOCK = HEADER_BYTES + 5 + 4 * MAX_CHUNKS + MAX_CONTENT + 16
CODEC_STORED = 0
CODEC_ZSTD = 1
_WORTHWHILE = 0.97

Bytes = bytes | bytearray | memoryview


class Compressor(Protocol):
    """One per thread: a new context per call halves the speed."""

    def compress(self, data: Bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class DataKey:
    """A run's random key, and its form that only the account can open."""

    key: bytes
    sealed: bytes


def seal_block(
    chunks: Sequence[Bytes],
    data_key: DataKey,
    keys: DeviceKeys,
    *,
    salt: bytes,
    compressor: Compressor,
) -> bytes:
    """Seal up to 4 MiB of chunks. `salt`: 24 random bytes, never used twice."""
    content = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    if not 0 < len(chunks) <= MAX_CHUNKS or len(content) > MAX_CONTENT:
        raise ValueError("more chunks or bytes than one block holds: nothing could open it")
    packed: Bytes = compressor.compress(content)
    codec = CODEC_ZSTD
    sized = zstandard.frame_content_size(packed) == len(content)  # readers insist on it
    if not sized or len(packed) > len(content) * _WORTHWHILE:
        codec, packed = CODEC_STORED, content
    lengths = [len(chunk) for chunk in chunks]
    body = b"".join((struct.pack(f">BI{len(lengths)}I", codec, len(lengths), *lengths), packed))
    uncommitted = _PRELUDE + keys.account + data_key.sealed + salt
    key, commitment, iv = _block_keys(data_key.key, keys.hedge_key, uncommitted)
    header = uncommitted + commitment
    return header + AESGCM(key).encrypt(iv, body, header)


def sealed_data_key(block: Bytes) -> bytes:
    """The sealed data key in a block's header: what to open, once a run."""
    if len(block) < HEADER_BYTES:
        raise BlockDamaged("it has no header")
    return bytes(block[24 : 24 + SEALED_KEY_BYTES])


def open_block(
    block: Bytes, data_key: bytes, account: AccountId, hedge_key: bytes
) -> list[memoryview]:
    """The chunks of a block. The caller compares each with its chunk id."""
    header = bytes(block[:HEADER_BYTES])
    _check_header(header, account)
    if len(block) > MAX_BLOCK:
        raise BlockDamaged("it is longer than a block may be")
    key, commitment, iv = _block_keys(data_key, hedge_key, header[:_UNCOMMITTED])
    if not hmac.compare_digest(commitment, header[_UNCOMMITTED:]):
        raise BlockDamaged("it was sealed under another key")
    try:
        body = AESGCM(key).decrypt(iv, memoryview(block)[HEADER_BYTES:], header)
    except InvalidTag as problem:
        raise BlockDamaged("its contents were changed") from problem
    return _read_body(memoryview(body))


def _check_header(header: bytes, account: AccountId) -> None:
    if len(header) < HEADER_BYTES or header[:4] != MAGIC:
        raise BlockDamaged("it has no header")
    if header[4:8] != _PRELUDE[4:]:
        raise UnknownVersion("A block", f"{header[4]}.{header[5]}.{header[6]}.{header[7]}")
    if header[8:24] != account:
        raise BlockDamaged("it belongs to another account")


def _block_keys(
    data_key: bytes, hedge_key: bytes, uncommitted: bytes
) -> tuple[bytes, bytes, bytes]:
    derived = derive(data_key, hedge_key, b"csb1/block" + uncommitted, 76)
    return derived[:32], derived[32:64], derived[64:]


def _read_body(body: memoryview) -> list[memoryview]:
    codec, count = struct.unpack(">BI", body[:5]) if len(body) >= 5 else (0, 0)
    if not 0 < count <= MAX_CHUNKS or len(body) < 5 + 4 * count:
        raise BlockDamaged("its chunk count is wrong")
    lengths = struct.unpack(f">{count}I", body[5 : 5 + 4 * count])
    total = sum(lengths)
    if total > MAX_CONTENT:
        raise BlockDamaged("it says it holds more than a block may")
    content = body[5 + 4 * count :]
    if codec == CODEC_ZSTD:
        content = memoryview(_decompress(content, total))
    elif codec != CODEC_STORED:
        raise UnknownVersion("A block's compression", codec)
    if len(content) != total:
        raise BlockDamaged("its length is not what it says")
    return _split(content, lengths)


def _decompress(packed: memoryview, total: int) -> bytes:
    try:
        declared = zstandard.frame_content_size(packed)
        if declared != total:
            raise BlockDamaged("its compressed size is not what it says")
        return zstandard.ZstdDecompressor().decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError as problem:
        raise BlockDamaged("it cannot be decompressed") from problem


def _split(content: memoryview, lengths: Sequence[int]) -> list[memoryview]:
    chunks = []
    at = 0
    for length in lengths:
        chunks.append(content[at : at + length])
        at += length
    return chunks
