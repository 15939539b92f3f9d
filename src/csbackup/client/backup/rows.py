"""Holds the journal's new rows back until what they name is acknowledged."""

from __future__ import annotations

import time
from collections import deque

from csbackup.client.backup.context import Limits
from csbackup.client.backup.pipeline import Pipeline
from csbackup.client.journal import Journal, PageRow


class RowKeeper:
    """Order: chunks and nodes acknowledged first, journal second.

    A crash in between leaves work acknowledged that the journal does not know: those files are
    read again, and nothing is sent again. The other order could name what does not exist.
    """

    def __init__(self, journal: Journal, pipeline: Pipeline, limits: Limits) -> None:
        self._journal = journal
        self._pipeline = pipeline
        self._limits = limits
        self._waiting: deque[tuple[int, PageRow]] = deque()
        self._weight = 0
        self._saved = time.monotonic()

    def add(self, row: PageRow) -> None:
        """Keep a row as soon as all that was handed to the pipeline so far is acknowledged."""
        self._waiting.append((self._pipeline.batch, row))
        self._weight += row.weight
        if self._weight >= self._limits.save_bytes or self._overdue():
            self.save()

    def save(self) -> None:
        """Wait for the acknowledgements, then make the journal safe."""
        self._pipeline.drain()
        self._journal.put(self._settled())
        self._journal.save()
        self._saved = time.monotonic()

    def _overdue(self) -> bool:
        return time.monotonic() - self._saved >= self._limits.save_seconds

    def _settled(self) -> list[PageRow]:
        settled = self._pipeline.ledger.settled
        rows = []
        while self._waiting and self._waiting[0][0] <= settled:
            row = self._waiting.popleft()[1]
            self._weight -= row.weight
            rows.append(row)
        return rows
