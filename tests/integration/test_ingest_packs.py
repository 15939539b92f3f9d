"""Packs on their way in: real SQLite, real folder."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from blake3 import blake3

from csbackup.errors import (
    Conflict,
    Forbidden,
    Malformed,
    NodeMismatch,
    NotFound,
    PackDamaged,
    QuotaExceeded,
    StorageFull,
    TooLarge,
)
from csbackup.format.ids import PackId, UploadId, node_id
from csbackup.format.packing import MAX_PACK, TREES, Pack, PackBuilder, PackOwner
from csbackup.format.tree import Node
from csbackup.server.services.ingest import Ingest
from csbackup.server.store import FolderStore
from support.server_data import Device, Plane, backed_up


@pytest.fixture
def device(plane: Plane) -> Device:
    device = plane.account().device()
    device.begin()
    return device


def have(device: Device, kind: str, ids: list[bytes]) -> list[bool]:
    plane = device.plane
    return plane.ingest.have(device.caller, device.upload, kind, ids, plane.now)  # type: ignore[arg-type]


def content_of(pack: Pack) -> bytes:
    return b"".join(pack.parts)


def send(device: Device, pack: PackId, content: bytes) -> None:
    receiver = device.plane.ingest.begin_pack(
        device.caller, device.upload, pack, len(content), device.plane.now
    )
    try:
        receiver.write(content)
        receiver.finish(device.plane.now)
    finally:
        receiver.abort()


def nothing_is_kept(plane: Plane) -> bool:
    kept = [pack for account in plane.store.accounts() for pack in plane.store.packs(account)]
    return not kept and not list((plane.data / "incoming").iterdir())


def test_chunks_of_a_pack_are_found_once_it_is_acknowledged(device: Device) -> None:
    chunks = device.chunks(5)
    before = have(device, "chunks", chunks)

    received = device.put(device.block_pack([chunks[:2], chunks[2:]]))

    assert received.new
    assert before == [False] * 5
    assert have(device, "chunks", [*chunks, bytes(32)]) == [True] * 5 + [False]


def test_prefixes_are_enough_to_ask(device: Device) -> None:
    chunks = device.chunks(3)
    device.put(device.block_pack([chunks]))

    assert have(device, "chunks", [chunks[0][:8], bytes(8)]) == [True, False]


def test_an_equal_prefix_is_not_an_equal_id(device: Device) -> None:
    chunk = device.chunks(1)[0]
    device.put(device.block_pack([[chunk]]))
    twin = chunk[:8] + bytes(24)

    assert have(device, "chunks", [twin]) == [False]
    assert have(device, "chunks", [twin[:8]]) == [True]


def test_asking_for_nothing_answers_nothing(device: Device) -> None:
    assert have(device, "chunks", []) == []


def test_the_same_pack_again_is_known_and_changes_nothing(device: Device) -> None:
    pack = device.block_pack([device.chunks(3)])
    first, again = device.put(pack), device.put(pack)

    row = device.plane.database.read().execute("select stored_bytes from accounts").fetchone()
    assert (first.new, again.new) == (True, False)
    assert row[0] == pack.size


def test_one_pack_sent_twice_at_once_is_kept_once(device: Device) -> None:
    chunks = device.chunks(3)
    packs = [device.block_pack([chunks]), device.tree_pack(backed_up({b"a": chunks}).nodes)]
    received: list[bool] = []
    gate = threading.Barrier(4)

    def race(pack: Pack) -> None:
        gate.wait()
        received.append(device.put(pack).new)

    threads = [threading.Thread(target=race, args=(pack,)) for pack in packs * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    row = device.plane.database.read().execute("select stored_bytes from accounts").fetchone()
    assert sorted(received) == [False, False, True, True]
    assert row[0] == sum(pack.size for pack in packs)


def test_after_a_crash_between_store_and_catalog_the_pack_is_sent_again(device: Device) -> None:
    chunks = device.chunks(3)
    pack = device.block_pack([chunks])
    incoming = device.plane.store.receive(device.caller.account, pack.size)
    incoming.write(content_of(pack))
    incoming.keep(device.plane.now)
    unlisted = have(device, "chunks", chunks)

    again = device.put(pack)

    assert unlisted == [False] * 3
    assert again.new
    assert have(device, "chunks", chunks) == [True] * 3


def test_a_pack_whose_file_was_lost_is_taken_in_again(device: Device) -> None:
    pack = device.block_pack([device.chunks(3)])
    device.put(pack)
    device.plane.store.delete(device.caller.account, pack.id)

    again = device.put(pack)

    assert not again.new
    assert device.plane.store.size(device.caller.account, pack.id) == pack.size


def test_bytes_that_do_not_match_the_id_are_refused(device: Device) -> None:
    pack = device.block_pack([device.chunks(3)])
    damaged = bytearray(content_of(pack))
    damaged[7] ^= 1

    with pytest.raises(PackDamaged, match=pack.id.hex()):
        send(device, pack.id, bytes(damaged))

    assert nothing_is_kept(device.plane)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100])
def test_a_truncated_pack_is_refused(device: Device, length: int) -> None:
    pack = device.block_pack([device.chunks(3)])

    with pytest.raises(PackDamaged):
        send(device, pack.id, content_of(pack)[:length])

    assert nothing_is_kept(device.plane)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100])
def test_a_pack_without_its_end_is_refused_even_under_its_own_id(
    device: Device, length: int
) -> None:
    content = content_of(device.block_pack([device.chunks(3)]))[:length]

    with pytest.raises(PackDamaged):
        send(device, PackId(blake3(content).digest()), content)

    assert nothing_is_kept(device.plane)


@pytest.mark.parametrize("field", ["account", "device", "upload"])
def test_a_pack_of_somebody_else_is_refused(device: Device, field: str) -> None:
    foreign = replace(device.owner, **{field: bytes(16)})
    pack = device.block_pack([device.chunks(2)], owner=foreign)

    with pytest.raises(Forbidden):
        device.put(pack)

    assert nothing_is_kept(device.plane)


def test_the_upload_of_another_device_is_not_found(device: Device, plane: Plane) -> None:
    other = plane.account("bert").device()
    other.upload = device.upload

    with pytest.raises(NotFound):
        other.put(other.block_pack([other.chunks(1)]))
    with pytest.raises(NotFound):
        have(other, "chunks", [bytes(32)])


def test_an_unknown_upload_is_not_found(device: Device) -> None:
    device.upload = UploadId(bytes(16))

    with pytest.raises(NotFound):
        device.put(device.block_pack([device.chunks(1)]))


def test_a_finished_upload_takes_nothing_more(device: Device) -> None:
    upload = device.upload
    device.back_up({b"a": device.chunks(1)})
    device.upload = upload

    with pytest.raises(Conflict):
        device.put(device.block_pack([device.chunks(1)]))


def test_a_pack_that_says_it_is_too_large_is_refused_before_it_is_read(device: Device) -> None:
    with pytest.raises(TooLarge):
        device.plane.ingest.begin_pack(
            device.caller, device.upload, PackId(bytes(32)), MAX_PACK + 1, device.plane.now
        )


def test_a_pack_that_grows_too_large_is_stopped(device: Device) -> None:
    receiver = device.plane.ingest.begin_pack(
        device.caller, device.upload, PackId(bytes(32)), None, device.plane.now
    )
    piece = bytes(MAX_PACK // 2)
    receiver.write(piece)
    receiver.write(piece)

    with pytest.raises(TooLarge):
        receiver.write(b"x")

    receiver.abort()
    assert nothing_is_kept(device.plane)


def test_a_pack_that_was_aborted_leaves_nothing(device: Device) -> None:
    pack = device.block_pack([device.chunks(1)])
    receiver = device.plane.ingest.begin_pack(
        device.caller, device.upload, pack.id, pack.size, device.plane.now
    )
    receiver.write(content_of(pack)[:10])
    receiver.abort()
    receiver.abort()

    assert nothing_is_kept(device.plane)


def test_a_quota_that_is_used_up_is_named(plane: Plane) -> None:
    device = plane.account(quota_bytes=700).device()
    device.begin()
    device.put(device.block_pack([device.chunks(2)]))

    with pytest.raises(QuotaExceeded):
        device.put(device.block_pack([device.chunks(2)]))


def test_a_full_disk_is_named_and_nothing_becomes_visible(device: Device) -> None:
    plane = device.plane
    ingest = Ingest(plane.database, FolderStore(plane.data, reserve_bytes=2**62))

    with pytest.raises(StorageFull):
        ingest.begin_pack(device.caller, device.upload, PackId(bytes(32)), 100, plane.now)

    assert nothing_is_kept(plane)


def test_chunks_of_a_revoked_device_are_not_offered(plane: Plane) -> None:
    home = plane.account()
    stolen, good = home.device("stolen"), home.device("good")
    only, both = stolen.chunks(2)
    stolen.begin()
    stolen.put(stolen.block_pack([[only, both]]))
    good.begin()
    good.put(good.block_pack([[both]]))
    before = have(good, "chunks", [only, both])

    number = stolen.caller.device_number
    plane.database.write(
        lambda found: found.execute("update devices set revoked = 1 where number = ?", (number,))
    )

    assert before == [True, True]
    assert have(good, "chunks", [only, both]) == [False, True]
    assert have(good, "chunks", [only[:8], both[:8]]) == [False, True]


def test_two_devices_of_an_account_share_chunks_and_accounts_do_not(plane: Plane) -> None:
    home = plane.account()
    laptop, phone = home.device("laptop"), home.device("phone")
    stranger = plane.account("bert").device()
    chunks = laptop.chunks(2)
    for device in (laptop, phone, stranger):
        device.begin()

    laptop.put(laptop.block_pack([chunks]))

    assert have(phone, "chunks", chunks) == [True, True]
    assert have(stranger, "chunks", chunks) == [False, False]


def test_only_complete_nodes_are_offered(device: Device) -> None:
    chunks = device.chunks(2)
    backup = backed_up({b"a": chunks[:1], b"b": chunks[1:]})
    ids = [bytes(node.id) for node in backup.nodes]
    device.put(device.tree_pack(backup.nodes))
    early = have(device, "nodes", ids)

    late = device.plane.account("bert").device()
    late.begin()
    late.put(late.block_pack([chunks]))
    late.put(late.tree_pack(backup.nodes))

    assert early == [False, False, True, True]  # folder, roots; settings and report need nothing
    assert have(late, "nodes", ids) == [True] * 4


def test_a_node_that_does_not_match_its_id_is_refused(device: Device) -> None:
    node = backed_up({b"a": []}).nodes[0]

    with pytest.raises(NodeMismatch):
        device.put(device.tree_pack([Node(node_id(b"something else"), node.plain)]))

    assert nothing_is_kept(device.plane)


def test_a_node_that_means_nothing_is_refused(device: Device) -> None:
    plain = b"\x83\x01\x00\x01"

    with pytest.raises(Malformed):
        device.put(device.tree_pack([Node(node_id(plain), plain)]))

    assert nothing_is_kept(device.plane)


def test_a_tree_pack_that_holds_no_zstd_frames_is_refused(device: Device) -> None:
    builder = PackBuilder(TREES, device.owner)
    builder.add_node(node_id(b"x"), b"no zstd frame at all", 20)

    with pytest.raises((NodeMismatch, Malformed)):
        device.put(builder.finish())


def test_a_device_reads_back_what_its_running_upload_sent(device: Device) -> None:
    pack = device.block_pack([device.chunks(2)])
    device.put(pack)
    ingest, caller, upload = device.plane.ingest, device.caller, device.upload

    assert ingest.read_back_size(caller, upload, pack.id) == pack.size
    assert ingest.read_back(caller, upload, pack.id, 3, 50) == content_of(pack)[3:53]
    other = device.begin()
    with pytest.raises(NotFound):
        ingest.read_back(caller, other, pack.id, 0, 1)


def test_the_lease_is_renewed_by_what_an_upload_does(device: Device) -> None:
    plane = device.plane
    plane.now += 10**13
    have(device, "chunks", [bytes(32)])

    row = plane.database.read().execute("select last_contact from uploads").fetchone()
    assert row[0] == plane.now


def test_the_first_device_of_an_account_need_not_ask(plane: Plane) -> None:
    device = plane.account().device()
    upload = UploadId(bytes(16))

    first = plane.ingest.open_upload(device.caller, upload, plane.now)
    device.back_up({b"a": device.chunks(1)})
    later = plane.ingest.open_upload(device.caller, UploadId(b"2" * 16), plane.now)

    assert (first.account_empty, later.account_empty) == (True, False)
    assert [(head.sequence, head.device) for head in later.heads] == [(1, device.caller.device)]


def test_the_owner_of_a_pack_is_compared_as_a_whole(device: Device) -> None:
    owner = PackOwner(device.caller.account, device.caller.device, UploadId(device.upload[::-1]))

    with pytest.raises(Forbidden):
        device.put(device.block_pack([device.chunks(1)], owner=owner))
