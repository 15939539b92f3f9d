"""What a listing may say, and how long ones are cut into pages."""

from __future__ import annotations

from typing import Any

import pytest
import zstandard

from csbackup.errors import Malformed, NodeMismatch, UnknownVersion
from csbackup.format import tree
from csbackup.format.encoding import encode
from csbackup.format.ids import ChunkId, NodeId, node_id

ID = b"\x07" * 32


def entry(name: bytes = b"a", kind: int = tree.FILE, **more: Any) -> tree.Entry:
    return tree.Entry(name, kind, 0, 0, 0o644, 0, 0, b"", b"")._replace(**more)


def listing(*rows: Any, kind: int = tree.LISTING) -> bytes:
    return encode([1, kind, list(rows)])


BAD_NAMES = [b"", b".", b"..", b"a/b", b"/", b"a\0b", b"x" * 4097]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_no_file_can_have_is_refused(name: bytes) -> None:
    with pytest.raises(Malformed, match="name of a file"):
        tree.read_node(listing(entry(name)))


@pytest.mark.parametrize("name", [b"", b"/a/../b", b"..", b"/a/.", b"/a\0", b"x" * 40_000])
def test_a_path_that_no_root_can_have_is_refused(name: bytes) -> None:
    with pytest.raises(Malformed, match="path of a root"):
        tree.read_node(listing(entry(name), kind=tree.ROOTS))


def test_a_root_may_be_the_whole_file_system() -> None:
    node = tree.build_roots([entry(b"/", tree.FOLDER, content=ID)])

    assert isinstance(tree.read_node(node.plain), tree.Folder)


OUT_OF_RANGE = [
    {"size": -1},
    {"size": 2**63},
    {"mtime_ns": 2**63},
    {"mode": 0o10000},
    {"mode": -1},
    {"uid": 2**32},
    {"gid": -1},
    {"subtree_files": -1},
    {"subtree_bytes": 2**63},
    {"owner": b"x" * 1025},
    {"extras": b"short"},
    {"content": b"short"},
    {"content": [b"short"]},
    {"content": []},
    {"content": [ID, ID]},
    {"content": [1]},
    {"content": 1},
    {"kind": tree.FOLDER},
    {"kind": tree.FOLDER, "content": ID * 2},
    {"kind": tree.FOLDER, "content": [ID]},
    {"kind": tree.SYMLINK, "content": ID},
    {"mtime_ns": b"now"},
    {"name": 1},
]


@pytest.mark.parametrize("change", OUT_OF_RANGE, ids=str)
def test_a_field_out_of_range_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        tree.read_node(listing(entry(), entry(b"b")._replace(**change)))


@pytest.mark.parametrize("kind", [-1, 7])
def test_an_unknown_kind_of_file_comes_from_a_newer_release(kind: int) -> None:
    with pytest.raises(UnknownVersion):
        tree.read_node(listing(entry(kind=kind)))


@pytest.mark.parametrize("names", [(b"b", b"a"), (b"a", b"a")])
def test_entries_out_of_order_are_refused(names: tuple[bytes, ...]) -> None:
    with pytest.raises(Malformed, match="order"):
        tree.read_node(listing(*map(entry, names)))


@pytest.mark.parametrize("row", [[], 1, b"", list(entry())[:-1], [*entry(), 0]], ids=str)
def test_a_row_that_is_no_entry_is_refused(row: Any) -> None:
    with pytest.raises(Malformed):
        tree.read_node(listing(entry(), row))


def test_an_empty_folder_is_a_listing() -> None:
    (node,) = tree.build_folder([])

    assert tree.read_node(node.plain) == tree.Folder(())


def test_one_changed_name_rewrites_one_page() -> None:
    entries = [entry(b"%06d" % number) for number in range(20_000)]
    changed = [*entries[:10_000], entry(b"010000", size=9), *entries[10_001:]]

    before = {node.id for node in tree.build_folder(entries)}
    after = {node.id for node in tree.build_folder(changed)}

    assert len(after - before) == 2  # the page and the index
    assert len(before) > 10


def test_a_folder_of_many_long_files_is_cut_into_pages_that_can_be_read() -> None:
    entries = [entry(b"%04d" % number, content=ID * 1000) for number in range(1500)]

    nodes = tree.build_folder(entries)

    assert len(nodes) > 2
    assert max(len(node.plain) for node in nodes) < tree.MAX_NODE / 2


