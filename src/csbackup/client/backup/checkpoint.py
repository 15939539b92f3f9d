"""Commits what a long run has so far, so that losing the machine then loses little."""

from __future__ import annotations

import time

from csbackup.client.backup.commit import Committer
from csbackup.client.backup.context import Limits
from csbackup.client.backup.entries import EntryMaker, Subtree
from csbackup.client.backup.folders import Frame, total
from csbackup.client.backup.listings import list_page, list_roots, list_whole, name_folder
from csbackup.client.backup.pipeline import Pipeline
from csbackup.client.backup.rows import RowKeeper
from csbackup.client.backup.tally import Tally
from csbackup.client.journal import Known
from csbackup.client.scan import NAME, Status, is_folder, join


class Checkpoints:
    """Asked after each file; acts when enough time went by or enough was read."""

    def __init__(
        self,
        pipeline: Pipeline,
        rows: RowKeeper,
        maker: EntryMaker,
        tally: Tally,
        committer: Committer,
        limits: Limits,
    ) -> None:
        self._pipeline = pipeline
        self._rows = rows
        self._maker = maker
        self._tally = tally
        self._committer = committer
        self._limits = limits
        self._begin()

    def after_file(self, stack: list[Frame]) -> None:
        if not self._due():
            return
        content = self._committer.prepare(self._so_far(stack), self._tally)
        self._rows.save()
        self._committer.commit(content, self._tally, partial=True)
        self._begin()

    def _begin(self) -> None:
        self._time = time.monotonic()
        self._bytes = self._tally.bytes_read

    def _due(self) -> bool:
        read = self._tally.bytes_read - self._bytes
        if not read:
            return False
        late = time.monotonic() - self._time >= self._limits.checkpoint_seconds
        return late or read >= self._limits.checkpoint_bytes

    def _so_far(self, stack: list[Frame]) -> Subtree:
        """The roots with all that is done: each open folder with what it has."""
        inner: tuple[Status, Subtree] | None = None
        for frame in reversed(stack):
            subtree = self._close(frame, inner)
            if frame.status is not None:
                inner = (frame.status, subtree)
        return subtree

    def _close(self, frame: Frame, inner: tuple[Status, Subtree] | None) -> Subtree:
        children = dict(frame.children)
        statuses = [one for one in frame.page.statuses if is_folder(one)] if frame.page else []
        if inner is not None:
            children[inner[0][NAME]] = inner[1]
        done = {entry.row[0] for entry in frame.entries}
        entries = list(frame.entries)
        for status in statuses:
            if status[NAME] in children and status[NAME] not in done:
                entries.extend(self._folder(frame, status, children[status[NAME]]))
        entries.sort(key=_name)
        send = self._pipeline.node
        if frame.is_roots:
            listings = list_roots(entries, send)
        elif frame.listings and entries:
            listings = frame.listings + list_page(entries, send)
        else:
            listings = frame.listings or list_whole(entries, send)
        result = total(listings, entries, children)
        node = name_folder(listings, send)
        return Subtree(
            node,
            frame.files + result.files,
            frame.folders + result.folders,
            frame.bytes + result.bytes,
        )

    def _folder(self, frame: Frame, status: Status, subtree: Subtree) -> list[Known]:
        path = join(frame.path, status[NAME])
        try:
            return [self._maker.make_folder(path, status, None, subtree)]
        except OSError:
            return []  # the walk meets the same when it comes here, and says so


def _name(entry: Known) -> bytes:
    name: bytes = entry.row[0]
    return name
