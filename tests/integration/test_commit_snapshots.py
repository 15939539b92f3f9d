"""Commits: what makes a snapshot visible, and what a crash in between leaves."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from csbackup.errors import (
    CsbError,
    Forbidden,
    Malformed,
    MissingReferences,
    NotFound,
    NotNext,
    SignatureInvalid,
)
from csbackup.format.ids import NodeId, SnapshotId, UploadId
from csbackup.format.records import SnapshotRecord
from csbackup.server.services.moments import NEWEST, Moment
from support.server_data import SECOND, Device, Plane, backed_up


@pytest.fixture
def device(plane: Plane) -> Device:
    device = plane.account().device()
    device.begin()
    return device


def sequences(device: Device) -> list[tuple[int, bool]]:
    found = device.plane.history.snapshots(device.caller.device_number).snapshots
    return [(one.sequence, one.expired) for one in found]


def missing_of(failure: pytest.ExceptionInfo[MissingReferences]) -> set[tuple[str, str]]:
    missing = failure.value.extra["missing"]
    assert isinstance(missing, list)
    return {(one["kind"], one["id"]) for one in missing}


def record_names(plane: Plane, device: Device) -> list[str]:
    names = plane.records.names(device.caller.account)
    return [name.partition("-")[0] for name in names if name[0] == "s"]


def test_a_snapshot_is_visible_after_its_commit_and_not_before(device: Device) -> None:
    backup = backed_up({b"a": []})
    device.put(device.tree_pack(backup.nodes))
    before = sequences(device)

    result = device.commit(device.snapshot(backup))

    assert before == []
    assert sequences(device) == [(1, False)]
    assert result.new
    assert result.committed.received == device.plane.now


def test_the_same_snapshot_again_gives_the_same_answer(device: Device) -> None:
    backup = backed_up({b"a": []})
    device.put(device.tree_pack(backup.nodes))
    snapshot = device.snapshot(backup)
    first = device.commit(snapshot)
    device.plane.now += SECOND

    again = device.commit(snapshot)

    assert again.committed == first.committed
    assert not again.new
    assert sequences(device) == [(1, False)]


def test_missing_chunks_and_nodes_are_named(device: Device) -> None:
    here, gone = device.chunks(2)
    backup = backed_up({b"a": [here], b"b": [gone]})
    device.put(device.block_pack([[here]]))
    device.put(device.tree_pack(node for node in backup.nodes if node is not backup.report))

    with pytest.raises(MissingReferences) as failure:
        device.commit(device.snapshot(backup))

    assert missing_of(failure) == {("chunk", gone.hex()), ("node", backup.report.id.hex())}
    assert sequences(device) == []
    assert record_names(device.plane, device) == []


def test_what_was_missing_is_sent_and_the_commit_succeeds(device: Device) -> None:
    chunks = device.chunks(3)
    backup = backed_up({b"deep": {b"er": {b"a": chunks[:2]}}, b"b": chunks[2:]})
    device.put(device.tree_pack(reversed(backup.nodes)))
    snapshot = device.snapshot(backup)
    with pytest.raises(MissingReferences):
        device.commit(snapshot)

    device.put(device.block_pack([chunks]))
    device.commit(snapshot)

    number = device.caller.device_number
    deep = device.plane.history.listing(number, NEWEST, b"/home/anna/deep/er", offset=0, limit=10)
    assert [entry.name for entry in deep.entries] == ["a"]
    waiting = device.plane.database.read().execute("select count(*) from nodes where complete = 0")
    assert waiting.fetchone()[0] == 0


def test_at_most_a_thousand_missing_ids_are_named(device: Device) -> None:
    backup = backed_up({b"%04d" % n: [device.plane.some_id()] for n in range(1500)})
    device.put(device.tree_pack(backup.nodes))

    with pytest.raises(MissingReferences) as failure:
        device.commit(device.snapshot(backup))

    assert len(missing_of(failure)) == 1000


def test_a_chunk_of_another_account_counts_as_missing(device: Device, plane: Plane) -> None:
    stranger = plane.account("bert").device()
    chunk = stranger.chunks(1)
    stranger.back_up({b"a": chunk})
    backup = backed_up({b"a": chunk})
    device.put(device.tree_pack(backup.nodes))

    with pytest.raises(MissingReferences) as failure:
        device.commit(device.snapshot(backup))

    assert missing_of(failure) == {("chunk", chunk[0].hex())}


def test_a_snapshot_that_does_not_follow_hears_what_the_newest_is(device: Device) -> None:
    first = device.back_up({b"a": []})
    device.begin()
    backup = backed_up({b"a": []})
    snapshot = device.snapshot(backup)

    for wrong in (
        replace(snapshot, sequence=3),
        replace(snapshot, previous=SnapshotId(bytes(32))),
        replace(first, client="another"),
    ):
        with pytest.raises(NotNext) as failure:
            device.plane.commits.commit(
                device.caller, device.upload, device.signed(wrong), device.plane.now
            )
        assert failure.value.extra == {"sequence": 1, "snapshot": device.previous.hex()}

    assert sequences(device) == [(1, False)]


def test_a_signature_of_another_key_is_refused(device: Device, plane: Plane) -> None:
    backup = backed_up({b"a": []})
    device.put(device.tree_pack(backup.nodes))
    other = plane.account("bert").device()
    message = other.signed(device.snapshot(backup))

    with pytest.raises(SignatureInvalid):
        plane.commits.commit(device.caller, device.upload, message, plane.now)

    assert sequences(device) == []


def test_an_unknown_serial_is_refused(device: Device) -> None:
    backup = backed_up({b"a": []})

    with pytest.raises(SignatureInvalid):
        device.commit(replace(device.snapshot(backup), serial=2))


def test_a_revoked_serial_is_refused(device: Device) -> None:
    backup = backed_up({b"a": []})
    device.put(device.tree_pack(backup.nodes))
    device.plane.database.write(
        lambda connection: connection.execute("update certificates set revoked = 5")
    )

    with pytest.raises(Forbidden):
        device.commit(device.snapshot(backup))


def test_the_snapshot_of_another_device_is_refused(device: Device, plane: Plane) -> None:
    backup = backed_up({b"a": []})
    snapshot = replace(device.snapshot(backup), device=plane.account("bert").device().caller.device)

    with pytest.raises(Forbidden):
        device.commit(snapshot)


def test_noise_is_no_snapshot(device: Device) -> None:
    message = replace(device.signed(device.snapshot(backed_up({}))), snapshot=b"noise")

    with pytest.raises(Malformed):
        device.plane.commits.commit(device.caller, device.upload, message, device.plane.now)


def test_an_upload_that_is_not_the_devices_is_not_found(device: Device) -> None:
    backup = backed_up({b"a": []})
    device.put(device.tree_pack(backup.nodes))
    device.upload = UploadId(bytes(16))

    with pytest.raises(NotFound):
        device.commit(device.snapshot(backup))


def test_of_two_commits_that_race_exactly_one_wins(device: Device) -> None:
    trees = [backed_up({b"first": []}), backed_up({b"second": []})]
    for backup in trees:
        device.put(device.tree_pack(backup.nodes))
    messages = [device.signed(device.snapshot(backup)) for backup in trees]
    outcomes: list[object] = []
    gate = threading.Barrier(2)

    def race(number: int) -> None:
        gate.wait()
        try:
            outcomes.append(
                device.plane.commits.commit(
                    device.caller, device.upload, messages[number], device.plane.now
                )
            )
        except CsbError as problem:
            outcomes.append(problem)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([one for one in outcomes if isinstance(one, CsbError)]) == 1
    [visible] = device.plane.history.snapshots(device.caller.device_number).snapshots
    name = SnapshotRecord(device.caller.device, 1, 0, device.upload, b"", b"").file_name
    record = device.plane.records.read(device.caller.account, name)
    assert record is not None
    assert visible.signed in record


def test_a_checkpoint_is_replaced_by_the_next_snapshot_and_leaves_its_stub(
    device: Device, plane: Plane
) -> None:
    device.back_up({b"a": device.chunks(1)}, partial=True)
    plane.now += SECOND
    device.back_up({b"a": device.chunks(1), b"b": []}, partial=True)
    plane.now += SECOND
    device.back_up({b"a": device.chunks(1), b"b": [], b"c": []})
    plane.now += SECOND
    device.back_up({b"a": device.chunks(1)})

    assert sequences(device) == [(1, True), (2, True), (3, False), (4, False)]
    assert record_names(plane, device) == ["snapshot", "snapshot", "stub", "stub"]


def test_a_checkpoint_keeps_its_upload_open(device: Device) -> None:
    device.back_up({b"a": device.chunks(1)}, partial=True)

    assert device.put(device.block_pack([device.chunks(1)])).new


def test_when_a_file_was_last_backed_up_is_kept(device: Device, plane: Plane) -> None:
    def last() -> int:
        row = plane.database.read().execute("select last_file_backed_up from devices").fetchone()
        return row[0]  # type: ignore[no-any-return]

    device.back_up({b"a": []}, changed=1)
    first = plane.now
    plane.now += SECOND
    device.back_up({b"a": []}, changed=0)

    assert last() == first


class Crash(Exception):
    """The process ends here."""


class CrashingRecords:
    """Records that end the process after, or before, the n-th write."""

    def __init__(self, plane: Plane, writes: int) -> None:
        self.inner = plane.records
        self.left = writes

    def write(self, account: object, name: str, content: bytes) -> None:
        if self.left == 0:
            raise Crash
        self.inner.write(account, name, content)  # type: ignore[arg-type]
        self.left -= 1
        if self.left == 0:
            raise Crash

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


def crash_in_commit(device: Device, backup: object, writes: int) -> None:
    """Commit on a server that dies after so many record files were written."""
    plane = device.plane
    crashing = type(plane.commits)(
        plane.database,
        plane.store,
        CrashingRecords(plane, writes),  # type: ignore[arg-type]
    )
    with pytest.raises(Crash):
        crashing.commit(
            device.caller,
            device.upload,
            device.signed(device.snapshot(backup)),
            plane.now,  # type: ignore[arg-type]
        )


def test_a_snapshot_between_record_and_catalog_is_adopted_at_the_next_start(
    device: Device, plane: Plane
) -> None:
    chunks = device.chunks(1)
    backup = backed_up({b"a": chunks})
    device.put(device.tree_pack(backup.nodes))
    device.put(device.block_pack([chunks]))
    crash_in_commit(device, backup, 1)
    before = sequences(device)

    lines = plane.commits.adopt_orphans()

    assert before == []
    assert sequences(device) == [(1, False)]
    assert len(lines) == 1
    assert plane.commits.adopt_orphans() == []
    assert not device.commit(device.snapshot(backup)).new


def test_without_a_restart_the_device_may_commit_another_snapshot_in_its_place(
    device: Device, plane: Plane
) -> None:
    first, second = backed_up({b"a": []}), backed_up({b"b": []})
    device.put(device.tree_pack(first.nodes))
    device.put(device.tree_pack(second.nodes))
    crash_in_commit(device, first, 1)

    device.commit(device.snapshot(second))

    assert sequences(device) == [(1, False)]
    assert plane.commits.adopt_orphans() == []
    listing = plane.history.listing(
        device.caller.device_number, Moment(1), b"/home/anna", offset=0, limit=5
    )
    assert [entry.name for entry in listing.entries] == ["b"]


@pytest.mark.parametrize("writes", [1, 2])
def test_a_crash_while_a_checkpoint_is_replaced_is_made_good(
    device: Device, plane: Plane, writes: int
) -> None:
    device.back_up({b"a": []}, partial=True)
    backup = backed_up({b"a": [], b"b": []})
    device.put(device.tree_pack(backup.nodes))
    crash_in_commit(device, backup, writes)
    assert sequences(device) == [(1, False)]

    plane.commits.adopt_orphans()

    assert sequences(device) == [(1, True), (2, False)]
    assert record_names(plane, device) == ["snapshot", "stub"]


def test_a_record_that_is_not_whole_is_left_and_told(device: Device, plane: Plane) -> None:
    backup = backed_up({b"a": [NodeId(bytes(32))]})
    device.put(device.tree_pack(backup.nodes))
    message = device.signed(device.snapshot(backup))
    record = SnapshotRecord(
        device.caller.device, 1, plane.now, device.upload, message.snapshot, message.signature
    )
    plane.records.write(device.caller.account, record.file_name, record.encode())

    [line] = plane.commits.adopt_orphans()

    assert record.file_name in line
    assert sequences(device) == []
    assert plane.records.read(device.caller.account, record.file_name) == record.encode()
