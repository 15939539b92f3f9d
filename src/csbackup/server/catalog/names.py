"""Which listings hold which names: what a search asks first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from blake3 import blake3

from csbackup.format.ids import AccountId, NodeId
from csbackup.server.catalog.database import QUERIES
from csbackup.server.catalog.numbers import unpack_numbers

NOTHING = 0  # stands for the names of a node that has none
_AT_ONCE = 5000


class UnnamedNode(NamedTuple):
    """A node whose names are not in the catalog yet."""

    number: int
    node: NodeId
    account: int
    account_id: AccountId


def keep_names(connection: sqlite3.Connection, account: int, names: Sequence[bytes]) -> list[int]:
    """The numbers of these joined names, which are kept once each."""
    hashes = [_hash(one) if one else 0 for one in names]
    asked = json.dumps(list({one for one, text in zip(hashes, names, strict=True) if text}))
    known = dict(connection.execute(QUERIES.names_by_hash.sql, (account, asked)).fetchall())
    following = cast("int", QUERIES.next_names(connection))
    new = []
    for hashed, text in zip(hashes, names, strict=True):
        if text and hashed not in known:
            known[hashed] = following
            new.append((following, account, hashed, text))
            following += 1
    connection.executemany(QUERIES.insert_names.sql, new)
    return [known[hashed] if text else NOTHING for hashed, text in zip(hashes, names, strict=True)]


def nodes_with(connection: sqlite3.Connection, account: int, text: bytes) -> Iterable[int]:
    """The nodes whose names hold a text; also those of which the catalog does not know it yet."""
    cursor = connection.cursor()
    cursor.row_factory = None
    found = cursor.execute(QUERIES.nodes_with_text.sql, (account, text, account))
    return (row[0] for row in found)


def nodes_below(
    connection: sqlite3.Connection, numbers: Sequence[int]
) -> Iterator[tuple[int, list[int] | None]]:
    """Of each node the nodes it names, by their numbers; None where the catalog cannot say."""
    cursor = connection.cursor()
    cursor.row_factory = None
    for at in range(0, len(numbers), _AT_ONCE):
        asked = json.dumps(numbers[at : at + _AT_ONCE])
        for number, children, complete in cursor.execute(QUERIES.nodes_below.sql, (asked,)):
            yield number, unpack_numbers(children) if complete else None


def unnamed_nodes(connection: sqlite3.Connection, limit: int) -> list[UnnamedNode]:
    """Some of those that came before the catalog kept names."""
    return [UnnamedNode(*row) for row in QUERIES.unnamed_nodes(connection, limit=limit)]


def set_names(connection: sqlite3.Connection, named: Iterable[tuple[int, int]]) -> None:
    """Pairs of the names' number and the node's."""
    connection.executemany(QUERIES.set_names.sql, named)


def _hash(names: bytes) -> int:
    return int.from_bytes(blake3(names).digest(8), "big", signed=True)
