"""What a device had, at any moment, and what a restore fetches."""

from __future__ import annotations

import pytest

from csbackup.errors import NodeMismatch, NotFound, PackDamaged
from csbackup.format.ids import PackId
from csbackup.format.tree import unpack_node
from csbackup.protocol.messages import Listing
from csbackup.server.services import downloads
from csbackup.server.services.moments import NEWEST, Moment
from csbackup.server.store import FolderStore
from support.server_data import SECOND, START, Device, Plane, backed_up

HOME = b"/home/anna"


@pytest.fixture
def device(plane: Plane) -> Device:
    return plane.account().device()


def listing(
    device: Device, path: bytes, moment: Moment = NEWEST, offset: int = 0, limit: int = 100
) -> Listing:
    number = device.caller.device_number
    return device.plane.history.listing(number, moment, path, offset=offset, limit=limit)


def names(found: Listing) -> list[str]:
    return [entry.name for entry in found.entries]


def test_the_empty_path_lists_the_roots(device: Device) -> None:
    device.back_up({b"a": device.chunks(2), b"sub": {b"b": device.chunks(1)}})

    [root] = listing(device, b"").entries

    assert (root.name, root.kind, root.size, root.files) == ("/home/anna", "folder", 30, 2)


def test_a_path_leads_down_to_its_folder(device: Device) -> None:
    device.back_up({b"a": [], b"sub": {b"b": device.chunks(1), b"deeper": {b"c": []}}})

    found = listing(device, HOME + b"/sub/")

    assert [(one.name, one.kind, one.size) for one in found.entries] == [
        ("b", "file", 10),
        ("deeper", "folder", 0),
    ]
    assert names(listing(device, HOME + b"/sub/deeper")) == ["c"]
    assert found.sequence == 1


def test_a_file_lists_itself(device: Device) -> None:
    device.back_up({b"a": device.chunks(3)})

    found = listing(device, HOME + b"/a")

    assert [(one.name, one.kind, one.size) for one in found.entries] == [("a", "file", 30)]
    assert found.total == 1


@pytest.mark.parametrize("path", [b"/", b"/home", b"/home/"])
def test_folders_above_the_roots_lead_to_them(device: Device, path: bytes) -> None:
    device.back_up({b"a": device.chunks(3)})

    [entry] = listing(device, path).entries

    assert entry.name == ("home" if path == b"/" else "anna")
    assert (entry.kind, entry.size, entry.files) == ("folder", 30, 1)


@pytest.mark.parametrize(
    "path",
    [b"/nowhere", HOME + b"/b", HOME + b"/a/b", HOME + b"/aa/b", b"/home/ann", b"home/anna"],
)
def test_a_path_that_does_not_exist_is_named(device: Device, path: bytes) -> None:
    device.back_up({b"a": []})

    with pytest.raises(NotFound, match=path.decode()):
        listing(device, path)


def test_names_that_are_no_text_come_back_exactly(device: Device) -> None:
    device.back_up({b"caf\xe9": {b"x": []}})

    [entry] = listing(device, HOME).entries

    assert entry.name_bytes == b"caf\xe9"
    assert names(listing(device, HOME + b"/" + entry.name_bytes)) == ["x"]


def test_a_short_folder_is_read_part_by_part(device: Device) -> None:
    device.back_up({b"%02d" % n: [] for n in range(25)})

    parts = [listing(device, HOME, offset=at, limit=10) for at in (0, 10, 20, 30)]

    assert [len(part.entries) for part in parts] == [10, 10, 5, 0]
    assert [part.next_offset for part in parts] == [10, 20, None, None]
    assert {part.total for part in parts} == {25}


