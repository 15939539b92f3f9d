"""Restore orders as the catalog knows them, and which blocks their trees need."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from csbackup.format.ids import PackId
from csbackup.format.orders import Order
from csbackup.format.records import OrderRecord
from csbackup.server.catalog.chunks import BlockPlace
from csbackup.server.catalog.database import QUERIES
from csbackup.server.catalog.lookup import by_prefix
from csbackup.server.catalog.marks import Marks
from csbackup.server.catalog.numbers import unpack_numbers

_BATCH = 2000
_SHOWN_PATHS = 50
_TRIES = 8


class OrderNumbers(NamedTuple):
    """What an order names by id, as the catalog numbers it."""

    account: int
    device: int
    source: int


class OrderTotals(NamedTuple):
    files: int
    bytes: int


def add_order(
    connection: sqlite3.Connection,
    record: OrderRecord,
    order: Order,
    numbers: OrderNumbers,
    totals: OrderTotals,
) -> None:
    shown = [path.decode(errors="replace") for path in order.paths[:_SHOWN_PATHS]]
    QUERIES.order_add(
        connection,
        order_id=order.order,
        account=numbers.account,
        device=numbers.device,
        source=numbers.source,
        serial=order.serial,
        place=order.number,
        sequence=order.sequence,
        snapshot=order.snapshot,
        paths=json.dumps(shown),
        paths_total=len(order.paths),
        target=order.target.decode(errors="replace"),
        overwrite=int(order.overwrite),
        created=order.created_ns,
        received=record.received_ns,
        expires=order.expires_ns,
        files=totals.files,
        bytes=totals.bytes,
        signature=record.signature,
        document=record.document,
    )


# --- from trees to blocks ------------------------------------------------------------------------


class Gathered:
    """The blocks that some chunks and nodes need. Memory stays small, whatever the tree's size."""

    def __init__(self, connection: sqlite3.Connection, account: int) -> None:
        self.blocks = Marks()
        self._connection = connection
        self._seen = Marks()
        self._doubtful = bool(QUERIES.some_device_is_revoked(connection, account=account))

    def add_chunks(self, numbers: Iterable[int]) -> None:
        query = QUERIES.trusted_blocks_of_chunk_numbers if self._doubtful else None
        for batch in _batches(numbers):
            if query is None:
                rows = _plain(self._connection, QUERIES.blocks_of_chunk_numbers.sql, batch)
                self.blocks.update(block for (block,) in rows)
            else:
                self.blocks.update(dict(_plain(self._connection, query.sql, batch)).values())

    def add_nodes(self, numbers: Iterable[int]) -> None:
        """These nodes and all below them, each once. Of one that misses something nothing is known;
        the device names the files that it cannot have then."""
        waiting = [number for number in numbers if self._seen.add(number)]
        chunks: set[int] = set()
        while waiting:
            batch, waiting = waiting[-_BATCH:], waiting[:-_BATCH]
            query = QUERIES.node_references.sql
            for packed, children in _plain(self._connection, query, batch):
                chunks.update(unpack_numbers(packed))
                waiting.extend(n for n in unpack_numbers(children) if self._seen.add(n))
            if len(chunks) > 50 * _BATCH:
                self.add_chunks(sorted(chunks))
                chunks.clear()
        self.add_chunks(sorted(chunks))


class PlaceInPack(NamedTuple):
    pack: PackId
    offset: int


def one_block_of_each_upload(
    connection: sqlite3.Connection, blocks: Marks
) -> dict[bytes, list[PlaceInPack]]:
    """Where a block of each upload lies; some more places, should the first be damaged."""
    found: dict[bytes, list[PlaceInPack]] = {}
    for batch in _batches(blocks):
        query = QUERIES.first_blocks_of_uploads.sql
        for upload, pack, offset in _plain(connection, query, batch):
            places = found.setdefault(upload, [])
            if len(places) < _TRIES:
                places.append(PlaceInPack(PackId(pack), offset))
    return found


def find_ordered_blocks(
    connection: sqlite3.Connection, account: int, ids: Sequence[bytes], blocks: Marks
) -> list[BlockPlace]:
    """Of each chunk the best block that is one of `blocks`; each block once."""
    rows = by_prefix(connection, QUERIES.places_of_chunks.sql, account, ids)
    asked = set(ids)
    found = {row[0]: BlockPlace(*row[2:]) for row in rows if row[0] in asked and row[1] in blocks}
    return sorted(set(found.values()))


def spans_in_pack(
    connection: sqlite3.Connection, account: int, pack: PackId, blocks: Marks
) -> list[tuple[int, int]]:
    """Where `blocks` lie in a pack: start and end, those that touch each other joined."""
    spans: list[tuple[int, int]] = []
    for number, start, length in QUERIES.blocks_of_pack(connection, account=account, pack=pack):
        if number not in blocks:
            continue
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], start + length)
        else:
            spans.append((start, start + length))
    return spans


def _batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _plain(
    connection: sqlite3.Connection, query: str, numbers: Sequence[int]
) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(query, (json.dumps(numbers),)).fetchall()
