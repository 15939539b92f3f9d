"""From chunks and nodes to acknowledged packs: ask, gather, seal, send.

    main thread            one thread             two threads        two threads
    chunk(), node()  ->    have? gather     ->    seal, fill   ->    put pack
       a batch                a block                a pack          ledger settles

Every queue is bounded, so a slow link slows the reading down and memory stays the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import zstandard

from csbackup.client.backup.context import Limits
from csbackup.client.backup.gathering import Block, Gatherer, NewChunk, Nodes
from csbackup.client.backup.ledger import Ledger
from csbackup.client.backup.packs import PackFiller, PackSize, Parcel
from csbackup.client.backup.readback import Sampler
from csbackup.client.backup.server import BackupServer, IdKind
from csbackup.client.backup.stages import Fault, Stage
from csbackup.format import packing
from csbackup.format.ids import ChunkId
from csbackup.format.keys import DeviceKeys
from csbackup.format.packing import PackOwner
from csbackup.format.sealing import SALT_BYTES, Bytes, DataKey, seal_block
from csbackup.format.tree import Node, pack_node
from csbackup.protocol.frames import PREFIX

_SMALL_LEVEL = 3
_QUICK_LEVEL = 1
_LOOK_EVERY = 16  # items: whether the next stage is idle costs as much as handing a chunk over


@dataclass(slots=True)
class _Batch:
    """What is asked for, and settled, together."""

    number: int
    begun: float
    chunks: list[NewChunk] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    weight: int = 0
    items: int = 0


@dataclass(frozen=True, slots=True)
class Sealing:
    """A run's key and randomness."""

    keys: DeviceKeys
    data_key: DataKey
    random_bytes: Callable[[int], bytes]


