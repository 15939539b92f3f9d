"""Which listings lead down to names that are looked for; what does not is never opened."""

from __future__ import annotations

from collections.abc import Sequence

from csbackup.format.ids import NodeId
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.names import nodes_below, nodes_with
from csbackup.server.catalog.nodes import next_node
from csbackup.server.services.node_reader import NodeReader

_KNOWN, _HOLDS, _LEADS = 1, 2, 4  # what a mark of 2 or more says is worth opening


class Reach:
    """Knows of nodes by the catalog alone: one byte a node, and the numbers of those asked for."""

    def __init__(
        self, connection: Connection, reader: NodeReader, account: int, literal: bytes
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._numbers: dict[bytes, int] = {}
        self._marks = bytearray(next_node(connection))
        self.nothing = True  # no listing holds it
        for number in nodes_with(connection, account, literal):
            self._marks[number] = _HOLDS
            self.nothing = False

    def leading(self, nodes: Sequence[NodeId]) -> set[bytes]:
        """Those of these in which, or somewhere below which, a name may be found."""
        new = [node for node in nodes if node not in self._numbers]
        found = self._reader.numbers(new)
        self._numbers.update(found)
        self._explore(list(found.values()))
        return {
            node for node in nodes if node not in self._numbers or self._leads(self._numbers[node])
        }

    def holds(self, node: NodeId) -> bool:
        """Whether a listing itself may hold a name; asked of those that were found leading."""
        number = self._numbers.get(node)
        return number is None or bool(self._marks[number] & _HOLDS)

    def _leads(self, number: int) -> bool:
        return self._marks[number] >= _HOLDS

    def _explore(self, level: list[int]) -> None:
        """Go down level by level where nobody has been, then tell upwards what was found."""
        above: list[tuple[int, list[int]]] = []
        marks = self._marks
        level = [number for number in set(level) if not marks[number] & _KNOWN]
        while level:
            for number in level:
                marks[number] |= _KNOWN
            following: set[int] = set()
            for number, children in nodes_below(self._connection, level):
                if children is None:
                    marks[number] |= _LEADS  # it may
                elif children:
                    above.append((number, children))
                    following.update(one for one in children if not marks[one] & _KNOWN)
            level = list(following)
        self._tell(above[::-1])

    def _tell(self, above: list[tuple[int, list[int]]]) -> None:
        """Children stand further down mostly, so one pass from the end finds nearly all."""
        marks, found = self._marks, True
        while found:
            found = False
            for number, children in above:
                if not marks[number] & _LEADS and max(map(marks.__getitem__, children)) >= _HOLDS:
                    marks[number] |= _LEADS
                    found = True
