"""Fills packs from several threads at once, blocks and trees apart."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from csbackup.format.ids import ChunkId, NodeId, block_id
from csbackup.format.packing import Pack, PackBuilder, PackOwner

MOST_NAMES = 100_000  # ids in a pack's footer, which has its own limit


@dataclass(frozen=True, slots=True)
class Parcel:
    """A pack to be sent, and how many items of which batch it settles."""

    pack: Pack
    batches: Counter[int]


class PackFiller:
    """A pack is closed under the lock and finished outside: its id is the hash of its bytes."""

    def __init__(self, kind: int, owner: PackOwner, target_bytes: int) -> None:
        self._lock = threading.Lock()
        self._kind = kind
        self._owner = owner
        self._target_bytes = target_bytes
        self._begin()

    def add_block(
        self, block: bytes, chunk_ids: list[ChunkId], batches: Counter[int]
    ) -> Parcel | None:
        """The pack that this block filled, if it did."""
        name = block_id(block)
        with self._lock:
            self._builder.add_block(name, block, chunk_ids)
            self._names += len(chunk_ids)
            self._batches.update(batches)
            full = self._take_if_full()
        return _finish(full)

    def add_nodes(self, nodes: list[tuple[NodeId, bytes, int]], batch: int) -> Parcel | None:
        """`nodes`: id, zstd frame, plain length.

        One that is in the pack already counts without being in it twice: a node may come again
        long after it was forgotten, as that of an empty folder does.
        """
        with self._lock:
            for name, packed, plain_length in nodes:
                if name not in self._held:
                    self._held.add(name)
                    self._builder.add_node(name, packed, plain_length)
            self._names += len(nodes)
            self._batches[batch] += len(nodes)
            full = self._take_if_full()
        return _finish(full)

    def flush(self) -> Parcel | None:
        """The pack as it is, unless it is empty."""
        with self._lock:
            taken = None if self._builder.empty else self._take()
        return _finish(taken)

    def _take_if_full(self) -> tuple[PackBuilder, Counter[int]] | None:
        return self._take() if self._builder.full or self._names >= MOST_NAMES else None

    def _take(self) -> tuple[PackBuilder, Counter[int]]:
        taken = (self._builder, self._batches)
        self._begin()
        return taken

    def _begin(self) -> None:
        self._builder = PackBuilder(self._kind, self._owner, self._target_bytes)
        self._batches: Counter[int] = Counter()
        self._names = 0
        self._held: set[NodeId] = set()


def _finish(taken: tuple[PackBuilder, Counter[int]] | None) -> Parcel | None:
    return Parcel(taken[0].finish(), taken[1]) if taken else None