@pytest.mark.parametrize(
    "page",
    [
        tree.Folder(()),
        tree.Folder((entry(b"b"),)),
        tree.Folder((entry(b"a"), entry(b"m"))),
        tree.Folder((entry(b"a"),), roots=True),
        tree.FolderIndex((NodeId(ID),), (b"a",)),
        tree.Report(()),
    ],
    ids=["empty", "begins elsewhere", "ends too late", "roots", "an index again", "a report"],
)
def test_a_page_that_is_not_what_its_index_names_is_refused(page: tree.AnyNode) -> None:
    index = tree.FolderIndex((NodeId(ID), NodeId(ID)), (b"a", b"m"))

    with pytest.raises(Malformed):
        index.check_page(0, page)


def test_a_report_keeps_what_fits() -> None:
    lines = [tree.ReportLine("unreadable", b"x" * 1000, "no")] * 100_000

    report = tree.read_node(tree.build_report(lines).plain)

    assert isinstance(report, tree.Report)
    assert 3000 < len(report.lines) < 5000


def test_a_listing_longer_than_any_may_be_is_not_made() -> None:
    with pytest.raises(Malformed):
        tree.make_node(tree.CHUNK_PAGE, bytes(tree.MAX_NODE))


@pytest.mark.parametrize(
    "plain", [b"", listing(kind=7), encode([1, 0]), encode([1, b"", []]), encode([2, 0, []])]
)
def test_an_unknown_node_is_refused(plain: bytes) -> None:
    with pytest.raises((Malformed, UnknownVersion)):
        tree.read_node(plain)


def test_a_node_that_is_not_its_id_is_refused() -> None:
    packed = zstandard.compress(listing())

    with pytest.raises(NodeMismatch):
        tree.unpack_node(packed, NodeId(ID))
    with pytest.raises(NodeMismatch):
        tree.unpack_node(packed[:-1], node_id(listing()))
    with pytest.raises(NodeMismatch):
        tree.unpack_node(packed + b"more", node_id(listing()))


def test_a_node_that_says_it_is_huge_is_not_unpacked() -> None:
    bomb = zstandard.compress(bytes(tree.MAX_NODE + 1))

    with pytest.raises(Malformed):
        tree.unpack_node(bomb, NodeId(ID))


def test_references_name_all_a_folder_needs() -> None:
    folder = tree.Folder(
        (
            entry(b"a", content=ID + b"\x08" * 32),
            entry(b"b", content=[b"\x09" * 32]),
            entry(b"c", tree.FOLDER, content=b"\x0a" * 32),
            entry(b"d", tree.SYMLINK, extras=b"\x0b" * 32),
        )
    )

    needed = tree.references(folder)

    assert needed.chunks == (ID, b"\x08" * 32, b"\x0b" * 32)
    assert needed.nodes == (b"\x09" * 32, b"\x0a" * 32)


def test_chunk_lists_name_their_pages_and_pages_their_chunks() -> None:
    page, whole = tree.build_chunk_list([ChunkId(ID)] * 3)

    assert tree.references(tree.read_node(whole.plain)).nodes == (page.id,)
    assert tree.references(tree.read_node(page.plain)).chunks == (ID, ID, ID)


BAD_EXTRAS = [
    [1, b"a\0b", [], [], b"", [], 0, 0, []],
    [1, b"", [[b"b", b""], [b"a", b""]], [], b"", [], 0, 0, []],
    [1, b"", [[b"a", b""], [b"a", b""]], [], b"", [], 0, 0, []],
    [1, b"", [[b"", b""]], [], b"", [], 0, 0, []],
    [1, b"", [], [[], []], b"", [], 0, 0, []],
    [1, b"", [], [[[5, 5], [9, 5]]], b"", [], 0, 0, []],
    [1, b"", [], [[[5, 0]]], b"", [], 0, 0, []],
    [1, b"", [], [[[2**62, 2**62]]], b"", [], 0, 0, []],
    [1, b"", [], [1], b"", [], 0, 0, []],
    [1, b"", [], [], b"x", [], 0, 0, []],
    [1, b"", [], [], b"", [1], 0, 0, []],
    [1, b"", [], [], b"", [-1, 1], 0, 0, []],
    [1, b"", [], [], b"", [], 0, -1, []],
    [1, b"", [], [], b"", [], 0, 0, [[b"a"]]],
    [1],
]


@pytest.mark.parametrize("value", BAD_EXTRAS, ids=str)
def test_extras_that_make_no_sense_are_refused(value: list[Any]) -> None:
    with pytest.raises(Malformed):
        tree.decode_extras(encode(value))


def test_the_names_of_one_file_share_a_group_that_says_nothing_else() -> None:
    group = tree.link_group(ID, b"d" * 16, 1, 2)

    assert group == tree.link_group(ID, b"d" * 16, 1, 2)
    assert group != tree.link_group(ID, b"d" * 16, 2, 1)
    assert group != tree.link_group(ID, b"e" * 16, 1, 2)
