"""Puts chunks together to blocks: many small ones in scan order, or one large one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from csbackup.format.ids import ChunkId
from csbackup.format.sealing import Bytes
from csbackup.format.tree import Node

SMALL_CHUNK = 256 * 1024
BLOCK_CONTENT = 1024 * 1024
BLOCK_CHUNKS = 4096


class NewChunk(NamedTuple):
    """A chunk the server lacks. `quick`: from a big file, where compressing harder gains little."""

    id: ChunkId
    content: Bytes
    quick: bool


@dataclass(slots=True)
class Block:
    """Chunks to be sealed together, and how many of them came from which batch."""

    chunks: list[Bytes] = field(default_factory=list)
    ids: list[ChunkId] = field(default_factory=list)
    size: int = 0
    quick: bool = False
    batches: Counter[int] = field(default_factory=Counter)

    def add(self, chunk: NewChunk, batch: int) -> None:
        self.chunks.append(chunk.content)
        self.ids.append(chunk.id)
        self.size += len(chunk.content)
        self.batches[batch] += 1


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes to be compressed, all of one batch."""

    nodes: list[Node]
    batch: int


class Gatherer:
    """Not thread-safe: one stage owns it. `emit` takes each finished block."""

    def __init__(self, emit: Callable[[Block], None]) -> None:
        self._emit = emit
        self._small = Block()
        self._in_small: set[ChunkId] = set()

    def add(self, chunk: NewChunk, batch: int) -> None:
        if len(chunk.content) > SMALL_CHUNK:
            block = Block(quick=chunk.quick)
            block.add(chunk, batch)
            self._emit(block)
            return
        if chunk.id in self._in_small:  # forgotten, and come again
            self._small.batches[batch] += 1
            return
        self._in_small.add(chunk.id)
        self._small.add(chunk, batch)
        if self._small.size >= BLOCK_CONTENT or len(self._small.ids) >= BLOCK_CHUNKS:
            self.flush()

    def flush(self) -> None:
        if self._small.ids:
            block, self._small = self._small, Block()
            self._in_small = set()
            self._emit(block)