class Pipeline:
    """One upload on its way. Only the main thread calls it; the stages are its own."""

    def __init__(
        self,
        server: BackupServer,
        owner: PackOwner,
        sealing: Sealing,
        limits: Limits,
        *,
        ask: bool,
        on_sent: Callable[[int], None],
    ) -> None:
        """`ask` is False while the account is empty: then nothing can be there."""
        self.upload = owner.upload
        self.ledger = Ledger()
        self.sampler = Sampler(limits.read_back_blocks, sealing.random_bytes)
        self._server = server
        self._sealing = sealing
        self._limits = limits
        self._ask = ask
        self._on_sent = on_sent
        self._recent: set[bytes] = set()
        self._earlier: set[bytes] = set()
        self._batch = _Batch(1, time.monotonic())
        self._pack_size = PackSize(limits.pack_bytes)
        self._block_packs = PackFiller(packing.BLOCKS, owner, self._pack_size)
        self._tree_packs = PackFiller(packing.TREES, owner, self._pack_size)
        fault = Fault()
        self._fault = fault
        self._uploads: Stage[Parcel] = Stage(
            "upload", lambda: self._send, threads=limits.uploaders, fault=fault
        )
        self._seals: Stage[Block | Nodes] = Stage(
            "seal", self._make_sealer, threads=limits.sealers, fault=fault
        )
        self._gatherer = Gatherer(self._seals.put)
        self._asks: Stage[_Batch] = Stage("have", lambda: self._sort_out, threads=1, fault=fault)

    @property
    def batch(self) -> int:
        """The batch that holds what was handed over last: all before lies in it or earlier."""
        return self._batch.number if self._batch.items else self._batch.number - 1

    def chunk(self, id: ChunkId, content: Bytes, *, quick: bool = False) -> None:
        """Send a chunk, unless it is there. `content` must not change afterwards."""
        if self._seen(id):
            return
        self._batch.chunks.append(NewChunk(id, content, quick))
        self._weigh(len(content))

    def node(self, node: Node) -> None:
        """Send a node, unless it is there. Children first."""
        if self._seen(node.id):
            return
        self._batch.nodes.append(node)
        self._weigh(len(node.plain))

    def forget_seen(self) -> None:
        """Ask again for everything: the server lacks what it was thought to have."""
        self._recent.clear()
        self._earlier.clear()
        self._ask = True

    def drain(self) -> None:
        """Until all that was handed over is acknowledged."""
        self._close_batch()
        self._asks.wait()
        self._gatherer.flush()  # its thread is idle now
        self._seals.wait()
        for packs in (self._block_packs, self._tree_packs):
            self._pass_on(packs.flush())
        self._uploads.wait()

    def stop(self) -> None:
        """End the threads. What was not drained is dropped."""
        self._fault.report(_Stopped())
        for stage in (self._asks, self._seals, self._uploads):
            stage.stop()

    def _seen(self, id: bytes) -> bool:
        if id in self._recent or id in self._earlier:
            return True
        self._recent.add(id)
        if len(self._recent) * 2 > self._limits.remembered_ids:
            self._ask = self._ask or bool(self._earlier)
            self._earlier, self._recent = self._recent, set()
        return False

    def _weigh(self, size: int) -> None:
        batch = self._batch
        batch.weight += size
        batch.items += 1
        limits = self._limits
        most_bytes = limits.batch_bytes if self._ask else limits.batch_bytes // 4
        full = batch.weight >= most_bytes or batch.items >= limits.batch_ids
        if full or (not batch.items % _LOOK_EVERY and self._is_awaited(batch)):
            self._close_batch()

    def _is_awaited(self, batch: _Batch) -> bool:
        overdue = time.monotonic() - batch.begun > self._limits.batch_seconds
        return overdue and self._asks.idle

    def _close_batch(self) -> None:
        batch = self._batch
        if batch.items:
            self.ledger.begin(batch.number, batch.items)
            self._batch = _Batch(batch.number + 1, time.monotonic())
            self._asks.put(batch)

    def _sort_out(self, batch: _Batch) -> None:
        chunks, nodes = batch.chunks, batch.nodes
        if self._ask:
            missing = self._missing([chunk.id for chunk in chunks], "chunks")
            chunks = [chunk for chunk in chunks if chunk.id in missing]
            missing = self._missing([node.id for node in nodes], "nodes")
            nodes = [node for node in nodes if node.id in missing]
        known = batch.items - len(chunks) - len(nodes)
        if known:
            self.ledger.settle({batch.number: known})
        for chunk in chunks:
            self._gatherer.add(chunk, batch.number)
        if nodes:
            self._seals.put(Nodes(nodes, batch.number))

    def _missing(self, ids: list[bytes], kind: IdKind) -> set[bytes]:
        """Beginnings first: most are new, and a quarter of the bytes tells."""
        missing = set(ids)
        if not ids:
            return missing
        prefixes = [id[:PREFIX] for id in ids]
        answer = self._server.have(self.upload, prefixes, kind=kind, width=PREFIX)
        likely = [id for id, here in zip(ids, answer, strict=True) if here]
        if likely:
            answer = self._server.have(self.upload, likely, kind=kind, width=len(likely[0]))
            missing.difference_update(id for id, here in zip(likely, answer, strict=True) if here)
        return missing

    def _make_sealer(self) -> Callable[[Block | Nodes], None]:
        small = zstandard.ZstdCompressor(level=_SMALL_LEVEL, write_checksum=False)
        quick = zstandard.ZstdCompressor(level=_QUICK_LEVEL, write_checksum=False)

        def seal(job: Block | Nodes) -> None:
            if isinstance(job, Nodes):
                packed = [
                    (node.id, pack_node(node.plain, small), len(node.plain)) for node in job.nodes
                ]
                self._pass_on(self._tree_packs.add_nodes(packed, job.batch))
                return
            block = seal_block(
                job.chunks,
                self._sealing.data_key,
                self._sealing.keys,
                salt=self._sealing.random_bytes(SALT_BYTES),
                compressor=quick if job.quick else small,
            )
            self._pass_on(self._block_packs.add_block(block, job.ids, job.batches))

        return seal

    def _pass_on(self, parcel: Parcel | None) -> None:
        if parcel:
            self._uploads.put(parcel)

    def _send(self, parcel: Parcel) -> None:
        """Acknowledged first, counted second: the journal trusts the ledger."""
        begun = time.monotonic()
        self._server.put_pack(self.upload, parcel.pack)
        self._pack_size.learn(time.monotonic() - begun)
        self.ledger.settle(parcel.batches)
        self.sampler.offer(parcel.pack)
        self._on_sent(parcel.pack.size)


class _Stopped(Exception):
    """Makes the stages drop what is left."""
