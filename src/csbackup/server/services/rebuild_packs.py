"""An account's packs, by their footers; of tree packs the trees too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

from csbackup.errors import FormatError
from csbackup.format.packing import TREES, Footer
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.nodes import complete_nodes, waiting_nodes
from csbackup.server.catalog.packs import PackRow
from csbackup.server.services.completing import Settling
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.rebuild_devices import device_number
from csbackup.server.services.rebuild_scope import Scope
from csbackup.server.services.receiving import footer_of, pack_change
from csbackup.server.services.references import ReadNode, read_one
from csbackup.server.store import StoredPack

_BLOCK_PACKS_AT_ONCE = 16  # share a transaction
_TREE_PACKS_AT_ONCE = 1  # what one names may fill 20 MB

Change = Callable[[Connection], bool]


def rebuild_packs(scope: Scope) -> None:
    """Blocks before trees: so nearly every tree finds at once what it names.

    A damaged pack is named and left out; it stays in the store.
    """
    trees: list[StoredPack] = []
    _add_all(scope, _block_changes(scope, trees), _BLOCK_PACKS_AT_ONCE)
    _add_all(scope, _tree_changes(scope, trees), _TREE_PACKS_AT_ONCE)
    _complete_waiting(scope)


def _add_all(scope: Scope, changes: Iterator[Change], at_once: int) -> None:
    while group := list(islice(changes, at_once)):
        scope.database.write(partial(_carry_out, group))
        for _ in group:
            scope.tally.count_pack()


def _carry_out(changes: list[Change], connection: Connection) -> None:
    for change in changes:
        change(connection)


def _block_changes(scope: Scope, trees: list[StoredPack]) -> Iterator[Change]:
    """The changes that add block packs; tree packs are put aside."""
    for stored in scope.store.packs(scope.account):
        footer = _footer(scope, stored)
        if footer is None:
            continue
        if footer.kind == TREES:
            trees.append(stored)
            continue
        yield pack_change(scope.database, _row(scope, stored, footer), footer, [])


def _tree_changes(scope: Scope, trees: Iterable[StoredPack]) -> Iterator[Change]:
    for stored in trees:
        footer = _footer(scope, stored)
        if footer is not None:
            nodes = _nodes(scope, stored, footer)
            yield pack_change(scope.database, _row(scope, stored, footer), footer, nodes)


def _footer(scope: Scope, stored: StoredPack) -> Footer | None:
    def read(offset: int, length: int) -> bytes:
        return scope.store.read(scope.account, stored.pack, offset, length)

    try:
        footer = footer_of(stored.pack, stored.size, read)
    except (FormatError, OSError) as problem:
        scope.problem(f"Left out pack {stored.pack.hex()}: {problem}")
        return None
    if footer.owner.account != scope.account:
        scope.problem(f"Left out pack {stored.pack.hex()}: it lies in another account's folder.")
        return None
    return footer


def _row(scope: Scope, stored: StoredPack, footer: Footer) -> PackRow:
    return PackRow(
        account=scope.number,
        pack=stored.pack,
        device=device_number(scope, footer.owner.device),
        upload=footer.owner.upload,
        kind=footer.kind,
        size=stored.size,
        received=stored.received_ns,
    )


def _nodes(scope: Scope, stored: StoredPack, footer: Footer) -> Iterator[ReadNode]:
    """The trees of a pack; a damaged one is named and left out, the others count."""
    for item in footer.items:
        try:
            packed = scope.store.read(scope.account, stored.pack, item.offset, item.length)
            yield read_one(item, packed)
        except (FormatError, OSError) as problem:
            scope.problem(f"Left out a listing in pack {stored.pack.hex()}: {problem}")


def _complete_waiting(scope: Scope) -> None:
    """Trees that came before those below them."""
    with scope.database.steady() as connection:
        waiting = waiting_nodes(connection, scope.number)
        reader = NodeReader(connection, scope.store, scope.account, scope.number)
        settlement = Settling(connection, reader, scope.number).settle(waiting)
    scope.database.write(lambda found: complete_nodes(found, settlement.completions))
