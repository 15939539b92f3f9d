"""Looking into snapshots: the chain that proves them, paths, differences, versions, names."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.browse.chain import History, Kept, check_certificates, check_chain
from csbackup.client.browse.compare import compare
from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.paths import children, clean, find
from csbackup.client.browse.search import everything, search
from csbackup.client.browse.versions import versions
from csbackup.errors import (
    ContentMissing,
    HistoryBroken,
    NodeMismatch,
    NoSuchPath,
    NoSuchSnapshot,
    SignatureInvalid,
)
from csbackup.format.ids import DeviceId, NodeId, SnapshotId, snapshot_id
from csbackup.format.keys import sign
from csbackup.format.snapshot import (
    SIGN_CERTIFICATE,
    SIGN_SNAPSHOT,
    Certificate,
    Snapshot,
    read_snapshot,
)
from csbackup.format.tree import Entry
from csbackup.protocol.messages import CertificateInfo, SnapshotInfo
from support.sealed_world import ACCOUNT, DEVICE, KEYS, SealedWorld

SECOND = 1_000_000_000
SIGNERS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2)]


def certificate(serial: int, device: DeviceId = DEVICE) -> CertificateInfo:
    public = SIGNERS[serial - 1].public_key().public_bytes_raw()
    content = Certificate(ACCOUNT, device, serial, public, b"x" * 32, 0).encode()
    signature = sign(KEYS.signing_private, SIGN_CERTIFICATE, content)
    return CertificateInfo(serial, content, signature, None)


def info(snapshot: Snapshot, received: int, *, signer: int = 0) -> SnapshotInfo:
    signed = snapshot.encode()
    signature = sign(SIGNERS[signer or snapshot.serial - 1], SIGN_SNAPSHOT, signed)
    return SnapshotInfo(
        snapshot_id(signed), snapshot.sequence, 0, 0, received, 0, 0, 0, 0, 0, 1.0, False, (),
        False, signed, signature,
    )  # fmt: skip


def chain(length: int, world: SealedWorld | None = None) -> list[SnapshotInfo]:
    """Snapshots received at second 10, 20, ..."""
    empty = (world or SealedWorld()).snapshot().snapshot
    infos: list[SnapshotInfo] = []
    for sequence in range(1, length + 1):
        previous = SnapshotId(infos[-1].snapshot) if infos else SnapshotId(b"")
        following = replace(empty, sequence=sequence, previous=previous)
        infos.append(info(following, sequence * 10 * SECOND))
    return infos


def check(infos: list[SnapshotInfo]) -> History:
    certificates = check_certificates([certificate(1), certificate(2)], DEVICE, KEYS.device)
    return check_chain(infos, certificates, DEVICE, ACCOUNT)


def resigned(one: SnapshotInfo, **changes: object) -> SnapshotInfo:
    """The same snapshot, changed and signed again: what a thief of the device key can do."""
    changed = replace(read_snapshot(one.signed), **changes)  # type: ignore[arg-type]
    return info(changed, one.received)


# --- the chain ---


def test_a_chain_that_holds_is_taken_as_it_is() -> None:
    history = check(chain(3))

    assert [kept.snapshot.sequence for kept in history.whole] == [1, 2, 3]
    assert history.newest is not None
    assert history.newest.sequence == 3


def test_expired_snapshots_leave_the_chain_whole() -> None:
    infos = chain(4)
    infos[1] = replace(infos[1], expired=True, signed=b"")

    history = check(infos)

    assert [kept.snapshot.sequence for kept in history.whole] == [1, 3, 4]


def test_a_missing_snapshot_is_noticed() -> None:
    infos = chain(3)

    with pytest.raises(HistoryBroken, match="snapshot 2 is missing"):
        check([infos[0], infos[2]])
    with pytest.raises(HistoryBroken, match="snapshot 1 is missing"):
        check(infos[1:])


def test_snapshots_in_another_order_are_noticed() -> None:
    infos = chain(3)

    with pytest.raises(HistoryBroken):
        check([infos[1], infos[0], infos[2]])


def test_a_snapshot_that_names_another_one_before_it_is_noticed() -> None:
    infos = chain(3)
    infos[2] = resigned(infos[2], previous=SnapshotId(b"p" * 32))

    with pytest.raises(HistoryBroken, match="snapshot 3 does not follow"):
        check(infos)


def test_a_stub_for_another_snapshot_is_noticed() -> None:
    infos = chain(3)
    infos[1] = replace(infos[1], expired=True, signed=b"", snapshot=b"o" * 32)

    with pytest.raises(HistoryBroken, match="snapshot 3 does not follow"):
        check(infos)


def test_changed_bytes_are_noticed() -> None:
    infos = chain(1)
    spoiled = infos[0].signed.replace(ACCOUNT, b"b" * 16)

    with pytest.raises(SignatureInvalid):
        check([replace(infos[0], signed=spoiled)])


def test_bytes_that_are_no_snapshot_are_noticed() -> None:
    with pytest.raises(HistoryBroken, match="cannot be read"):
        check([replace(chain(1)[0], signed=b"junk")])


def test_a_snapshot_said_to_have_another_id_is_noticed() -> None:
    with pytest.raises(HistoryBroken, match="not the one it is said to be"):
        check([replace(chain(1)[0], snapshot=b"i" * 32)])


def test_a_snapshot_of_another_device_is_noticed() -> None:
    with pytest.raises(HistoryBroken, match="belongs to another device"):
        check([resigned(chain(1)[0], device=DeviceId(b"o" * 16))])


def test_a_key_the_account_never_certified_is_noticed() -> None:
    certificates = check_certificates([certificate(1)], DEVICE, KEYS.device)

    with pytest.raises(HistoryBroken, match="never certified"):
        check_chain([resigned(chain(1)[0], serial=2)], certificates, DEVICE, ACCOUNT)


def test_a_key_that_was_replaced_does_not_come_back() -> None:
    infos = chain(3)
    infos[1] = resigned(infos[1], serial=2)
    infos[2] = resigned(infos[2], previous=SnapshotId(infos[1].snapshot))

    with pytest.raises(HistoryBroken, match="replaced key"):
        check(infos)


def test_a_certificate_of_another_device_or_signer_is_noticed() -> None:
    other = certificate(1, DeviceId(b"o" * 16))
    forged = replace(certificate(1), signature=b"s" * 64)

    with pytest.raises(HistoryBroken, match="something else"):
        check_certificates([other], DEVICE, KEYS.device)
    with pytest.raises(SignatureInvalid):
        check_certificates([forged], DEVICE, KEYS.device)


# --- choosing a snapshot ---


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "sequence"), [(10, 1), (19.9, 1), (20, 2), (1000, 3)])
def test_a_moment_means_what_the_server_had_received(seconds: float, sequence: int) -> None:
    assert check(chain(3)).at(at(seconds)).snapshot.sequence == sequence


def test_before_the_first_snapshot_the_first_one_is_named() -> None:
    with pytest.raises(NoSuchSnapshot, match="first one was received on 1970-01-01"):
        check(chain(3)).at(at(5))


def test_a_snapshot_is_named_by_number_or_id() -> None:
    history = check(chain(3))
    second = history.whole[1]

    assert history.named("2") == second
    assert history.named(second.id.hex()[:12]) == second
    with pytest.raises(NoSuchSnapshot):
        history.named("4")
    with pytest.raises(NoSuchSnapshot):
        history.named(second.id.hex()[:4])


def test_without_any_snapshot_that_is_said() -> None:
    with pytest.raises(NoSuchSnapshot, match="no snapshot yet"):
        check([]).last()
    with pytest.raises(NoSuchSnapshot, match="no snapshot yet"):
        check([]).at(at(5))


# --- listings ---


@pytest.fixture
def world() -> SealedWorld:
    return SealedWorld()


def test_paths_are_found_in_their_root(world: SealedWorld) -> None:
    inner = world.folder(b"in", world.file(b"x", b"12345"))
    kept = world.snapshot(world.folder(b"/home/anna", inner), world.folder(b"/home/bert"))
    reader, roots = NodeReader(world), kept.snapshot.roots

    found = find(reader, roots, b"/home/anna//in/x/")

    assert found.entry is not None
    assert found.entry.size == 5
    assert [one.path for one in children(reader, roots, find(reader, roots, b"/home"))] == [
        b"/home/anna",
        b"/home/bert",
    ]
    assert [one.path for one in children(reader, roots, find(reader, roots, b"/home/anna"))] == [
        b"/home/anna/in"
    ]


@pytest.mark.parametrize("path", [b"/home/anna/no", b"/home/anna/in/x/y", b"/srv", b"/home/ann"])
def test_a_path_that_is_not_there_is_named(world: SealedWorld, path: bytes) -> None:
    inner = world.folder(b"in", world.file(b"x", b"1"))
    kept = world.snapshot(world.folder(b"/home/anna", inner))

    with pytest.raises(NoSuchPath):
        find(NodeReader(world), kept.snapshot.roots, path)


def test_the_root_of_the_file_system_can_be_a_root(world: SealedWorld) -> None:
    kept = world.snapshot(world.folder(b"/", world.folder(b"etc", world.file(b"x", b"1"))))
    reader, roots = NodeReader(world), kept.snapshot.roots

    assert find(reader, roots, b"/etc/x").path == b"/etc/x"
    assert [one.path for one in children(reader, roots, find(reader, roots, b"/etc"))] == [
        b"/etc/x"
    ]


def test_a_name_in_a_long_folder_is_found_without_reading_all_of_it(world: SealedWorld) -> None:
    files = [world.file(b"f%05d" % number) for number in range(6000)]
    kept = world.snapshot(world.folder(b"/r", *files))
    reader = NodeReader(world)

    found = find(reader, kept.snapshot.roots, b"/r/f04321")

    assert found.entry is not None
    assert world.asked.count("nodes") == 3
    with pytest.raises(NoSuchPath):
        find(reader, kept.snapshot.roots, b"/r/a")


def test_paths_are_cleaned() -> None:
    assert clean(b"/a//b/./c/") == b"/a/b/c"
    assert clean(b"/") == b""


def test_nodes_are_checked_against_their_ids(world: SealedWorld) -> None:
    one, two = world.folder(b"a", world.file(b"x")), world.folder(b"b", world.file(b"y"))
    world.packed[one.tree] = world.packed[two.tree]

    with pytest.raises(NodeMismatch):
        NodeReader(world).node(one.tree)


def test_a_node_that_the_server_lacks_is_named(world: SealedWorld) -> None:
    folder = world.folder(b"a", world.file(b"x"))
    del world.packed[folder.tree]

    with pytest.raises(ContentMissing, match=folder.tree.hex()):
        NodeReader(world).node(folder.tree)


def test_nodes_are_kept_but_not_all_of_them(world: SealedWorld) -> None:
    folders = [world.folder(b"d", world.file(b"%05d" % number)) for number in range(50)]
    reader = NodeReader(world, kept_bytes=1000)
    for folder in folders:
        reader.node(folder.tree)
    world.asked.clear()

    reader.node(folders[-1].tree)
    assert world.asked == []
    reader.node(folders[0].tree)
    assert world.asked == ["nodes"]


# --- comparing ---


def test_differences_are_told_path_by_path(world: SealedWorld) -> None:
    same = world.folder(b"same", world.file(b"deep", b"deep"))
    old = world.snapshot(
        world.folder(
            b"/r",
            same,
            world.file(b"changed", b"1"),
            world.file(b"gone", b"1"),
            world.file(b"touched", b"1"),
            world.folder(b"went", world.file(b"inner", b"1")),
        )
    )
    new = world.snapshot(
        world.folder(
            b"/r",
            same,
            world.file(b"changed", b"2"),
            world.file(b"new", b"1"),
            world.file(b"touched", b"1")._replace(mtime_ns=1),
        )
    )
    reader = NodeReader(world)

    found = [
        (one.change, one.path) for one in compare(reader, old.snapshot.roots, new.snapshot.roots)
    ]

    assert found == [
        ("changed", b"/r/changed"),
        ("removed", b"/r/gone"),
        ("added", b"/r/new"),
        ("metadata", b"/r/touched"),
        ("removed", b"/r/went"),
        ("removed", b"/r/went/inner"),
    ]


def test_equal_subtrees_are_not_read(world: SealedWorld) -> None:
    same = world.folder(b"same", *(world.folder(b"%d" % n, world.file(b"x")) for n in range(50)))
    old = world.snapshot(world.folder(b"/r", same, world.file(b"a", b"1")))
    new = world.snapshot(world.folder(b"/r", same, world.file(b"a", b"2")))

    found = list(compare(NodeReader(world), old.snapshot.roots, new.snapshot.roots))

    assert [one.path for one in found] == [b"/r/a"]
    assert world.asked.count("nodes") == 4


def test_a_very_deep_difference_is_found(world: SealedWorld) -> None:
    def deep(content: bytes) -> Kept:
        inner = world.folder(b"d", world.file(b"x", content))
        for _ in range(1200):
            inner = world.folder(b"d", inner)
        return world.snapshot(inner._replace(name=b"/r"))

    old, new = deep(b"1"), deep(b"2")

    found = list(compare(NodeReader(world), old.snapshot.roots, new.snapshot.roots))

    assert [one.path[-4:] for one in found] == [b"/d/x"]


def test_versions_begin_where_a_file_came_and_end_where_it_went(world: SealedWorld) -> None:
    def moment(sequence: int, *files: Entry) -> Kept:
        return world.snapshot(world.folder(b"/r", *files), sequence=sequence)

    x1, x2 = world.file(b"x", b"1"), world.file(b"x", b"22")
    snapshots = [
        moment(1),
        moment(2, x1),
        moment(3, x1),
        moment(4, x2),
        moment(5, x2._replace(mode=0o600)),
        moment(6),
    ]

    found = list(versions(NodeReader(world), snapshots, b"/r/x"))

    assert [(one.kept.snapshot.sequence, one.change) for one in found] == [
        (2, "added"),
        (4, "changed"),
        (5, "metadata"),
        (6, "removed"),
    ]
    assert found[1].entry is not None
    assert found[1].entry.size == 2


# --- searching ---


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("thesis", [b"/r/docs/Thesis.odt", b"/r/old-thesis.odt"]),
        ("Thesis", [b"/r/docs/Thesis.odt"]),
        ("*.odt", [b"/r/docs/Thesis.odt", b"/r/old-thesis.odt"]),
        ("*/docs/*", [b"/r/docs/Thesis.odt", b"/r/docs/a.jpg"]),
        ("/r/*.odt", [b"/r/docs/Thesis.odt", b"/r/old-thesis.odt"]),
        ("docs", [b"/r/docs"]),
        ("?.jpg", [b"/r/docs/a.jpg"]),
        ("nothing", []),
    ],
)
def test_names_are_found(world: SealedWorld, pattern: str, found: list[bytes]) -> None:
    docs = world.folder(b"docs", world.file(b"Thesis.odt"), world.file(b"a.jpg"))
    kept = world.snapshot(world.folder(b"/r", docs, world.file(b"old-thesis.odt")))

    paths = [one.path for one in search(NodeReader(world), kept.snapshot.roots, pattern)]

    assert paths == found


def test_all_of_a_snapshot_comes_sorted_by_path_with_few_questions(world: SealedWorld) -> None:
    def inner(name: bytes, depth: int) -> Entry:
        names = (b"a", b"a b", b"a.b", b"a0", b"ab") if depth else ()
        return world.folder(name, *(inner(one, depth - 1) for one in names), world.file(b"z"))

    kept = world.snapshot(inner(b"/r", 4), world.folder(b"/r.x", world.file(b"1")))
    asked: list[int] = []

    class Counting:
        def nodes(self, ids: Sequence[bytes], /) -> dict[NodeId, bytes]:
            asked.append(len(ids))
            return world.nodes(ids)

    paths = [one.path for one in everything(NodeReader(Counting()), kept.snapshot.roots)]

    folders = 1 + 5 + 25 + 125 + 625 + 1
    assert paths == sorted(paths)
    assert len(paths) == 2 * folders
    assert len(asked) < folders / 20
