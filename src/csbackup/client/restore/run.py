"""A restore from beginning to end.

    select -> walk the trees -> windows of steps -> locate, read, open, check -> write

Listings are read a little ahead, contents two windows ahead; memory is bounded by the windows,
whatever the size or number of files.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from csbackup.client.browse.nodes import NodeReader
from csbackup.client.restore.context import (
    Place,
    Progress,
    RestoreContext,
    RestoreResult,
)
from csbackup.client.restore.fetch import Fetched, Fetcher
from csbackup.client.restore.folders import Base, FolderStack
from csbackup.client.restore.links import Links
from csbackup.client.restore.plan import Selection, select
from csbackup.client.restore.tally import Tally
from csbackup.client.restore.walk import Walk
from csbackup.client.restore.windows import Window, fetch_ahead, gather
from csbackup.client.restore.writer import Writer
from csbackup.errors import PathProblem

_KEPT_NODE_BYTES = 3 * 1024 * 1024


def run_restore(context: RestoreContext, progress: Progress) -> RestoreResult:
    """Write what is selected; what cannot be written is a problem, and the restore goes on."""
    if os.open not in os.supports_dir_fd:
        raise PathProblem(
            "This system cannot be written to safely by this client yet. "
            "Download the files from the server's web page."
        )
    started = time.monotonic()
    progress.phase("Reading listings")
    reader = NodeReader(context.source, _KEPT_NODE_BYTES)
    selections = select(reader, context.kept.snapshot.roots, context.paths, context.to)
    progress.found(sum(one.files for one in selections), sum(one.bytes for one in selections))
    target = os.fsdecode(context.to or b"/")
    tally = Tally(
        target,
        is_root=os.geteuid() == 0,
        on_file=context.on_file,
        on_problem=context.on_problem,
    )
    progress.phase("Restoring")
    with contextlib.ExitStack() as open_bases:
        # All before anything is written: a link that is restored must not lead to a later base.
        bases = {path: Base(path) for path in {selection.base for selection in selections}}
        for base in bases.values():
            open_bases.callback(base.close)
        open_bases.enter_context(_no_mask())
        _write_all(context, selections, bases, reader, tally, progress)
    return RestoreResult(
        snapshot=context.kept.id,
        sequence=context.kept.snapshot.sequence,
        files=tally.files,
        bytes=tally.bytes,
        skipped=tally.skipped,
        places=tuple(Place(one.path, one.place) for one in selections),
        problems=tally.problems(),
        seconds=time.monotonic() - started,
    )


def _write_all(
    context: RestoreContext,
    selections: list[Selection],
    bases: dict[bytes, Base],
    reader: NodeReader,
    tally: Tally,
    progress: Progress,
) -> None:
    fetcher = Fetcher(context.source, context.keys, context.limits)
    links = Links()
    for selection in selections:
        stack = FolderStack(bases[selection.base])
        writer = Writer(stack, tally, links, fetcher.fetch, context.rule)
        walk = Walk(reader, tally.report, context.limits, context.rule)
        windows = gather(walk.items(selection), context.limits)
        ahead = fetch_ahead(windows, fetcher.fetch, context.limits.windows_ahead)
        with contextlib.closing(writer):
            _write_windows(ahead, writer, tally, progress)


def _write_windows(
    ahead: Iterator[tuple[Window, Fetched]], writer: Writer, tally: Tally, progress: Progress
) -> None:
    for window, fetched in ahead:
        files, bytes = tally.files + tally.skipped, tally.bytes
        writer.carry_out(window.items, fetched)
        progress.done(tally.files + tally.skipped - files, tally.bytes - bytes)


@contextlib.contextmanager
def _no_mask() -> Iterator[None]:
    """Modes come from the snapshot, exactly; with a mask every file would need a call more."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)
