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

from csbackup.errors import Malformed, PackDamaged
from csbackup.format.encoding import decode_versioned, encode, fields
from csbackup.format.ids import (
    LONG,
    AccountId,
    ChunkId,
    DeviceId,
    NodeId,
    PackId,
    UploadId,
    split_ids,
)
from csbackup.format.sealing import HEADER_BYTES, MAX_BLOCK, MAX_CHUNKS, Bytes
from csbackup.format.tree import MAX_NODE

MAGIC = b"CSBP"
_WHAT = "A pack's footer"
VERSION = 1
TRAILER_BYTES = 8
BLOCKS = 0
TREES = 1
TARGET_BYTES = 8 * 1024 * 1024
MAX_PACK = 32 * 1024 * 1024
MAX_FOOTER = 8 * 1024 * 1024
MAX_PLAIN = 256 * 1024 * 1024  # of all trees in a pack, so that a small pack is no large work
_ENOUGH_PLAIN = MAX_PLAIN // 4


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
    _plain: int = 0
    _parts: list[Bytes] = field(default_factory=list)
    _items: list[PackItem] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return self.size >= self.target or self._plain >= _ENOUGH_PLAIN

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
        self._plain += item.plain_length

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
    value = decode_versioned(bytes(data), VERSION, _WHAT)
    _, kind, account, device, upload, items = fields(value, "iibbba", _WHAT)
    if kind not in (BLOCKS, TREES):
        raise PackDamaged(pack, "its footer names an unknown kind")
    if (len(account), len(device), len(upload)) != (16, 16, 16):
        raise PackDamaged(pack, "its footer names no proper owner")
    read_item = _read_block_item if kind == BLOCKS else _read_node_item
    try:
        checked = _check_items(items, read_item, content_end)
    except Malformed as problem:
        raise PackDamaged(pack, "its footer does not describe its contents") from problem
    owner = PackOwner(AccountId(account), DeviceId(device), UploadId(upload))
    return Footer(kind, owner, checked)


def _check_items(
    items: list[object], read_item: Callable[[object], PackItem], content_end: int
) -> tuple[PackItem, ...]:
    checked = []
    at = 0
    for raw in items:
        item = read_item(raw)
        if item.offset != at or item.length <= 0 or len(item.id) != LONG:
            raise Malformed(_WHAT, "an item is not where the one before it ends")
        at += item.length
        checked.append(item)
    if at != content_end or len({item.id for item in checked}) != len(checked):
        raise Malformed(_WHAT, "it has a gap, or an item twice")
    if sum(item.plain_length for item in checked) > MAX_PLAIN:
        raise Malformed(_WHAT, "its trees are longer than those of one pack may be")
    return tuple(checked)


def _read_block_item(raw: object) -> PackItem:
    block, offset, length, chunks = fields(raw, "biib", _WHAT)
    count, rest = divmod(len(chunks), LONG)
    if rest or not 0 < count <= MAX_CHUNKS or length > MAX_BLOCK:
        raise Malformed(_WHAT, "a block is longer than it may be")
    if length < HEADER_BYTES + 4 * count:
        raise Malformed(_WHAT, "a block is shorter than its chunks' lengths")
    if len(set(split_ids(chunks))) != count:
        raise Malformed(_WHAT, "a block has a chunk twice")
    return PackItem(block, offset, length, chunks)


def _read_node_item(raw: object) -> PackItem:
    node, offset, length, plain_length = fields(raw, "biii", _WHAT)
    if not 0 < plain_length <= MAX_NODE:
        raise Malformed(_WHAT, "a tree is longer than it may be")
    return PackItem(node, offset, length, b"", plain_length)
