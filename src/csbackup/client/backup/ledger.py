"""Keeps count of what is acknowledged: the journal may name nothing else."""

from __future__ import annotations

import threading
from collections.abc import Mapping


class Ledger:
    """Batches are numbered from 1 and may finish in any order.

    `settled` is the newest number up to which every item of every batch is acknowledged by the
    server, or was there before.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, int] = {}
        self._newest = 0
        self._settled = 0

    @property
    def settled(self) -> int:
        return self._settled

    def begin(self, batch: int, items: int) -> None:
        with self._lock:
            self._newest = batch
            if items:
                self._open[batch] = items
            self._advance()

    def settle(self, items: Mapping[int, int]) -> None:
        """So many items of each of these batches are acknowledged."""
        with self._lock:
            for batch, count in items.items():
                self._open[batch] -= count
                if not self._open[batch]:
                    del self._open[batch]
            self._advance()

    def _advance(self) -> None:
        while self._settled < self._newest and self._settled + 1 not in self._open:
            self._settled += 1
