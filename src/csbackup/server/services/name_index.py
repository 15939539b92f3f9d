"""The names of listings that came before the catalog kept names."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

from csbackup.errors import FormatError, NotFound
from csbackup.format.ids import AccountId
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.catalog.names import UnnamedNode, keep_names, set_names, unnamed_nodes
from csbackup.server.catalog.nodes import deletions
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.references import names_in
from csbackup.server.store import Store

_AT_ONCE = 100


class NameIndex:
    """Catches up, some listings at a time. Until it has, a search reads those that are left."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def catch_up(self, at_once: int = _AT_ONCE) -> bool:
        """Look at some; whether there were any. After a crash it goes on where it was."""
        connection = self._database.read()
        before = deletions(connection)
        nodes = unnamed_nodes(connection, at_once)
        for (account, account_id), some in groupby(nodes, attrgetter("account", "account_id")):
            self._name(account, account_id, list(some), before)
        return bool(nodes)

    def _name(
        self, account: int, account_id: AccountId, nodes: list[UnnamedNode], before: int
    ) -> None:
        reader = NodeReader(self._database.read(), self._store, account_id, account)
        names = [_names(reader, node) for node in nodes]

        def change(connection: Connection) -> None:
            if deletions(connection) != before:
                return  # they may be gone, and their numbers another account's: look again
            numbers = keep_names(connection, account, names)
            pairs = zip(numbers, (node.number for node in nodes), strict=True)
            set_names(connection, pairs)

        self._database.write(change)


def _names(reader: NodeReader, node: UnnamedNode) -> bytes:
    """Of a listing that is lost or damaged, none: a search could not read it either."""
    try:
        return names_in(reader.read(node.node))
    except (NotFound, FormatError):
        return b""
