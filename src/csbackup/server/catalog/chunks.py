"""Which chunks are here, in which block, and of which pack."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import NamedTuple, cast

from csbackup.format.ids import LONG
from csbackup.format.packing import PackItem
from csbackup.server.catalog.database import QUERIES
from csbackup.server.catalog.lookup import by_prefix, prefixes


class BlockPlace(NamedTuple):
    """Where a block lies, and which numbers its chunks have."""

    pack: bytes
    offset: int
    length: int
    first_chunk: int
    chunk_count: int


def find_chunks(
    connection: sqlite3.Connection, account: int, ids: Collection[bytes]
) -> dict[bytes, int]:
    """The numbers of those chunks that are here."""
    return dict(by_prefix(connection, QUERIES.chunks_by_prefix.sql, account, list(ids)))


def trusted_chunks(
    connection: sqlite3.Connection, account: int, ids: Sequence[bytes]
) -> list[bytes]:
    """The chunks with these ids, or ids cut to a prefix, that a device not revoked has brought."""
    query = QUERIES.chunks_by_prefix
    if QUERIES.some_device_is_revoked(connection, account=account):
        query = QUERIES.trusted_chunks_by_prefix
    return [chunk for chunk, _ in by_prefix(connection, query.sql, account, ids)]


def add_blocks(
    connection: sqlite3.Connection, account: int, pack: int, items: Sequence[PackItem]
) -> None:
    """The blocks of a pack, and the chunks in them, which get consecutive numbers."""
    blocks = []
    chunks: list[tuple[int, int, int, bytes, int]] = []
    chunk = QUERIES.next_chunk(connection)
    for number, item in enumerate(items, start=QUERIES.next_block(connection)):
        joined = item.chunks
        ids = [joined[at : at + LONG] for at in range(0, len(joined), LONG)]
        blocks.append((number, pack, item.offset, item.length, item.id, chunk, len(ids)))
        for prefix, chunk_id in zip(prefixes(ids), ids, strict=True):
            chunks.append((chunk, account, prefix, chunk_id, number))
            chunk += 1
    connection.executemany(QUERIES.insert_blocks.sql, blocks)
    connection.executemany(QUERIES.insert_chunks.sql, chunks)


def find_blocks(
    connection: sqlite3.Connection, account: int, ids: Sequence[bytes]
) -> dict[bytes, BlockPlace]:
    """Of each chunk that is here the block to read: the newest one of a device not revoked."""
    rows = by_prefix(connection, QUERIES.blocks_of_chunks.sql, account, ids)
    return {row[0]: BlockPlace(*row[1:]) for row in rows}


def chunks_in(connection: sqlite3.Connection, block: BlockPlace) -> bytes:
    """The ids of all chunks of a block, in order, joined."""
    end = block.first_chunk + block.chunk_count
    rows = connection.execute(QUERIES.chunks_between.sql, (block.first_chunk, end))
    return b"".join(cast("bytes", row[0]) for row in rows)