def test_a_long_folder_is_read_part_by_part_across_its_pages(device: Device) -> None:
    tree = {b"%06d" % n: [] for n in range(9000)}
    tree[b"004500"] = device.chunks(1)
    device.back_up({b"long": tree})
    path = HOME + b"/long"

    found: list[str] = []
    offset: int | None = 0
    while offset is not None:
        part = listing(device, path, offset=offset, limit=1000)
        found += names(part)
        offset = part.next_offset

    assert found == [f"{n:06d}" for n in range(9000)]
    assert part.total == 9000
    assert listing(device, path + b"/004500").entries[0].size == 10
    with pytest.raises(NotFound):
        listing(device, path + b"/0")
    with pytest.raises(NotFound):
        listing(device, path + b"/999999")


def test_a_part_of_a_long_folder_reads_only_the_pages_it_needs(device: Device) -> None:
    device.back_up({b"long": {b"%06d" % n: [] for n in range(9000)}})
    reads: list[int] = []

    class CountingStore(FolderStore):
        def read(self, account: object, pack: PackId, offset: int, length: int) -> bytes:
            reads.append(length)
            return super().read(account, pack, offset, length)  # type: ignore[arg-type]

    plane = device.plane
    history = type(plane.history)(plane.database, CountingStore(plane.data))
    history.listing(device.caller.device_number, NEWEST, HOME + b"/long", offset=8000, limit=10)

    assert len(reads) <= 5  # roots, home, index, and one page, or two


def test_a_moment_means_the_newest_snapshot_received_by_then(device: Device, plane: Plane) -> None:
    for name in (b"first", b"second", b"third"):
        device.back_up({name: []})
        plane.now += 10 * SECOND

    def at(seconds: int) -> list[str]:
        return names(listing(device, HOME, Moment(at_ns=START + seconds * SECOND)))

    assert at(0) == at(9) == ["first"]
    assert at(10) == at(19) == ["second"]
    assert at(20) == at(10**6) == names(listing(device, HOME)) == ["third"]
    assert names(listing(device, HOME, Moment(sequence=2))) == ["second"]


def test_a_moment_before_the_first_snapshot_is_named(device: Device) -> None:
    device.back_up({b"a": []})

    with pytest.raises(NotFound, match="before 2023-11-14 22:13:19 UTC; the first is of"):
        listing(device, HOME, Moment(at_ns=START - 1))


def test_a_device_without_snapshots_says_so(device: Device) -> None:
    for moment in (NEWEST, Moment(at_ns=START)):
        with pytest.raises(NotFound, match="no snapshot yet"):
            listing(device, HOME, moment)
    with pytest.raises(NotFound, match="no snapshot 7"):
        listing(device, HOME, Moment(sequence=7))


def test_an_expired_snapshot_is_listed_as_a_stub_and_not_opened(device: Device) -> None:
    device.back_up({b"a": []}, partial=True)
    device.back_up({b"a": []})

    [stub, _] = device.plane.history.snapshots(device.caller.device_number).snapshots

    assert (stub.expired, stub.signed, len(stub.signature)) == (True, b"", 64)
    with pytest.raises(NotFound, match="expired"):
        listing(device, HOME, Moment(sequence=1))


def test_a_snapshot_is_described_as_it_was_signed(device: Device) -> None:
    snapshot = device.back_up({b"a": device.chunks(1)}, changed=1)

    [one] = device.plane.history.snapshots(device.caller.device_number).snapshots

    assert one.signed == snapshot.encode()
    assert (one.files, one.bytes, one.files_changed, one.coverage) == (1, 10, 1, 1.0)
    assert [(found.problem, found.count) for found in one.problems] == [("unreadable", 1)]


def test_the_problems_of_a_run_are_read_from_its_report(device: Device) -> None:
    device.back_up({b"a": []})

    page = device.plane.history.report(device.caller.device_number, NEWEST, offset=0, limit=10)

    assert [(one.problem, one.path_bytes) for one in page.lines] == [("unreadable", HOME + b"/x")]
    assert (page.total, page.next_offset) == (1, None)


