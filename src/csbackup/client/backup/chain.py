"""The place of the next snapshot: what it follows, and the heads it names."""

from __future__ import annotations

from collections.abc import Iterable

from csbackup.client.backup.context import SeenHeads
from csbackup.client.browse.chain import HistorySource, check_head
from csbackup.errors import HistoryBroken
from csbackup.format.ids import NO_SNAPSHOT, DeviceId, SnapshotId
from csbackup.format.keys import DeviceKeys
from csbackup.format.snapshot import Head
from csbackup.protocol.messages import Committed, DeviceHead


class Chain:
    """Grows by one with each commit. What is committed is remembered before anything else."""

    def __init__(
        self, device: DeviceId, seen: SeenHeads, source: HistorySource, keys: DeviceKeys
    ) -> None:
        self._device = device
        self._seen = seen
        self._source = source
        self._keys = keys
        self.sequence = 0
        self.newest = NO_SNAPSHOT
        self.siblings: tuple[Head, ...] = ()

    def follow(self, heads: Iterable[DeviceHead]) -> None:
        """Go on from what the server says; `ServerWentBack` when that is less than was seen.

        A newer snapshot of our own than was seen here (a commit whose answer was lost, a state
        folder that was restored) is proven before it is followed: we sign what it names.
        """
        heads = tuple(heads)
        self._seen.check(heads)
        for head in heads:
            if head.device == self._device and head.sequence:
                self._prove(head)
        self._seen.remember(heads)
        self.sequence, self.newest = 0, NO_SNAPSHOT
        for head in heads:
            if head.device == self._device:
                self.sequence, self.newest = head.sequence, SnapshotId(head.snapshot)
        self.siblings = tuple(
            Head(DeviceId(head.device), head.sequence, SnapshotId(head.snapshot))
            for head in heads
            if head.device != self._device and head.sequence
        )

    def _prove(self, head: DeviceHead) -> None:
        seen = self._seen.seen(self._device)
        if seen == head:
            return
        history = check_head(self._source, head, self._keys)
        if seen is not None and not history.holds(seen.sequence, seen.snapshot):
            raise HistoryBroken(f"it goes on from another snapshot {seen.sequence} than was seen")

    def grow(self, committed: Committed) -> None:
        """A snapshot of ours is there: from now on a server without it went back."""
        self.sequence, self.newest = committed.sequence, SnapshotId(committed.snapshot)
        self._seen.remember([DeviceHead(self._device, committed.sequence, committed.snapshot)])
