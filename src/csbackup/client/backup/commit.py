"""Signs a snapshot and has the server make it visible."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.backup.chain import Chain
from csbackup.client.backup.context import BackupContext
from csbackup.client.backup.entries import Subtree
from csbackup.client.backup.pipeline import Pipeline
from csbackup.client.backup.tally import Tally
from csbackup.client.journal import Journal
from csbackup.errors import ClientError, HistoryBroken, Refused
from csbackup.format.ids import NodeId, snapshot_id
from csbackup.format.keys import sign
from csbackup.format.snapshot import SIGN_SNAPSHOT, Snapshot
from csbackup.format.tree import build_report
from csbackup.protocol.messages import CheckIn, Committed, DeviceHead

_COMPANIONS = "companions"  # settings and report of the last snapshot, which the server has
_LAST = "last"  # that snapshot, with all that it names, unless it is a checkpoint
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Content:
    """The nodes that a snapshot names."""

    roots: Subtree
    settings: NodeId
    report: NodeId


class Committer:
    """Commits the checkpoints and the snapshot of one run."""

    def __init__(
        self, context: BackupContext, pipeline: Pipeline, chain: Chain, journal: Journal
    ) -> None:
        self._context = context
        self._pipeline = pipeline
        self._chain = chain
        self._journal = journal
        self._started = context.clock()

    def prepare(self, roots: Subtree, tally: Tally, *, doubtful: bool = False) -> Content:
        """Hand the last nodes to the pipeline, which is to be drained before the commit."""
        settings = self._context.settings.node()
        report = build_report(tally.report())
        if self._journal.fact(_COMPANIONS) != settings.id + report.id or doubtful:
            self._pipeline.node(settings)
            self._pipeline.node(report)
        return Content(roots, settings.id, report.id)

    def is_kept(self, content: Content) -> bool:
        """Whether the newest snapshot of this device is whole and names just the same."""
        return self._journal.fact(_LAST) == self._chain.newest + _names(content)

    def commit(self, content: Content, tally: Tally, *, partial: bool = False) -> Committed:
        """Back when the snapshot is visible and remembered here.

        Order: everything it names is acknowledged, then the snapshot, then our own `heads`. A
        crash before the last leaves a server that knows more than we do, which is no harm.
        """
        committed = self._commit(content, tally, partial=partial)
        with suppress(ClientError):  # a journal that fails now must not make us commit again
            self._journal.keep_fact(_COMPANIONS, content.settings + content.report)
            if not partial:
                self._journal.keep_fact(_LAST, committed.snapshot + _names(content))
            self._journal.save()
        return committed

    def _commit(self, content: Content, tally: Tally, *, partial: bool) -> Committed:
        """Once more when another snapshot of this device came in between."""
        for attempt in range(1, _ATTEMPTS + 1):
            snapshot = self._snapshot(content, tally, partial=partial)
            try:
                return self._put(snapshot)
            except Refused as refusal:
                if refusal.problem != "not-next" or attempt == _ATTEMPTS:
                    raise
                self._chain.follow(self._ask_heads())
        raise AssertionError("unreachable")  # pragma: no cover

    def _put(self, snapshot: Snapshot) -> Committed:
        context = self._context
        signed = snapshot.encode()
        key = Ed25519PrivateKey.from_private_bytes(context.device.signing_private)
        signature = sign(key, SIGN_SNAPSHOT, signed)
        committed = context.server.commit(self._pipeline.upload, signed, signature)
        if committed.snapshot != snapshot_id(signed) or committed.sequence != snapshot.sequence:
            raise HistoryBroken("the server acknowledged another snapshot than the one sent")
        self._chain.grow(committed)
        return committed

    def _ask_heads(self) -> tuple[DeviceHead, ...]:
        hello = CheckIn(self._context.client_version, "", "running")
        return self._context.server.check_in(hello).heads

    def _snapshot(self, content: Content, tally: Tally, *, partial: bool) -> Snapshot:
        device = self._context.device
        chain = self._chain
        roots = content.roots
        return Snapshot(
            account=device.account,
            device=device.device,
            serial=device.serial,
            source=self._context.settings.source,
            sequence=chain.sequence + 1,
            previous=chain.newest,
            started_ns=self._started,
            finished_ns=self._context.clock(),
            settings=content.settings,
            roots=NodeId(roots.node),
            report=content.report,
            totals=tally.totals(roots.files, roots.folders, roots.bytes),
            coverage_ppm=tally.coverage_ppm(),
            problems=tally.counts(),
            partial=partial,
            heads=chain.siblings,
            client=self._context.client_version,
        )


def _names(content: Content) -> bytes:
    return content.roots.node + content.settings + content.report
