"""Packs: many blocks, or many trees, in one file that can be checked without a key.

pack   = items one after the other || footer || footer length u32 || "CSBP"
footer = CBOR [1, kind, account, device, upload, items]
block pack (kind 0): item = [block id, offset, length, chunk ids joined]
tree pack  (kind 1): item = [tree id, offset, length, plain length]; kept as one zstd frame
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from blake3 import blake3

from csbackup.errors import PackDamaged
from csbackup.format.encoding import decode, encode, fields
from csbackup.format.ids import LONG, AccountId, ChunkId, DeviceId, NodeId, PackId, UploadId
from csbackup.format.sealing import MAX_BLOCK, Bytes
from csbackup.format.tree import MAX_NODE

MAGIC = b"CSBP"
VERSION = 1
TRAILER_BYTES = 8
BLOCKS = 0
TREES = 1
TARGET_BYTES = 8 * 1024 * 1024
MAX_PACK = 32 * 1024 * 1024
MAX_FOOTER = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PackOwner:
    account: AccountId
    device: DeviceId
    upload: UploadId


@dataclass(frozen=True, slots=True)
class PackItem:
    """One block (id is its block id, `chunks` its chunk ids joined) or one tree."""

    id: bytes
    offset: int
    length: int
    chunks: bytes = b""
    plain_length: int = 0


@dataclass(frozen=True, slots=True)
class Footer:
    kind: int
    owner: PackOwner
    items: tuple[PackItem, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack ready to send: its bytes in parts, never joined."""

    id: PackId
    parts: tuple[Bytes, ...]
    size: int
    footer: Footer


@dataclass(slots=True)
class PackBuilder:
    """Gathers items until `full`; not thread-safe, the caller holds a lock."""

    kind: int
    owner: PackOwner
    target: int = TARGET_BYTES
    size: int = 0
    _parts: list[Bytes] = field(default_factory=list)
    _items: list[PackItem] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return self.size >= self.target

    @property
    def empty(self) -> bool:
        return not self._items

    def add_block(self, block_id: bytes, block: Bytes, chunk_ids: list[ChunkId]) -> None:
        self._add(block, PackItem(block_id, self.size, len(block), b"".join(chunk_ids)))

    def add_node(self, node: NodeId, packed: Bytes, plain_length: int) -> None:
        self._add(packed, PackItem(node, self.size, len(packed), b"", plain_length))

    def _add(self, content: Bytes, item: PackItem) -> None:
        self._parts.append(content)
        self._items.append(item)
        self.size += len(content)

    def finish(self) -> Pack:
        footer = Footer(self.kind, self.owner, tuple(self._items))
        encoded = _encode_footer(footer)
        parts = (*self._parts, encoded + struct.pack(">I", len(encoded)) + MAGIC)
        hasher = blake3()
        for part in parts:
            hasher.update(part)
        return Pack(PackId(hasher.digest()), parts, sum(map(len, parts)), footer)


def _encode_footer(footer: Footer) -> bytes:
    owner = footer.owner
    if footer.kind == BLOCKS:
        items = [[item.id, item.offset, item.length, item.chunks] for item in footer.items]
    else:
        items = [[item.id, item.offset, item.length, item.plain_length] for item in footer.items]
    return encode([VERSION, footer.kind, owner.account, owner.device, owner.upload, items])


def footer_span(trailer: bytes, pack_size: int, pack: PackId) -> tuple[int, int]:
    """Where the footer lies (start, end), from the last 8 bytes of a pack."""
    if len(trailer) != TRAILER_BYTES or trailer[4:] != MAGIC:
        raise PackDamaged(pack, "it has no end mark, so it was cut short")
    length: int = struct.unpack(">I", trailer[:4])[0]
    end = pack_size - TRAILER_BYTES
    if length > min(end, MAX_FOOTER):
        raise PackDamaged(pack, "its footer is longer than the pack")
    return end - length, end


def read_footer(data: Bytes, content_end: int, pack: PackId) -> Footer:
    """The checked footer: items lie one after the other and fill the pack up to `content_end`."""
    what = "A pack's footer"
    version, kind, account, device, upload, items = fields(
        decode(bytes(data), what), "iibbba", what
    )
    if version != VERSION or kind not in (BLOCKS, TREES):
        raise PackDamaged(pack, "its footer has an unknown version")
    if (len(account), len(device), len(upload)) != (16, 16, 16):
        raise PackDamaged(pack, "its footer names no proper owner")
    read_item = _read_block_item if kind == BLOCKS else _read_node_item
    checked = _check_items(items, read_item, content_end, pack)
    owner = PackOwner(AccountId(account), DeviceId(device), UploadId(upload))
    return Footer(kind, owner, checked)


def _check_items(
    items: list[object], read_item: Callable[[object], PackItem], content_end: int, pack: PackId
) -> tuple[PackItem, ...]:
    checked = []
    at = 0
    for raw in items:
        item = read_item(raw)
        if item.offset != at or item.length <= 0 or len(item.id) != LONG:
            raise PackDamaged(pack, "its footer does not describe its contents")
        at += item.length
        checked.append(item)
    if at != content_end:
        raise PackDamaged(pack, "its footer does not describe its contents")
    return tuple(checked)


def _read_block_item(raw: object) -> PackItem:
    what = "A pack's footer"
    block, offset, length, chunks = fields(raw, "biib", what)
    if length > MAX_BLOCK or not chunks or len(chunks) % LONG:
        raise PackDamaged(block, "its footer does not describe its contents")
    return PackItem(block, offset, length, chunks)


def _read_node_item(raw: object) -> PackItem:
    node, offset, length, plain_length = fields(raw, "biii", "A pack's footer")
    if not 0 < plain_length <= MAX_NODE:
        raise PackDamaged(node, "its footer does not describe its contents")
    return PackItem(node, offset, length, b"", plain_length)
