"""What every `BackupServer` does, the one in memory and the real one alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from csbackup.client.backup.server import IdKind
from csbackup.client.browse.chain import read_history
from csbackup.errors import Refused
from csbackup.format import packing
from csbackup.format.ids import (
    NO_SNAPSHOT,
    ChunkId,
    DeviceId,
    NodeId,
    UploadId,
    block_id,
    chunk_id,
    snapshot_id,
)
from csbackup.format.keys import seal_data_key, sign
from csbackup.format.packing import Pack, PackBuilder, PackOwner
from csbackup.format.sealing import DataKey, seal_block
from csbackup.format.snapshot import SIGN_SNAPSHOT, Settings, Snapshot, Totals
from csbackup.format.tree import (
    FILE,
    ROOTS,
    Entry,
    Node,
    build_report,
    make_node,
    pack_node,
    unpack_node,
)
from csbackup.protocol.messages import CheckIn, DeviceHead
from support.backup_bench import SOURCE
from support.backup_servers import SERVERS, ServerUnderTest

CONTENT = b"the content of a file"


@pytest.fixture(params=SERVERS)
def under_test(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerUnderTest]:
    with request.param(tmp_path) as server:
        yield server


class Sending:
    """One upload with one file in it."""

    def __init__(self, under_test: ServerUnderTest) -> None:
        self.keys = under_test.keys
        self.device = under_test.device
        self.signing = under_test.signing
        self.server = under_test.server
        self.opened = self.server.open_upload(SOURCE)
        self.upload = self.opened.upload
        self.owner = PackOwner(self.keys.account, self.device, UploadId(self.upload))
        self.chunk: ChunkId = chunk_id(CONTENT, self.keys.id_key)
        row = Entry(b"/file", FILE, len(CONTENT), 1, 0o600, 0, 0, b"", b"", bytes(self.chunk))
        self.roots = make_node(ROOTS, [tuple(row)])
        self.settings = Settings(SOURCE, (b"/file",)).node()
        self.report = build_report([])

    def block_pack(self) -> Pack:
        key = bytes(range(32))
        data_key = DataKey(key, seal_data_key(key, self.keys.sealing_public, self.keys.account))
        block = seal_block(
            [CONTENT],
            data_key,
            self.keys,
            salt=bytes(24),
            compressor=zstandard.ZstdCompressor(),
        )
        builder = PackBuilder(packing.BLOCKS, self.owner)
        builder.add_block(block_id(block), block, [self.chunk])
        return builder.finish()

    def tree_pack(self, *nodes: Node) -> Pack:
        builder = PackBuilder(packing.TREES, self.owner)
        for node in nodes:
            frame = pack_node(node.plain, zstandard.ZstdCompressor())
            builder.add_node(node.id, frame, len(node.plain))
        return builder.finish()

    def put_all(self) -> None:
        self.server.put_pack(self.upload, self.block_pack())
        self.server.put_pack(self.upload, self.tree_pack(self.roots, self.settings, self.report))

    def snapshot(self, *, sequence: int = 1, previous: bytes = b"", partial: bool = False) -> bytes:
        return Snapshot(
            account=self.keys.account,
            device=self.device,
            serial=1,
            source=SOURCE,
            sequence=sequence,
            previous=snapshot_id(previous) if previous else NO_SNAPSHOT,
            started_ns=1,
            finished_ns=2,
            settings=self.settings.id,
            roots=self.roots.id,
            report=self.report.id,
            totals=Totals(files=1, bytes=len(CONTENT)),
            coverage_ppm=1_000_000,
            partial=partial,
        ).encode()

    def sign(self, signed: bytes) -> bytes:
        return sign(self.signing, SIGN_SNAPSHOT, signed)


@pytest.fixture
def sending(under_test: ServerUnderTest) -> Sending:
    return Sending(under_test)


def here(sending: Sending, id: bytes, kind: IdKind, width: int = 32) -> bool:
    (answer,) = sending.server.have(sending.upload, [id[:width]], kind=kind, width=width)
    return answer


def test_an_account_is_empty_until_a_pack_came(sending: Sending) -> None:
    assert sending.opened.account_empty

    sending.put_all()

    assert not sending.server.open_upload(SOURCE).account_empty


def test_what_was_put_is_there_by_prefix_and_by_id(sending: Sending) -> None:
    before = [here(sending, sending.chunk, "chunks", width) for width in (8, 32)]

    sending.put_all()

    assert before == [False, False]
    assert [here(sending, sending.chunk, "chunks", width) for width in (8, 32)] == [True, True]
    assert [here(sending, sending.roots.id, "nodes", width) for width in (8, 32)] == [True, True]


def test_an_id_of_which_only_the_beginning_fits_is_not_there(sending: Sending) -> None:
    sending.put_all()

    other = sending.chunk[:8] + bytes(24)

    assert here(sending, other, "chunks", 8)
    assert not here(sending, other, "chunks", 32)


def test_a_node_that_lacks_something_does_not_count_as_there(sending: Sending) -> None:
    sending.server.put_pack(sending.upload, sending.tree_pack(sending.roots))

    assert not here(sending, sending.roots.id, "nodes")
    nodes = (sending.settings, sending.report)
    sending.server.put_pack(sending.upload, sending.tree_pack(*nodes))
    sending.server.put_pack(sending.upload, sending.block_pack())
    signed = sending.snapshot()
    sending.server.commit(sending.upload, signed, sending.sign(signed))
    sending.upload = sending.server.open_upload(SOURCE).upload
    assert here(sending, sending.roots.id, "nodes")


def test_a_pack_put_twice_is_kept_once(sending: Sending) -> None:
    pack = sending.block_pack()

    answers = [sending.server.put_pack(sending.upload, pack) for _ in range(2)]

    assert [(answer.pack, answer.new) for answer in answers] == [(pack.id, True), (pack.id, False)]


def test_a_pack_of_another_device_is_refused(sending: Sending) -> None:
    sending.owner = replace(sending.owner, device=DeviceId(bytes(16)))

    with pytest.raises(Refused):
        sending.server.put_pack(sending.upload, sending.block_pack())

    assert not here(sending, sending.chunk, "chunks")


def test_a_pack_reads_back_as_it_was_sent(sending: Sending) -> None:
    pack = sending.block_pack()
    sending.server.put_pack(sending.upload, pack)

    found = sending.server.read_upload_pack(sending.upload, pack.id, 3, 90)

    assert found == b"".join(pack.parts)[3:90]


def test_nodes_come_back_and_unknown_ones_are_left_out(sending: Sending) -> None:
    sending.put_all()
    signed = sending.snapshot()
    sending.server.commit(sending.upload, signed, sending.sign(signed))
    unknown = NodeId(bytes(32))

    found = sending.server.nodes([sending.roots.id, unknown])

    assert list(found) == [sending.roots.id]
    assert unpack_node(found[sending.roots.id], sending.roots.id) == sending.roots.plain


def test_a_commit_becomes_the_head_and_the_newest_snapshot(sending: Sending) -> None:
    sending.put_all()
    signed = sending.snapshot()

    committed = sending.server.commit(sending.upload, signed, sending.sign(signed))

    assert (committed.snapshot, committed.sequence) == (snapshot_id(signed), 1)
    heads = sending.server.open_upload(SOURCE).heads
    assert [(head.sequence, head.snapshot) for head in heads] == [(1, committed.snapshot)]
    (info,) = sending.server.snapshots().snapshots
    assert (info.signed, info.signature) == (signed, sending.sign(signed))
    hello = CheckIn("0", "linux")
    assert sending.server.check_in(hello).heads == heads


def test_what_was_committed_can_be_proven(sending: Sending) -> None:
    sending.put_all()
    signed = sending.snapshot()
    sending.server.commit(sending.upload, signed, sending.sign(signed))

    history = read_history(sending.server, sending.device, sending.keys)

    assert history.newest == DeviceHead(sending.device, 1, snapshot_id(signed))
    assert [kept.id for kept in history.whole] == [snapshot_id(signed)]


def test_the_same_commit_again_gives_the_same_answer(sending: Sending) -> None:
    sending.put_all()
    signed = sending.snapshot()

    answers = [
        sending.server.commit(sending.upload, signed, sending.sign(signed)) for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert len(sending.server.snapshots().snapshots) == 1


def test_a_commit_that_lacks_a_chunk_is_refused_and_names_it(sending: Sending) -> None:
    nodes = (sending.roots, sending.settings, sending.report)
    sending.server.put_pack(sending.upload, sending.tree_pack(*nodes))
    signed = sending.snapshot()

    with pytest.raises(Refused) as refusal:
        sending.server.commit(sending.upload, signed, sending.sign(signed))

    assert refusal.value.problem == "missing-references"
    missing = refusal.value.extra["missing"]
    assert {"kind": "chunk", "id": sending.chunk.hex()} in missing  # type: ignore[operator]
    assert sending.server.snapshots().snapshots == ()


def test_a_commit_out_of_turn_is_refused_and_says_what_is_newest(sending: Sending) -> None:
    sending.put_all()
    first = sending.snapshot()
    sending.server.commit(sending.upload, first, sending.sign(first))
    sending.upload = sending.server.open_upload(SOURCE).upload
    late = sending.snapshot(sequence=4, previous=first)

    with pytest.raises(Refused) as refusal:
        sending.server.commit(sending.upload, late, sending.sign(late))

    assert refusal.value.problem == "not-next"
    assert refusal.value.extra["sequence"] == 1
    assert refusal.value.extra["snapshot"] == snapshot_id(first).hex()


def test_an_upload_ends_with_its_snapshot(sending: Sending) -> None:
    sending.put_all()
    first = sending.snapshot()
    sending.server.commit(sending.upload, first, sending.sign(first))
    second = sending.snapshot(sequence=2, previous=first)

    with pytest.raises(Refused) as refusal:
        sending.server.commit(sending.upload, second, sending.sign(second))

    assert refusal.value.problem == "conflict"


def test_an_upload_goes_on_after_a_checkpoint(sending: Sending) -> None:
    sending.put_all()
    first = sending.snapshot(partial=True)
    sending.server.commit(sending.upload, first, sending.sign(first))
    second = sending.snapshot(sequence=2, previous=first)

    committed = sending.server.commit(sending.upload, second, sending.sign(second))

    assert committed.sequence == 2


def test_a_commit_with_a_wrong_signature_is_refused(sending: Sending) -> None:
    sending.put_all()
    signed = sending.snapshot()

    with pytest.raises(Refused) as refusal:
        sending.server.commit(sending.upload, signed, bytes(64))

    assert refusal.value.problem == "signature-invalid"


def test_an_upload_that_does_not_exist_is_refused(sending: Sending) -> None:
    with pytest.raises(Refused) as refusal:
        sending.server.have(bytes(16), [sending.chunk], kind="chunks", width=32)

    assert refusal.value.problem == "not-found"
