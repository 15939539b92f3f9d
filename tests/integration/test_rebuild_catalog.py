"""The catalog is a servant: packs and records bring it back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from csbackup.server.catalog.database import CATALOG
from csbackup.server.catalog.numbers import unpack_numbers
from csbackup.server.services.moments import NEWEST, Moment
from csbackup.server.services.rebuild import (
    RebuildProgress,
    RebuildReport,
    needs_rebuild,
    rebuild,
)
from support.server_data import SECOND, AccountHome, Device, Plane, backed_up

HOME = b"/home/anna"


def rebuilt(plane: Plane, *, remove: bool = True) -> RebuildReport:
    plane.close()
    if remove:
        for file in plane.data.glob("catalog.db*"):
            file.unlink()
    report = rebuild(plane.data, plane.store, plane.records, now_ns=plane.now)
    plane.open()
    return report


TABLES = {
    "accounts": "select account, name, role, epoch, kdf, auth_hash, recovery_auth_hash,"
    " wrap_password, wrap_recovery, sealing_public, account_public, quota_bytes, stored_bytes,"
    " created from accounts",
    "devices": "select device, a.account, d.name, os, d.created, serial, revoked, d.stored_bytes,"
    " last_file_backed_up from devices d join accounts a on a.number = d.account",
    "certificates": "select d.device, c.serial, certificate, signature, token_hash, c.revoked"
    " from certificates c join devices d on d.number = c.device",
    "packs": "select a.account, pack, d.device, upload, kind, size, received from packs p"
    " join accounts a on a.number = p.account join devices d on d.number = p.device",
    "blocks": "select p.pack, place, length, block, chunk_count from blocks b"
    " join packs p on p.number = b.pack",
    "chunks": "select a.account, prefix, chunk, b.block, c.number - b.first_chunk from chunks c"
    " join accounts a on a.number = c.account join blocks b on b.number = c.block",
    "snapshots": "select d.device, snapshot, sequence, started, finished, s.received, partial,"
    " expired, r.node, t.node, o.node, files, folders, bytes, files_changed, bytes_read,"
    " coverage_ppm, problems, upload, signed, signature from snapshots s"
    " join devices d on d.number = s.device left join nodes r on r.number = root"
    " left join nodes t on t.number = settings left join nodes o on o.number = report",
    "names": "select a.account, hash, folded, n.node from names"
    " join accounts a on a.number = names.account join nodes n on n.names = names.number",
    "uploads": "select upload, d.device, finished from uploads u"
    " join devices d on d.number = u.device"
    " where upload in (select upload from packs)",
}


def contents(plane: Plane) -> dict[str, list[tuple[object, ...]]]:
    """All that matters, without the catalog's own numbers."""
    connection = plane.database.read()
    found = {
        table: sorted(map(tuple, connection.execute(query)), key=repr)
        for table, query in TABLES.items()
    }
    found["nodes"] = nodes_of(plane)
    return found


def nodes_of(plane: Plane) -> list[tuple[object, ...]]:
    connection = plane.database.read()
    chunks = dict(connection.execute("select number, chunk from chunks").fetchall())
    nodes = dict(connection.execute("select number, node from nodes").fetchall())
    query = (
        "select a.account, node, p.pack, place, length, plain_length, complete, entries, chunks,"
        " children from nodes n join accounts a on a.number = n.account"
        " join packs p on p.number = n.pack"
    )
    rows = []
    for *row, named_chunks, children in connection.execute(query):
        ids = {chunks[number] for number in unpack_numbers(named_chunks)}
        below = {nodes[number] for number in unpack_numbers(children)}
        rows.append((*row, sorted(ids), sorted(below)))
    return sorted(rows, key=repr)


def a_busy_server(plane: Plane) -> tuple[AccountHome, list[Device]]:
    home = plane.account("anna", quota_bytes=10**9)
    laptop, phone = home.device("laptop"), home.device("phone")
    other = plane.account("bert").device("desk")
    shared = laptop.chunks(3)
    laptop.back_up({b"a": shared, b"sub": {b"b": laptop.chunks(2)}}, partial=True)
    plane.now += SECOND
    laptop.back_up({b"a": shared, b"sub": {b"b": laptop.chunks(1)}})
    plane.now += SECOND
    phone.back_up({b"photo": shared[:1], b"c": phone.chunks(1)})
    plane.now += SECOND
    laptop.back_up({b"a": shared, b"long": {b"%05d" % n: [] for n in range(2500)}})
    plane.now += SECOND
    other.back_up({b"x": other.chunks(2)})
    plane.now += SECOND
    phone.begin()
    phone.put(phone.block_pack([phone.chunks(4)]))
    return home, [laptop, phone, other]


def test_a_rebuilt_catalog_knows_what_the_old_one_knew(plane: Plane) -> None:
    a_busy_server(plane)
    before = contents(plane)

    report = rebuilt(plane)

    assert contents(plane) == before
    assert report == RebuildReport(2, 3, len(before["packs"]), 4, ())


def test_backups_go_on_after_a_rebuild(plane: Plane) -> None:
    _, [laptop, phone, _] = a_busy_server(plane)
    rebuilt(plane)
    for device in (laptop, phone):
        device.find_again()

    phone.put(phone.block_pack([phone.chunks(1)]))
    laptop.back_up({b"after": laptop.chunks(1)})

    listing = plane.history.listing(laptop.caller.device_number, NEWEST, HOME, offset=0, limit=10)
    assert [entry.name for entry in listing.entries] == ["after"]
    assert listing.sequence == 4


