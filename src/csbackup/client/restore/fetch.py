"""Fetching chunks: where they lie, the bytes, opened, and each compared with its id."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from csbackup.client.restore.context import Limits, OpeningKeys, SealedSource
from csbackup.errors import BlockDamaged, FormatError, Refused
from csbackup.format.ids import chunk_id
from csbackup.format.sealing import open_block, sealed_data_key
from csbackup.protocol.frames import BlockLocation

Content = bytes | memoryview
_MISSING = "the server does not have it"
_CHUNK_BYTES = 300  # what a chunk takes beside its content: of tiny ones, most
_TOO_MUCH = "its content is much longer than its listing says"
_MOST_WINDOWS = 4  # as much as a fetch may bring, whatever sizes the listings claim
_ANOTHER = "what the server has in its place does not match its id"


@dataclass(slots=True)
class Fetched:
    """Chunks by id, and of the others why they cannot be had.

    `is_cut`: there was more than an honest listing can ask for at once; what is lacking may be
    had alone.
    """

    chunks: dict[bytes, Content] = field(default_factory=dict)
    lacking: dict[bytes, str] = field(default_factory=dict)
    size: int = 0
    is_cut: bool = False


@dataclass(slots=True)
class _Read:
    """Blocks that one request brings."""

    start: int
    end: int
    blocks: list[BlockLocation]


class Fetcher:
    """Opens what the account sealed. Several threads may fetch at once."""

    def __init__(self, source: SealedSource, keys: OpeningKeys, limits: Limits) -> None:
        self._source = source
        self._keys = keys
        self._limits = limits
        self._lock = threading.Lock()
        self._data_keys: dict[bytes, bytes] = {}
        self._opened: OrderedDict[bytes, tuple[list[tuple[bytes, Content]], int]] = OrderedDict()
        self._opened_size = 0

    def fetch(self, wanted: Iterable[bytes]) -> Fetched:
        """All of these. A chunk that does not match its id is sought in the next block that is
        said to hold it."""
        missing = set(wanted)
        fetched = Fetched()
        if not missing:
            return fetched
        places = list(self._source.locate(sorted(missing)))
        fetched.lacking = dict.fromkeys(missing, _MISSING)
        tried: set[int] = set()
        while blocks := _choose(places, missing, tried):
            for read in _join(blocks, self._limits):
                if fetched.size > _MOST_WINDOWS * self._limits.window_bytes:
                    fetched.is_cut = True
                    fetched.lacking = dict.fromkeys(missing, _TOO_MUCH)
                    return fetched
                self._read(read, missing, fetched)
        for id in fetched.chunks:
            fetched.lacking.pop(id, None)
        return fetched

    def _read(self, read: _Read, missing: set[bytes], fetched: Fetched) -> None:
        data: memoryview | None = None
        for block in read.blocks:
            key = block.pack + block.offset.to_bytes(8, "big")
            chunks = self._kept(key)
            try:
                if chunks is None:
                    if data is None:
                        data = memoryview(self._bytes_of(block, read))
                    at = block.offset - read.start
                    chunks = self._open(block, data[at : at + block.length])
                    self._keep(key, chunks)
            except (FormatError, Refused) as problem:
                _mark(block, missing, fetched, str(problem).removesuffix("."))
                continue
            _take(chunks, missing, fetched)
            _mark(block, missing, fetched, _ANOTHER)

    def _bytes_of(self, block: BlockLocation, read: _Read) -> bytes:
        return self._source.read_pack(block.pack, read.start, read.end)

    def _open(self, block: BlockLocation, data: memoryview) -> list[tuple[bytes, Content]]:
        """The chunks of a block that match the ids they are said to have."""
        key = self._data_key(sealed_data_key(data))
        device = self._keys.device
        contents = open_block(data, key, device.account, device.hedge_key)
        if len(contents) != len(block.chunks):
            raise BlockDamaged("it holds another number of chunks than the server says")
        id_key = device.id_key
        return [
            (id, content)
            for id, content in zip(block.chunks, contents, strict=True)
            if chunk_id(content, id_key) == id
        ]

    def _data_key(self, sealed: bytes) -> bytes:
        key = self._data_keys.get(sealed)
        if key is None:
            key = self._data_keys[sealed] = self._keys.data_key(sealed)
        return key

    def _kept(self, key: bytes) -> list[tuple[bytes, Content]] | None:
        with self._lock:
            found = self._opened.get(key)
            return found[0] if found else None

    def _keep(self, key: bytes, chunks: list[tuple[bytes, Content]]) -> None:
        """The last blocks opened: the next window often begins in the middle of one."""
        size = _size(chunks) + _CHUNK_BYTES * len(chunks)
        if len(chunks) == 1 or size > self._limits.kept_block_bytes:
            return
        with self._lock:
            if key not in self._opened:
                self._opened[key] = (chunks, size)
                self._opened_size += size
            while self._opened_size > self._limits.kept_block_bytes:
                self._opened_size -= self._opened.popitem(last=False)[1][1]


def _choose(
    places: list[BlockLocation], missing: set[bytes], tried: set[int]
) -> list[BlockLocation]:
    """Blocks, not tried yet, that together hold what is still missing, as few as can be told."""
    chosen = []
    open_wishes = set(missing)
    for number, place in enumerate(places):
        if number not in tried and not open_wishes.isdisjoint(place.chunks):
            tried.add(number)
            chosen.append(place)
            open_wishes.difference_update(place.chunks)
    return chosen


def _join(blocks: list[BlockLocation], limits: Limits) -> list[_Read]:
    """Blocks that lie side by side come with one request."""
    reads: list[_Read] = []
    for block in sorted(blocks, key=lambda block: (block.pack, block.offset)):
        end = block.offset + block.length
        if reads and _fits(reads[-1], block, limits):
            reads[-1].end = max(reads[-1].end, end)
            reads[-1].blocks.append(block)
        else:
            reads.append(_Read(block.offset, end, [block]))
    return reads


def _fits(read: _Read, block: BlockLocation, limits: Limits) -> bool:
    return (
        read.blocks[0].pack == block.pack
        and block.offset - read.end <= limits.read_gap
        and block.offset + block.length - read.start <= limits.read_bytes
    )


def _take(chunks: list[tuple[bytes, Content]], missing: set[bytes], fetched: Fetched) -> None:
    """What is wanted of a block; copied where that is little, so that the rest can be freed."""
    wanted = [(id, content) for id, content in chunks if id in missing]
    size = _size(wanted)
    few = 2 * size < _size(chunks)
    fetched.size += size
    for id, content in wanted:
        fetched.chunks[id] = bytes(content) if few else content
        missing.discard(id)


def _size(chunks: list[tuple[bytes, Content]]) -> int:
    return sum([len(content) for _, content in chunks])


def _mark(block: BlockLocation, missing: set[bytes], fetched: Fetched, why: str) -> None:
    for id in block.chunks:
        if id in missing:
            fetched.lacking[id] = why
