"""A backup in memory, sealed as a device seals it: what a restore reads, and ways to spoil it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import zstandard

from csbackup.client.browse.chain import Kept
from csbackup.errors import Refused
from csbackup.format.ids import (
    AccountId,
    ChunkId,
    DeviceId,
    NodeId,
    PackId,
    SourceId,
    block_id,
    chunk_id,
    snapshot_id,
)
from csbackup.format.keys import DeviceKeys, account_keys, seal_data_key
from csbackup.format.sealing import DataKey, seal_block
from csbackup.format.snapshot import Settings, Snapshot, Totals
from csbackup.format.tree import (
    FILE,
    FOLDER,
    ROOTS,
    Entry,
    Extras,
    Node,
    build_chunk_list,
    build_folder,
    build_report,
    encode_extras,
    make_node,
)
from csbackup.protocol.frames import BlockLocation

ACCOUNT = AccountId(b"a" * 16)
DEVICE = DeviceId(b"d" * 16)
KEYS = account_keys(b"m" * 32, ACCOUNT)
NO_EXTRAS = Extras()
MTIME = 1_700_000_000_123_456_789


@dataclass
class SealedWorld:
    """Nodes by id; packs by id; each block's place. One pack a block, unless blocks are joined.

    `contents`: the plain chunks, for who reads without unsealing.
    """

    keys: DeviceKeys = KEYS.device

    packed: dict[NodeId, bytes] = field(default_factory=dict)
    packs: dict[PackId, bytes] = field(default_factory=dict)
    places: list[BlockLocation] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    contents: dict[ChunkId, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._salts = itertools.count()
        self._data_key = DataKey(
            b"k" * 32, seal_data_key(b"k" * 32, self.keys.sealing_public, self.keys.account)
        )
        self._compressor = zstandard.ZstdCompressor(level=1)

    # --- what a restore asks ---

    def nodes(self, ids: Sequence[bytes], /) -> dict[NodeId, bytes]:
        self.asked.append("nodes")
        return {NodeId(id): self.packed[NodeId(id)] for id in ids if id in self.packed}

    def locate(self, chunks: Sequence[bytes], /) -> Iterator[BlockLocation]:
        self.asked.append("locate")
        wanted = set(chunks)
        return (place for place in self.places if not wanted.isdisjoint(place.chunks))

    def read_pack(self, pack: PackId, start: int, end: int, /) -> bytes:
        self.asked.append("read")
        if pack not in self.packs:
            raise Refused(404, "not-found", "There is no such pack.", {})
        return self.packs[pack][start:end]

    # --- building ---

    def keep(self, *contents: bytes) -> list[ChunkId]:
        """Seal these chunks into one block, in a pack of its own."""
        return self.keep_blocks([contents])

    def keep_blocks(self, blocks: Sequence[Sequence[bytes]]) -> list[ChunkId]:
        """Several blocks, side by side in one pack."""
        ids: list[ChunkId] = []
        pack = b""
        places = []
        for contents in blocks:
            chunks = [chunk_id(content, self.keys.id_key) for content in contents]
            sealed = seal_block(
                list(contents),
                self._data_key,
                self.keys,
                salt=next(self._salts).to_bytes(24, "big"),
                compressor=self._compressor,
            )
            self.contents |= zip(chunks, contents, strict=True)
            places.append((len(pack), len(sealed), tuple(chunks)))
            pack += sealed
            ids += chunks
        name = PackId(block_id(pack))
        self.packs[name] = pack
        self.places += [BlockLocation(name, *place) for place in places]
        return ids

    def put(self, nodes: Sequence[Node]) -> NodeId:
        """Nodes as they lie in packs; the last one's id."""
        for node in nodes:
            self.packed[node.id] = self._compressor.compress(node.plain)
        return nodes[-1].id

    def extras(self, extras: Extras) -> bytes:
        return self.keep(encode_extras(extras))[0] if not extras.empty else b""

    def file(self, name: bytes, content: bytes = b"", extras: Extras = NO_EXTRAS) -> Entry:
        chunks = self.keep(content) if content else []
        return self.chunked(name, chunks, len(content), extras)

    def chunked(
        self, name: bytes, chunks: Sequence[ChunkId], size: int, extras: Extras = NO_EXTRAS
    ) -> Entry:
        return entry(name, FILE, size=size, content=b"".join(chunks), extras=self.extras(extras))

    def listed(self, name: bytes, chunks: Sequence[ChunkId], size: int) -> Entry:
        """A file whose chunk ids stand in a chunk list."""
        return entry(name, FILE, size=size, content=[self.put(build_chunk_list(chunks))])

    def special(self, name: bytes, kind: int, extras: Extras) -> Entry:
        return entry(name, kind, extras=self.extras(extras))

    def folder(self, name: bytes, *inner: Entry) -> Entry:
        tree = self.put(build_folder(sorted(inner, key=lambda one: one.name)))
        files = sum(one.subtree_files if one.kind == FOLDER else 1 for one in inner)
        size = sum(one.subtree_bytes if one.kind == FOLDER else one.size for one in inner)
        return entry(name, FOLDER, content=tree)._replace(subtree_files=files, subtree_bytes=size)

    def snapshot(self, *roots: Entry, sequence: int = 1) -> Kept:
        settings = Settings(SourceId(b"s" * 16))
        snapshot = Snapshot(
            account=ACCOUNT,
            device=DEVICE,
            serial=1,
            source=settings.source,
            sequence=sequence,
            previous=snapshot_id(b"") if sequence > 1 else snapshot_id(b"")[:0],
            started_ns=MTIME,
            finished_ns=MTIME,
            settings=self.put([settings.node()]),
            roots=self.put([make_node(ROOTS, sorted(roots, key=lambda one: one.name))]),
            report=self.put([build_report([])]),
            totals=Totals(),
            coverage_ppm=1_000_000,
        )
        return Kept(snapshot_id(snapshot.encode()), snapshot, MTIME + sequence)


def entry(
    name: bytes,
    kind: int,
    *,
    size: int = 0,
    mode: int = 0,
    content: bytes | list[bytes] = b"",
    extras: bytes = b"",
) -> Entry:
    """An entry of whoever runs the test."""
    return Entry(
        name,
        kind,
        size,
        MTIME,
        mode or (0o755 if kind == FOLDER else 0o644),
        os.geteuid(),
        os.getegid(),
        b"",
        b"",
        content,
        extras=extras,
    )