def test_a_rebuild_replaces_a_catalog_that_is_there(plane: Plane) -> None:
    a_busy_server(plane)
    before = contents(plane)
    plane.database.write(lambda connection: connection.execute("delete from chunks"))

    rebuilt(plane, remove=False)

    assert contents(plane) == before
    assert {file.name for file in plane.data.glob("catalog*")} >= {CATALOG}
    assert not list(plane.data.glob("*.new*"))


def test_a_missing_catalog_is_noticed_before_a_server_starts_empty(plane: Plane) -> None:
    assert not needs_rebuild(plane.data)
    plane.account()

    plane.close()
    (plane.data / CATALOG).unlink()

    assert needs_rebuild(plane.data)
    plane.open()


def test_progress_is_told_pack_by_pack(plane: Plane) -> None:
    a_busy_server(plane)
    told: list[RebuildProgress] = []
    plane.close()

    rebuild(plane.data, plane.store, plane.records, now_ns=plane.now, progress=told.append)

    plane.open()
    assert [one.packs for one in told] == list(range(1, len(told) + 1))
    assert told[-1].packs_total == len(told)


def pack_file(plane: Plane, device: Device, pack: bytes) -> Path:
    name = pack.hex()
    return plane.data / "packs" / device.caller.account.hex() / name[:2] / name


@pytest.mark.parametrize("damage", ["truncated", "emptied", "overwritten", "removed"])
def test_a_damaged_pack_is_named_and_everything_else_comes_back(plane: Plane, damage: str) -> None:
    device = plane.account().device()
    device.back_up({b"a": []})
    chunks = device.chunks(2)
    device.begin()
    backup = backed_up({b"a": [], b"b": chunks})
    pack = device.block_pack([chunks])
    device.put(pack)
    device.put(device.tree_pack(backup.nodes))
    device.commit(device.snapshot(backup))
    path = pack_file(plane, device, pack.id)
    content = path.read_bytes()
    path.write_bytes(
        {"truncated": content[:-20], "emptied": b"", "overwritten": bytes(len(content))}.get(
            damage, b""
        )
    )
    if damage == "removed":
        path.unlink()

    report = rebuilt(plane)

    named = [problem for problem in report.problems if pack.id.hex() in problem]
    assert len(named) == (0 if damage == "removed" else 1)
    assert "snapshot 2" in report.problems[-1]
    assert "misses 2 chunks or listings" in report.problems[-1]
    for sequence, names in ((1, ["a"]), (2, ["a", "b"])):
        listing = plane.history.listing(
            device.caller.device_number, Moment(sequence), HOME, offset=0, limit=9
        )
        assert [entry.name for entry in listing.entries] == names


def test_a_lost_tree_pack_leaves_its_snapshot_listed(plane: Plane) -> None:
    device = plane.account().device()
    device.back_up({b"a": device.chunks(1)})
    for stored in list(plane.store.packs(device.caller.account)):
        plane.store.delete(device.caller.account, stored.pack)

    report = rebuilt(plane)

    [snapshot] = plane.history.snapshots(device.caller.device_number).snapshots
    assert snapshot.sequence == 1
    assert "misses 3 chunks or listings" in report.problems[-1]


def test_a_pack_in_the_folder_of_another_account_is_left_out(plane: Plane) -> None:
    device = plane.account().device()
    device.begin()
    pack = device.block_pack([device.chunks(1)])
    device.put(pack)
    stranger = plane.account("bert")
    foreign = plane.data / "packs" / stranger.id.hex() / pack.id.hex()[:2]
    foreign.mkdir(parents=True)
    pack_file(plane, device, pack.id).rename(foreign / pack.id.hex())

    report = rebuilt(plane)

    assert "another account's folder" in report.problems[0]
    assert contents(plane)["packs"] == []


def test_a_damaged_record_is_named_and_the_others_count(plane: Plane) -> None:
    home = plane.account()
    device = home.device()
    device.back_up({b"a": []})
    device.back_up({b"b": []})
    [first, _] = [name for name in plane.records.names(home.id) if name.startswith("snapshot-")]
    plane.records.write(home.id, first, b"noise")

    report = rebuilt(plane)

    assert first in report.problems[0]
    listing = plane.history.listing(device.caller.device_number, NEWEST, HOME, offset=0, limit=9)
    assert [entry.name for entry in listing.entries] == ["b"]


def test_a_snapshot_that_somebody_forged_is_left_out(plane: Plane) -> None:
    home = plane.account()
    device = home.device()
    device.back_up({b"a": []})
    [name] = [name for name in plane.records.names(home.id) if name.startswith("snapshot-")]
    record = plane.records.read(home.id, name) or b""
    plane.records.write(home.id, name, record[:-1] + bytes([record[-1] ^ 1]))

    report = rebuilt(plane)

    assert "signature" in report.problems[0]
    assert plane.history.snapshots(device.caller.device_number).snapshots == ()


def test_a_device_without_a_record_keeps_what_it_sent(plane: Plane) -> None:
    home = plane.account()
    device, other = home.device("lost"), home.device("kept")
    chunks = device.chunks(1)
    device.begin()
    device.put(device.block_pack([chunks]))
    other.back_up({b"a": []})
    plane.records.remove(home.id, device.record.file_name)

    report = rebuilt(plane)

    assert device.caller.device.hex() in report.problems[0]
    row = plane.database.read().execute("select number from devices where name = 'kept'")
    [number] = row.fetchone()
    assert len(plane.history.snapshots(number).snapshots) == 1
    assert plane.downloads.locate(home.number, chunks)


def test_a_device_that_was_revoked_stays_revoked(plane: Plane) -> None:
    home = plane.account()
    device = home.device()
    record = replace(device.record, revoked_ns=plane.now)
    plane.records.write(home.id, record.file_name, record.encode())

    rebuilt(plane)

    row = plane.database.read().execute("select revoked from devices").fetchone()
    assert row[0] == plane.now
