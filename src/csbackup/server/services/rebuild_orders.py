"""An account's restore orders that have not ended, out of their records."""

from __future__ import annotations

from csbackup.server.services.order_rows import bring_back
from csbackup.server.services.rebuild_scope import Scope


def rebuild_orders(scope: Scope, now_ns: int) -> None:
    """After the snapshots: an order needs its own. What cannot be carried out any more goes."""
    places = scope.database, scope.store, scope.records
    for line in bring_back(*places, scope.account, scope.number, now_ns):
        scope.problem(line)
