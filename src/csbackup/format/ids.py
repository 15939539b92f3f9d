"""The types of our ids: each is a plain `bytes` value with a meaning."""

from __future__ import annotations

from typing import NewType

from blake3 import blake3

AccountId = NewType("AccountId", bytes)  # 16 random bytes, chosen by the client
DeviceId = NewType("DeviceId", bytes)  # 16 random bytes, chosen by the client
SourceId = NewType("SourceId", bytes)  # 16 random bytes, chosen by the client
UploadId = NewType("UploadId", bytes)  # 16 random bytes, chosen by the server
OrderId = NewType("OrderId", bytes)  # 16 random bytes, chosen by the browser
TemplateId = NewType("TemplateId", bytes)  # 16 random bytes, chosen by the server
ChunkId = NewType("ChunkId", bytes)  # BLAKE3 keyed with K_id, over the content
BlockId = NewType("BlockId", bytes)  # BLAKE3 over the block's bytes
NodeId = NewType("NodeId", bytes)  # BLAKE3 over the plain bytes of a tree or chunk-list page
PackId = NewType("PackId", bytes)  # BLAKE3 over the pack's bytes
SnapshotId = NewType("SnapshotId", bytes)  # BLAKE3 over the signed bytes

SHORT = 16
LONG = 32
NO_SNAPSHOT = SnapshotId(b"")


def node_id(plain: bytes) -> NodeId:
    return NodeId(blake3(plain).digest())


def block_id(block: bytes | bytearray | memoryview) -> BlockId:
    return BlockId(blake3(block).digest())


def snapshot_id(signed: bytes) -> SnapshotId:
    return SnapshotId(blake3(signed).digest())


def chunk_id(content: bytes | bytearray | memoryview, key: bytes) -> ChunkId:
    """The chunk id of `content` under K_id."""
    return ChunkId(blake3(content, key=key).digest())


def split_ids(joined: bytes, width: int = LONG) -> list[bytes]:
    """Ids that stand one after the other, `width` bytes each."""
    return [joined[at : at + width] for at in range(0, len(joined), width)]
