"""One backup from start to end."""

from __future__ import annotations

import time

from csbackup.client.backup.assembly import Run, assemble
from csbackup.client.backup.chain import Chain
from csbackup.client.backup.context import BackupContext, BackupResult, Chosen, Progress
from csbackup.client.backup.entries import Subtree
from csbackup.client.backup.folders import Walk
from csbackup.client.backup.readback import read_back
from csbackup.client.backup.repair import distrust_missing
from csbackup.client.backup.roots import find_roots
from csbackup.client.backup.seeding import seed
from csbackup.client.backup.stilling import held_still
from csbackup.client.backup.tally import Tally
from csbackup.client.config import Home
from csbackup.client.journal import FILE as JOURNAL
from csbackup.client.journal import Journal, JournalDamaged
from csbackup.client.platform.locking import only_run
from csbackup.client.scan import Status
from csbackup.errors import ClientError, Refused
from csbackup.protocol.messages import Committed

LOCK = "backup.lock"


class NothingChanged(ClientError):
    """All is kept already, and no other snapshot was asked for."""

    code = "nothing-changed"

    def __init__(self) -> None:
        super().__init__("Nothing changed since the last snapshot; no new one was made.")


def run_backup(context: BackupContext, progress: Progress) -> BackupResult:
    """Back up the source and commit a snapshot, whatever single files do.

    `NothingChanged` when it would be as the last one, and the context wants changes only.

    Stops without a snapshot, and without harm to earlier ones, when no root is there, another
    backup runs, or the server cannot be reached, refuses, or went back.
    """
    begun = time.monotonic()
    context.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    tally = Tally(progress)
    with only_run(context.home / LOCK):
        Home(context.home).tidy(context.clock())
        with held_still(context) as (still, held):
            try:
                committed, done = _attempt(still, progress, tally)
            except JournalDamaged:
                # It was a cache: what was sent is found by asking, what was committed stays.
                Journal.remove(context.home / JOURNAL)
                committed, done = _attempt(still, progress, tally)
    return BackupResult(
        snapshot=committed.snapshot,
        sequence=committed.sequence,
        files=done.files,
        bytes=done.bytes,
        files_changed=tally.files_changed,
        bytes_read=tally.bytes_read,
        bytes_sent=tally.bytes_sent,
        coverage=tally.coverage_ppm() / 1_000_000,
        problems=tuple(tally.problems),
        seconds=time.monotonic() - begun,
        problem_counts=tally.counts(),
        stills=tuple(held.how),
    )


def _attempt(context: BackupContext, progress: Progress, tally: Tally) -> tuple[Committed, Subtree]:
    roots = _begin(context, tally)  # before anything is asked of the server
    journal = Journal(context.home / JOURNAL, identity_of(context))
    try:
        progress.phase("Connecting")
        upload = context.server.open_upload(context.settings.source)
        seen = context.heads.seen(context.device.device)  # before the server has its say
        device = context.device
        chain = Chain(device.device, context.heads, context.server, device.keys)
        chain.follow(upload.heads)
        seed(journal, context, chain.newest, seen)
        with assemble(context, tally, journal, chain, upload) as run:
            return _walk_and_commit(run, progress, roots)
    finally:
        journal.close()


def _begin(context: BackupContext, tally: Tally) -> list[Status]:
    """Counting from the start; the roots that are there."""
    tally.begin_again()
    for problem in context.problems:
        tally.problem(problem)
    return find_roots(context, tally)


def identity_of(context: Chosen) -> bytes:
    """Whose journal it is. The roots are no part of it: they are listed like a folder."""
    device = context.device
    return device.account + device.device + context.settings.source + device.pin.encode()


def _walk_and_commit(
    run: Run, progress: Progress, roots: list[Status]
) -> tuple[Committed, Subtree]:
    """Once more for what the server turns out to lack; see `repair`."""
    left = run.context.limits.commit_attempts
    again = False
    while True:
        left -= 1
        try:
            return _walk_once(run, progress, roots, again=again)
        except Refused as refusal:
            if refusal.problem != "missing-references" or not left:
                raise
        progress.phase("Sending again what the server lacks")
        run.walking.rows.save()
        distrust_missing(run.journal, run.context.server, run.pipeline.upload)
        run.pipeline.forget_seen()
        roots = _begin(run.context, run.tally)
        again = True


def _walk_once(
    run: Run, progress: Progress, roots: list[Status], *, again: bool
) -> tuple[Committed, Subtree]:
    progress.phase("Backing up")
    done = Walk(run.walking, doubtful=again).run(roots)
    for problem in run.context.remarks():
        run.tally.problem(problem)
    run.tally.tell()
    progress.phase("Finishing")
    content = run.committer.prepare(done, run.tally, doubtful=again)
    run.walking.rows.save()
    if run.context.only_changes and run.committer.is_kept(content):
        raise NothingChanged
    read_back(
        run.pipeline.sampler.take(),
        run.context.server,
        run.pipeline.upload,
        run.context.device.keys,
        run.data_key,
    )
    return run.committer.commit(content, run.tally), done
