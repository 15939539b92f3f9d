"""The nets of the crash tests catch what they are for: each with a part that does it wrong."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from csbackup.client.backup.assembly import Run, assemble
from csbackup.client.backup.chain import Chain
from csbackup.client.backup.folders import Walk
from csbackup.client.backup.pipeline import Pipeline
from csbackup.client.backup.roots import find_roots
from csbackup.client.backup.rows import RowKeeper
from csbackup.client.backup.run import identity_of, run_backup
from csbackup.client.backup.tally import Tally
from csbackup.client.heads import Heads
from csbackup.client.journal import Journal, PageRow
from csbackup.errors import Refused, ServerWentBack
from csbackup.format.ids import split_ids
from csbackup.format.packing import Pack
from csbackup.format.tree import FILE
from csbackup.protocol import messages
from csbackup.protocol.messages import DeviceHead
from support.backup_bench import Bench, Listener, make_bench
from support.fake_server import FakeServer


class Cut(Exception):
    """The machine goes away here."""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = make_bench(tmp_path)
    bench.limits = replace(bench.limits, pack_bytes=100_000, save_bytes=1, uploaders=1)
    chance = random.Random(3)
    for number in range(8):
        folder = tmp_path / "data" / f"folder {number}"
        folder.mkdir()
        (folder / "file").write_bytes(chance.randbytes(60_000))
    time.sleep(0.12)  # or the journal keeps looking at files this young
    return bench


# --- rows that are kept before what they name is acknowledged -----------------------------------


class HastyRows(RowKeeper):
    """The other order: journal first."""

    def __init__(self, journal: Journal, pipeline: Pipeline) -> None:
        self._hasty_journal = journal
        self._hasty_pipeline = pipeline

    def add(self, row: PageRow) -> None:
        self._hasty_journal.put([row])
        self._hasty_journal.save()

    def save(self) -> None:
        self._hasty_pipeline.drain()


@contextmanager
def begun(bench: Bench) -> Iterator[Run]:
    context = bench.context()
    bench.home.mkdir(exist_ok=True)
    tally = Tally(Listener())
    journal = Journal(bench.home / "journal.db", identity_of(context))
    upload = bench.server.open_upload(context.settings.source)
    device = context.device
    chain = Chain(device.device, context.heads, context.server, device.keys)
    try:
        with assemble(context, tally, journal, chain, upload) as run:
            yield run
    finally:
        journal.close()


def names_what_is_not_there(bench: Bench) -> bool:
    journal = Journal(bench.home / "journal.db", identity_of(bench.context()))
    rows = list(journal.all_entries())
    journal.close()
    nodes = {node for _, _, result, _ in rows for node, _ in result.nodes}
    files = [entry for _, _, _, entries in rows for entry in entries if entry.row[1] == FILE]
    chunks = {chunk for entry in files for chunk in split_ids(entry.row[9])}
    return bool(nodes - bench.server.tree_nodes.keys() or chunks - bench.server.chunks.keys())


def cut_at_the_second_pack(bench: Bench) -> None:
    def before(request: str) -> None:
        if request == "put_pack" and bench.server.calls["put_pack"] == 2:
            raise Cut

    bench.server.before = before


@pytest.mark.parametrize("hasty", [False, True])
def test_rows_kept_before_their_acknowledgement_are_noticed(bench: Bench, hasty: bool) -> None:
    cut_at_the_second_pack(bench)
    with pytest.raises(Cut), begun(bench) as run:
        rows = HastyRows(run.journal, run.pipeline) if hasty else run.walking.rows
        Walk(replace(run.walking, rows=rows)).run(find_roots(run.context, run.tally))
        rows.save()

    assert names_what_is_not_there(bench) == hasty


# --- heads that are not remembered --------------------------------------------------------------


@dataclass
class Forgetful:
    """Remembers nothing it has seen."""

    def check(self, heads: Iterable[DeviceHead]) -> None: ...
    def remember(self, heads: Iterable[DeviceHead]) -> None: ...
    def seen(self, device: bytes) -> DeviceHead | None:
        return None


@pytest.mark.parametrize("forgetful", [False, True])
def test_a_server_that_went_back_is_noticed_by_what_was_remembered(
    bench: Bench,
    forgetful: bool,
) -> None:
    context = bench.context()
    context = replace(context, heads=Forgetful()) if forgetful else context
    run_backup(context, Listener())
    (bench.home.parent / "data" / "new").write_bytes(b"new")
    run_backup(context, Listener())
    bench.server.committed.pop()

    if forgetful:
        run_backup(context, Listener())
        assert len(bench.server.committed) == 2  # over the one that is gone, and nobody knows
        return
    with pytest.raises(ServerWentBack):
        run_backup(context, Listener())
    assert isinstance(context.heads, Heads)


# --- a commit that is made twice ----------------------------------------------------------------


class Unsure(FakeServer):
    """Commits, and then says that another snapshot came in between: the client signs anew."""

    def commit(self, upload: bytes, signed: bytes, signature: bytes) -> messages.Committed:
        committed = super().commit(upload, signed, signature)
        if committed.sequence > 1:
            return committed
        self.finished.discard(upload)
        raise Refused(409, "not-next", "Another snapshot came in between.", {})


@pytest.mark.parametrize("unsure", [False, True])
def test_a_snapshot_committed_twice_is_noticed_by_its_sequence(bench: Bench, unsure: bool) -> None:
    if unsure:
        old = bench.server
        bench.server = Unsure(old.account, old.device, old.signing_public)
        bench.server.certified = old.certified

    result = bench.backup()

    once = [info.sequence for info in bench.server.committed] == [1] and result.sequence == 1
    assert once == (not unsure)


# --- packs that are acknowledged and not kept ---------------------------------------------------


class Forgetting(FakeServer):
    """Acknowledges its third pack without keeping it."""

    def put_pack(self, upload: bytes, pack: Pack) -> messages.PackReceived:
        if self.calls["put_pack"] == 2:
            self._called("put_pack")
            return messages.PackReceived(pack.id, new=True)
        return super().put_pack(upload, pack)

    def read_upload_pack(self, upload: bytes, pack: bytes, start: int, end: int) -> bytes:
        if pack not in self.packs:
            raise Refused(404, "not-found", "This upload has sent no such pack.", {})
        return super().read_upload_pack(upload, pack, start, end)


def test_a_pack_acknowledged_and_not_kept_is_in_no_snapshot(bench: Bench) -> None:
    old = bench.server
    bench.server = Forgetting(old.account, old.device, old.signing_public)
    bench.limits = replace(bench.limits, read_back_blocks=0)

    bench.backup()

    opened = bench.opened()
    for path in (bench.home.parent / "data").rglob("file"):
        assert opened[os.fsencode(path)].content == path.read_bytes()
    assert bench.server.calls["commit"] == 2  # the first was refused, what was missing sent again


# --- chunks that are sent although they are there -----------------------------------------------


class Ignorant(FakeServer):
    """Says that it has nothing."""

    def have(self, upload: bytes, ids: Sequence[bytes], *, kind: str, width: int) -> list[bool]:
        self._called("have")
        return [False] * len(ids)


@pytest.mark.parametrize("ignorant", [False, True])
def test_what_is_sent_though_it_is_there_is_noticed(bench: Bench, ignorant: bool) -> None:
    if ignorant:
        old = bench.server
        bench.server = Ignorant(old.account, old.device, old.signing_public)
    bench.backup()
    bench.forget_journal()
    (bench.home.parent / "data" / "folder 1" / "file").touch()

    bench.backup()

    assert bool(bench.server.repeated) == ignorant
