"""Which listings lead down to names that are looked for; what does not is never opened."""

from __future__ import annotations

from collections.abc import Sequence

from csbackup.format.ids import NodeId
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.names import nodes_below, nodes_with
from csbackup.server.catalog.nodes import next_node
from csbackup.server.services.node_reader import NodeReader

_HOLDS, _KNOWN, _LEADS = 1, 2, 4


class Reach:
    """Knows of nodes by the catalog alone. One byte a node, whatever is asked."""

    def __init__(
        self, connection: Connection, reader: NodeReader, account: int, literal: bytes
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._marks = bytearray(next_node(connection))
        self.nothing = True  # no listing holds it
        for number in nodes_with(connection, account, literal):
            self._marks[number] = _HOLDS
            self.nothing = False

    def leading(self, nodes: Sequence[NodeId]) -> set[bytes]:
        """Those of these in which, or somewhere below which, a name may be found."""
        numbers = self._reader.numbers(nodes)
        self._explore(list(numbers.values()))
        return {node for node in nodes if node not in numbers or self._leads(numbers[node])}

    def _leads(self, number: int) -> bool:
        return bool(self._marks[number] & (_HOLDS | _LEADS))

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
        found = True
        while found:
            found = False
            for number, children in above:
                if not self._marks[number] & _LEADS and any(map(self._leads, children)):
                    self._marks[number] |= _LEADS
                    found = True
