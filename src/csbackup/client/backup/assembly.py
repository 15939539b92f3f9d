"""Puts the parts of a run together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from csbackup.client.backup.chain import Chain
from csbackup.client.backup.checkpoint import Checkpoints
from csbackup.client.backup.commit import Committer
from csbackup.client.backup.content import ContentReader
from csbackup.client.backup.context import BackupContext
from csbackup.client.backup.entries import EntryMaker, Reading
from csbackup.client.backup.folders import Walking
from csbackup.client.backup.pipeline import Pipeline, Sealing
from csbackup.client.backup.roots import bounds_of, chosen_roots, own_state
from csbackup.client.backup.rows import RowKeeper
from csbackup.client.backup.tally import Tally
from csbackup.client.journal import Journal
from csbackup.format.ids import UploadId
from csbackup.format.keys import seal_data_key
from csbackup.format.packing import PackOwner
from csbackup.format.sealing import DataKey
from csbackup.protocol.messages import Upload

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Run:
    """What one attempt works with. `data_key` opens what this run sends, and nothing else."""

    context: BackupContext
    tally: Tally
    journal: Journal
    pipeline: Pipeline
    data_key: DataKey
    committer: Committer
    walking: Walking


@contextmanager
def assemble(
    context: BackupContext, tally: Tally, journal: Journal, chain: Chain, upload: Upload
) -> Iterator[Run]:
    """Its threads end with it, and the data key is dropped."""
    data_key = _make_data_key(context)
    pipeline = _make_pipeline(context, data_key, upload, tally)
    try:
        rows = RowKeeper(journal, pipeline, context.limits)
        committer = Committer(context, pipeline, chain, journal)
        maker = _make_entry_maker(context, pipeline, tally)
        checkpoints = Checkpoints(pipeline, rows, maker, tally, committer, context.limits)
        walking = Walking(
            files=context.files,
            journal=journal,
            rows=rows,
            pipeline=pipeline,
            maker=maker,
            tally=tally,
            bounds=bounds_of(context),
            chosen=chosen_roots(context),
            skipped=own_state(context),
            one_file_system=context.settings.one_file_system,
            after_file=checkpoints.after_file,
            on_file=context.on_file,
        )
        yield Run(context, tally, journal, pipeline, data_key, committer, walking)
    finally:
        pipeline.stop()


def _make_data_key(context: BackupContext) -> DataKey:
    keys = context.device.keys
    key = context.random_bytes(_KEY_BYTES)
    return DataKey(key, seal_data_key(key, keys.sealing_public, keys.account))


def _make_pipeline(
    context: BackupContext, data_key: DataKey, upload: Upload, tally: Tally
) -> Pipeline:
    device = context.device
    return Pipeline(
        context.server,
        PackOwner(device.account, device.device, UploadId(upload.upload)),
        Sealing(device.keys, data_key, context.random_bytes),
        context.limits,
        ask=not upload.account_empty,
        on_sent=tally.sent,
    )


def _make_entry_maker(context: BackupContext, pipeline: Pipeline, tally: Tally) -> EntryMaker:
    device = context.device
    content = ContentReader(
        context.files,
        device.keys,
        pipeline.chunk,
        pipeline.node,
        inline_chunks=context.limits.inline_chunks,
    )
    return EntryMaker(
        Reading(context.files, content, tally, device.keys, device.device, context.clock)
    )
