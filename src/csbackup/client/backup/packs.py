"""Fills packs from several threads at once, blocks and trees apart."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from csbackup.format.ids import ChunkId, NodeId, block_id
from csbackup.format.packing import Pack, PackBuilder, PackOwner

MOST_NAMES = 100_000  # ids in a pack's footer, which has its own limit

_FIRST_BYTES = 1024 * 1024
_LEAST_BYTES = 512 * 1024
_QUICK_SECONDS = 5.0
_SLOW_SECONDS = 20.0


class PackSize:
    """How large packs are: small at first and over a slow link, else as large as they may be.

    A pack goes whole or not at all. Over a link that is slow and does not hold, large ones would
    never arrive, however often they are begun; and less is sent again.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self.bytes = min(_FIRST_BYTES, most_bytes)

    def learn(self, seconds: float) -> None:
        """So long it took until a pack was acknowledged, with all tries."""
        if seconds > _SLOW_SECONDS:
            self.bytes = min(self.bytes, max(_LEAST_BYTES, self.bytes // 2))
        elif seconds < _QUICK_SECONDS:
            self.bytes = min(self._most_bytes, self.bytes * 2)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A pack to be sent, and how many items of which batch it settles."""

    pack: Pack
    batches: Counter[int]


class PackFiller:
    """A pack is closed under the lock and finished outside: its id is the hash of its bytes."""

    def __init__(self, kind: int, owner: PackOwner, size: PackSize) -> None:
        self._lock = threading.Lock()
        self._kind = kind
        self._owner = owner
        self._size = size
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
        self._builder = PackBuilder(self._kind, self._owner, self._size.bytes)
        self._batches: Counter[int] = Counter()
        self._names = 0
        self._held: set[NodeId] = set()


def _finish(taken: tuple[PackBuilder, Counter[int]] | None) -> Parcel | None:
    return Parcel(taken[0].finish(), taken[1]) if taken else None