def test_a_damaged_listing_is_named_and_another_copy_is_used_where_there_is_one(
    device: Device, plane: Plane
) -> None:
    device.back_up({b"a": []})
    pack = next(plane.store.packs(device.caller.account)).pack
    path = plane.data / "packs" / device.caller.account.hex() / pack.hex()[:2] / pack.hex()
    content = bytearray(path.read_bytes())
    content[20:200] = bytes(180)
    path.write_bytes(content)
    with pytest.raises(NodeMismatch):
        listing(device, HOME)

    device.begin()
    device.put(device.tree_pack(backed_up({b"a": []}).nodes))

    assert names(listing(device, HOME)) == ["a"]


# --- what a restore fetches ----------------------------------------------------------------------


def test_nodes_are_served_to_their_account_only(device: Device, plane: Plane) -> None:
    tree = {b"a": device.chunks(1)}
    device.back_up(tree)
    node = backed_up(tree).roots
    stranger = plane.account("bert")

    [(found, packed)] = plane.downloads.nodes(device.caller.account_number, [node.id, bytes(32)])

    assert found == node.id
    assert unpack_node(packed, node.id) == node.plain
    assert plane.downloads.nodes(stranger.number, [node.id]) == []


def test_a_long_answer_of_nodes_ends_early_and_the_rest_comes_when_asked_again(
    device: Device, plane: Plane
) -> None:
    tree = {b"%02d" % n: {b"x%d" % n: []} for n in range(20)}
    device.back_up(tree)
    wanted = [node.id for node in backed_up(tree).nodes]
    small = downloads.Downloads(plane.database, plane.store, answer_bytes=300)

    found = set()
    while answer := small.nodes(
        device.caller.account_number, [node for node in wanted if node not in found]
    ):
        assert len(answer) < len(wanted)
        found |= {node for node, _ in answer}

    assert found == set(wanted)


def test_chunks_are_located_block_by_block(device: Device, plane: Plane) -> None:
    device.begin()
    chunks = device.chunks(6)
    packs = [device.block_pack([chunks[:2], chunks[2:4]]), device.block_pack([chunks[4:]])]
    for pack in packs:
        device.put(pack)

    found = plane.downloads.locate(
        device.caller.account_number, [chunks[5], chunks[3], chunks[2], bytes(32)]
    )

    expected = [
        (packs[0].id, 200, 200, b"".join(chunks[2:4])),
        (packs[1].id, 0, 200, b"".join(chunks[4:])),
    ]
    assert found == sorted(expected)


def test_the_newest_block_is_named_and_that_of_a_revoked_device_only_without_another(
    plane: Plane,
) -> None:
    home = plane.account()
    good, stolen = home.device("good"), home.device("stolen")
    both, only = good.chunks(2)
    packs = []
    for device in (good, good, stolen):
        device.begin()
        packs.append(device.block_pack([[both, only] if device is stolen else [both]]))
        device.put(packs[-1])
    before = plane.downloads.locate(home.number, [both])

    plane.database.write(
        lambda connection: connection.execute(
            "update devices set revoked = 1 where name = 'stolen'"
        )
    )

    assert before[0][0] == packs[2].id
    assert plane.downloads.locate(home.number, [both])[0][0] == packs[1].id
    assert plane.downloads.locate(home.number, [only])[0][0] == packs[2].id


def test_packs_are_read_by_ranges_by_their_account_only(device: Device, plane: Plane) -> None:
    device.begin()
    pack = device.block_pack([device.chunks(2)])
    device.put(pack)
    content = b"".join(pack.parts)
    stranger = plane.account("bert")
    number = device.caller.account_number

    assert plane.downloads.pack_size(number, pack.id) == len(content)
    assert plane.downloads.read_pack(number, pack.id, 10, 20) == content[10:30]
    with pytest.raises(NotFound):
        plane.downloads.read_pack(stranger.number, pack.id, 0, 1)
    plane.store.delete(device.caller.account, pack.id)
    with pytest.raises(PackDamaged, match="missing"):
        plane.downloads.read_pack(number, pack.id, 0, 1)
