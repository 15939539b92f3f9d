"""Which nodes are here, where they lie, and whether all they need is here too."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, cast

from csbackup.format.ids import NodeId, PackId
from csbackup.server.catalog.database import QUERIES
from csbackup.server.catalog.lookup import by_prefix, prefixes
from csbackup.server.catalog.names import keep_names


class FoundNode(NamedTuple):
    """`complete`: every chunk and node it names is here, and whole. `entries`: of a folder."""

    number: int
    complete: bool
    entries: int


class NewNode(NamedTuple):
    """A node of a pack that comes in.

    `chunks` and `children` are packed numbers, `names` those in a listing, joined.
    """

    node: bytes
    offset: int
    length: int
    plain_length: int
    complete: bool
    entries: int
    chunks: bytes
    children: bytes
    names: bytes


class NodePlace(NamedTuple):
    """One of the places where a node lies."""

    number: int
    pack: PackId
    offset: int
    length: int


class Completion(NamedTuple):
    """A node whose references have all been found."""

    entries: int
    chunks: bytes
    children: bytes
    number: int


def find_nodes(
    connection: sqlite3.Connection, account: int, ids: Collection[bytes]
) -> dict[bytes, FoundNode]:
    """Those that are here: a complete copy where there is one, the newest."""
    rows = by_prefix(connection, QUERIES.nodes_by_prefix.sql, account, list(ids))
    return {node: FoundNode(number, bool(whole), count) for node, number, whole, count in rows}


def complete_node_ids(
    connection: sqlite3.Connection, account: int, ids: Sequence[bytes]
) -> list[bytes]:
    """The complete nodes with these ids, or ids cut to a prefix."""
    rows = by_prefix(connection, QUERIES.complete_nodes_by_prefix.sql, account, ids)
    return [node for node, _ in rows]


def find_places(
    connection: sqlite3.Connection, account: int, ids: Sequence[bytes]
) -> dict[NodeId, list[NodePlace]]:
    """All places of each node that is here, the best first."""
    places: dict[NodeId, list[NodePlace]] = {}
    for node, *place in by_prefix(connection, QUERIES.node_places.sql, account, ids):
        places.setdefault(node, []).append(NodePlace(*place))
    return places


def next_node(connection: sqlite3.Connection) -> int:
    """The number that the first of the nodes added next will get."""
    return cast("int", QUERIES.next_node(connection))


def add_nodes(
    connection: sqlite3.Connection, account: int, pack: int, first: int, nodes: Sequence[NewNode]
) -> None:
    names = keep_names(connection, account, [node.names for node in nodes])
    ids = prefixes([node.node for node in nodes])
    rows = (
        (number, account, prefix, node.node, pack, *node[1:-1], named)
        for number, (prefix, node, named) in enumerate(
            zip(ids, nodes, names, strict=True), start=first
        )
    )
    connection.executemany(QUERIES.insert_nodes.sql, rows)


def complete_nodes(connection: sqlite3.Connection, found: Iterable[Completion]) -> None:
    connection.executemany(QUERIES.complete_nodes.sql, found)


def waiting_nodes(connection: sqlite3.Connection, account: int) -> list[NodeId]:
    """All that still miss something."""
    return [NodeId(row[0]) for row in QUERIES.waiting_nodes(connection, account=account)]


def deletions(connection: sqlite3.Connection) -> int:
    """What was looked up holds as long as this number stays the same."""
    return cast("int", QUERIES.deletions(connection))
