"""Search, versions, changes and sorted folders, over what devices really sent."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from csbackup.errors import NotFound, RequestError, TooLarge
from csbackup.format.tree import FILE, Entry
from csbackup.protocol.messages import ChangeList, SearchPage
from csbackup.server.catalog import snapshots
from csbackup.server.services.moments import NEWEST
from csbackup.server.services.name_index import NameIndex
from csbackup.server.services.rebuild import rebuild
from csbackup.server.services.search_walk import Position
from csbackup.server.services.searching import Cursor, read_cursor
from csbackup.server.services.sorting import MOST_SORTED, Order
from csbackup.server.store import FolderStore
from support.server_data import SECOND, START, Device, Plane, Tree

HOME = b"/home/anna"


def at_once() -> float:
    return 0.0


def slowly(seconds: Iterator[float] = itertools.count(1.0)) -> float:  # noqa: B008
    """A second goes by whenever somebody looks."""
    return next(seconds)


@pytest.fixture
def device(plane: Plane) -> Device:
    return plane.account().device()


def search(
    device: Device,
    name: str,
    *,
    after: str | None = None,
    limit: int = 50,
    elapsed: Callable[[], float] = at_once,
) -> SearchPage:
    number = device.caller.device_number
    return device.plane.search.page(number, name, after=after, limit=limit, elapsed=elapsed)


def paths(page: SearchPage) -> list[str]:
    return [hit.path.removeprefix("/home/anna/") for hit in page.hits]


def changes(device: Device, path: bytes = b"", **options: object) -> ChangeList:
    asked = {"offset": 0, "limit": 100, "elapsed": at_once, "sequences": (1, 2), **options}
    number = device.caller.device_number
    return device.plane.changes.in_folder(number, path=path, **asked)  # type: ignore[arg-type]


def file(size: int = 0, time: int = 0) -> Entry:
    return Entry(b"", FILE, size, START + time, 0o644, 0, 0, b"", b"")


def long_folder(count: int) -> dict[bytes, Entry]:
    """Its order by size is another than by name."""
    return {b"%06d" % number: file(number * 7919 % count, number) for number in range(count)}


# --- search --------------------------------------------------------------------------------------


def test_what_is_there_comes_before_what_is_gone(device: Device) -> None:
    device.back_up({b"old report": [], b"sub": {b"Report 2": []}})
    device.back_up({b"report 3": [], b"sub": {b"Report 2": device.chunks(1)}})

    page = search(device, "REPORT")

    assert paths(page) == ["report 3", "sub/Report 2", "old report"]
    assert [(hit.last_sequence, hit.present) for hit in page.hits] == [(2, 1), (2, 1), (1, 0)]
    assert (page.hits[1].name, page.hits[1].size, page.hits[1].kind) == ("Report 2", 10, "file")
    assert (page.complete, page.next) == (True, None)


def test_a_root_is_found_by_the_last_part_of_its_path(device: Device) -> None:
    device.back_up({b"a": []})

    assert [(hit.name, hit.path) for hit in search(device, "ann").hits] == [("anna", "/home/anna")]
    assert search(device, "home").hits == ()


def test_a_device_without_snapshots_has_no_hits(device: Device) -> None:
    assert search(device, "a") == SearchPage((), None, complete=True)


def test_the_names_of_other_devices_and_accounts_are_not_found(
    device: Device, plane: Plane
) -> None:
    device.back_up({b"mine": []})
    other = plane.account("bert").device("phone")
    other.back_up({b"his": []})

    assert paths(search(device, "mine")) == ["mine"]
    assert paths(search(device, "his")) == []
    assert paths(search(other, "i")) == ["his"]


def test_pages_go_on_where_they_ended_whatever_comes_meanwhile(device: Device) -> None:
    device.back_up({b"x1": [], b"x5": []})
    device.back_up({b"x2": {b"x3": [], b"x4": []}})
    found, after = [], None

    for _ in range(5):
        page = search(device, "x", limit=1, after=after)
        device.back_up({b"x0": [], b"x2": {}})
        found += paths(page)
        after = page.next

    assert found == ["x2", "x2/x3", "x2/x4", "x1", "x5"]


def test_a_search_goes_on_in_what_replaced_a_checkpoint(device: Device) -> None:
    device.back_up({b"x1": [], b"x2": []}, partial=True)
    page = search(device, "x", limit=1)

    device.back_up({b"x1": [], b"x2": [], b"x3": []})

    assert paths(page) == ["x1"]
    assert paths(search(device, "x", after=page.next)) == ["x2", "x3"]


def test_a_search_goes_on_when_the_snapshot_it_looked_at_has_expired(device: Device) -> None:
    for tree in ({b"x1": []}, {b"x2": []}, {b"x3": []}):
        device.back_up(tree)
    page = search(device, "x", limit=2)
    number = device.caller.device_number
    device.plane.database.write(lambda connection: snapshots.expire(connection, number, 2))

    rest = search(device, "x", after=page.next)

    assert (paths(page), paths(rest), rest.complete) == (["x3", "x2"], ["x1"], True)


def test_a_checkpoint_proves_nothing_of_what_it_lacks(device: Device) -> None:
    device.back_up({b"x1": [], b"x2": []})
    device.back_up({b"x1": []}, partial=True)

    page = search(device, "x")

    assert [(hit.last_sequence, hit.present) for hit in page.hits] == [(2, True), (1, True)]


def test_when_the_time_is_over_a_page_may_be_empty_and_the_next_goes_on(device: Device) -> None:
    device.back_up({b"a": {b"b": {b"c": {b"x": []}}}, b"z": {b"x": []}})
    found, after, asked = [], None, 0

    while True:
        page = search(device, "x", after=after, elapsed=slowly)
        found, after, asked = found + paths(page), page.next, asked + 1
        if page.complete:
            break

    assert found == ["a/b/c/x", "z/x"]
    assert asked > 3


def test_a_long_folder_is_searched_page_by_page_now_and_then(device: Device) -> None:
    tree: dict[bytes, Tree | list[bytes] | Entry] = dict(long_folder(6000))
    device.back_up({b"long": {**tree, b"needle 1": [], b"000777needle": {b"needle": []}}})
    device.back_up({b"long": {**tree, b"003333needle": []}})

    found, after = [], None
    while True:
        page = search(device, "needle", after=after, limit=1, elapsed=slowly)
        found, after = found + paths(page), page.next
        if page.complete:
            break

    assert found == [
        "long/003333needle", "long/000777needle", "long/000777needle/needle", "long/needle 1",
    ]  # fmt: skip


def test_only_listings_that_lead_to_a_hit_are_read(device: Device, plane: Plane) -> None:
    folders: dict[bytes, Tree] = {b"%03d" % n: {b"file %d" % n: []} for n in range(300)}
    device.back_up({**folders, b"777": {b"needle": []}})
    reads: list[int] = []

    class CountingStore(FolderStore):
        def read(self, account: object, pack: object, offset: int, length: int) -> bytes:
            reads.append(length)
            return super().read(account, pack, offset, length)  # type: ignore[arg-type]

    looking = type(plane.search)(plane.database, CountingStore(plane.data))
    page = looking.page(device.caller.device_number, "needle", after=None, limit=9, elapsed=at_once)

    assert (paths(page), len(reads)) == (["777/needle"], 3)


def test_what_is_lost_does_not_hide_the_rest(device: Device, plane: Plane) -> None:
    device.back_up({b"x1": {b"x2": []}})
    device.back_up({b"x3": {b"x4": []}})
    first = next(pack for pack in plane.store.packs(device.caller.account) if pack.pack)
    plane.store.delete(device.caller.account, first.pack)

    assert paths(search(device, "x")) in (["x3", "x3/x4"], ["x1", "x1/x2"], [])


def test_listings_from_before_names_were_kept_are_found_and_are_kept_by_and_by(
    device: Device, plane: Plane
) -> None:
    device.back_up({b"sub%d" % n: {b"needle": [], b"other": []} for n in range(5)})
    for change in ("update nodes set names = null", "delete from names"):
        plane.database.write(lambda connection, change=change: connection.execute(change))
    before = search(device, "needle")

    index = NameIndex(plane.database, plane.store)
    while index.catch_up(at_once=2):
        pass

    names = plane.database.read().execute("select folded from names order by folded").fetchall()
    assert [bytes(row[0]) for row in names] == [
        b"anna",
        b"needle/other",
        b"sub0/sub1/sub2/sub3/sub4",
    ]
    assert len(before.hits) == 5
    assert search(device, "needle") == before


def test_a_rebuilt_catalog_finds_the_same(device: Device, plane: Plane) -> None:
    device.back_up({b"x1": [], b"sub": {b"x2": [], b"\xff": []}})
    device.back_up({b"sub": {b"x3": []}})
    before = search(device, "x")
    plane.close()

    rebuild(plane.data, plane.store, plane.records, now_ns=plane.now)
    plane.open()
    device.find_again()

    assert search(device, "x") == before
    assert paths(search(device, "\ufffd")) == ["sub/\ufffd"]


@pytest.mark.parametrize("text", ["", "!", "a", "gA", "ggEB", "gwFAAQ", "hAEBAAE", "x" * 100])
def test_what_is_no_cursor_is_refused(device: Device, text: str) -> None:
    device.back_up({b"a": []})

    with pytest.raises(RequestError, match="after"):
        search(device, "a", after=text)


def test_a_cursor_stays_short_enough_for_an_address() -> None:
    trail = (HOME, *(b"x" * 255 for _ in range(30)))

    text = Cursor(5, 4, Position(trail)).encode()

    assert len(text) <= 4000
    cursor = read_cursor(text)
    assert cursor.position.inside
    assert trail[: len(cursor.position.trail)] == cursor.position.trail


# --- versions ------------------------------------------------------------------------------------


def test_a_version_holds_from_its_first_snapshot_to_its_last(device: Device, plane: Plane) -> None:
    chunks = device.chunks(2)
    for tree in ({b"a": chunks[:1]}, {b"a": chunks[:1]}, {}, {b"a": chunks}, {b"a": chunks}):
        device.back_up(tree)
        plane.now += SECOND

    found = plane.versions.of_path(device.caller.device_number, HOME + b"/a", before=None, limit=9)

    assert [(one.change, one.sequence, one.until_sequence, one.size) for one in found.versions] == [
        ("added", 4, 5, 20),
        ("removed", 3, 3, 0),
        ("added", 1, 2, 10),
    ]
    assert found.versions[0].until_received == START + 4 * SECOND


def test_a_file_in_a_thousand_snapshots_is_read_where_something_changed(
    device: Device, plane: Plane
) -> None:
    folder: Tree = {b"a": device.chunks(1)}
    for number in range(12):
        device.back_up({b"deep": {b"deeper": folder}, b"other": {b"%d" % number: []}})
    reads: list[int] = []

    class CountingStore(FolderStore):
        def read(self, account: object, pack: object, offset: int, length: int) -> bytes:
            reads.append(length)
            return super().read(account, pack, offset, length)  # type: ignore[arg-type]

    looking = type(plane.versions)(plane.database, CountingStore(plane.data))
    path = HOME + b"/deep/deeper/a"
    found = looking.of_path(device.caller.device_number, path, before=None, limit=9)

    assert [one.until_sequence for one in found.versions] == [12]
    assert len(reads) == 12 * 2 + 2  # roots and home of each; what is below once


def test_what_no_snapshot_ever_had_has_no_versions(device: Device) -> None:
    device.back_up({b"a": []})

    with pytest.raises(NotFound, match="in any snapshot"):
        device.plane.versions.of_path(
            device.caller.device_number, HOME + b"/b", before=None, limit=9
        )


# --- changes -------------------------------------------------------------------------------------


def test_a_folder_has_the_sums_of_everything_below(device: Device) -> None:
    old, new = device.chunks(3), device.chunks(2)
    device.back_up({b"a": old, b"sub": {b"b": old[:1], b"deep": {b"c": [], b"d": old}}, b"e": []})
    device.back_up({b"a": old, b"sub": {b"b": new, b"deep": {b"c": [], b"x": new}}, b"f": {}})

    found = changes(device, HOME)

    assert [
        (one.name, one.change, one.files_added, one.files_removed, one.files_changed)
        for one in found.entries
    ] == [("e", "removed", 0, 1, 0), ("f", "added", 0, 0, 0), ("sub", "inside", 1, 1, 1)]
    sub = found.entries[2]
    assert (sub.bytes_added, sub.bytes_removed) == (30, 30)
    assert (sub.size_before, sub.size_after) == (40, 40)
    assert (found.files_removed, found.total, found.exact) == (2, 3, True)
    [root] = changes(device).entries
    assert (root.name, root.change, root.files_removed) == ("/home/anna", "inside", 2)
    assert [one.name for one in changes(device, b"/home").entries] == ["anna"]


def test_equal_snapshots_differ_in_nothing(device: Device) -> None:
    device.back_up({b"a": []})
    device.back_up({b"a": []})

    assert (changes(device).entries, changes(device, HOME).total) == ((), 0)
    with pytest.raises(NotFound):
        changes(device, HOME + b"/none")


def test_when_the_time_is_over_sums_are_lower_bounds(device: Device) -> None:
    device.back_up({b"sub": {b"a": []}})
    device.back_up({b"sub": {b"a": device.chunks(1)}})

    found = changes(device, HOME, elapsed=slowly)

    assert ([one.name for one in found.entries], found.exact) == (["sub"], False)
    assert found.files_changed == 0


def test_of_long_folders_only_pages_that_differ_are_compared(device: Device, plane: Plane) -> None:
    device.back_up({b"long": long_folder(9000)})
    device.back_up({b"long": {**long_folder(9000), b"004500": file(5, 5)}})
    reads: list[int] = []

    class CountingStore(FolderStore):
        def read(self, account: object, pack: object, offset: int, length: int) -> bytes:
            reads.append(length)
            return super().read(account, pack, offset, length)  # type: ignore[arg-type]

    looking = type(plane.changes)(plane.database, CountingStore(plane.data))
    found = looking.in_folder(
        device.caller.device_number, (1, 2), HOME + b"/long", offset=0, limit=9, elapsed=at_once
    )

    assert [(one.name, one.change) for one in found.entries] == [("004500", "changed")]
    assert len(reads) == 2 * 4  # roots, home, index and one page


# --- sorted folders ------------------------------------------------------------------------------


def names(device: Device, path: bytes, order: Order, offset: int = 0, limit: int = 9) -> list[str]:
    number = device.caller.device_number
    found = device.plane.history.listing(
        number, NEWEST, path, offset=offset, limit=limit, order=order
    )
    return [entry.name for entry in found.entries]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order(), ["B", "Z", "a", "c"]),
        (Order("name"), ["a", "B", "c", "Z"]),
        (Order("name", descending=True), ["Z", "c", "B", "a"]),
        (Order("name", folders_first=True), ["Z", "a", "B", "c"]),
        (Order("name", descending=True, folders_first=True), ["Z", "c", "B", "a"]),
        (Order("size"), ["B", "c", "a", "Z"]),
        (Order("size", descending=True), ["Z", "a", "c", "B"]),
        (Order("time"), ["Z", "a", "c", "B"]),
        (Order("time", descending=True, folders_first=True), ["Z", "B", "c", "a"]),
    ],
)
def test_a_folder_is_shown_in_the_order_that_is_asked_for(
    device: Device, order: Order, expected: list[str]
) -> None:
    device.back_up({b"a": file(3, 1), b"B": file(1, 3), b"c": file(2, 2), b"Z": {b"x": file(9)}})

    assert names(device, HOME, order) == expected
    assert names(device, HOME, order, offset=1, limit=2) == expected[1:3]
    assert names(device, b"", order) == ["/home/anna"]


def test_of_a_very_long_folder_the_first_are_had_in_any_order(device: Device) -> None:
    count = MOST_SORTED + 500
    device.back_up({b"long": long_folder(count)})
    path = HOME + b"/long"
    by_size = sorted(range(count), key=lambda number: number * 7919 % count)

    assert names(device, path, Order("size"), limit=3) == [f"{n:06d}" for n in by_size[:3]]
    assert names(device, path, Order("size", descending=True), limit=2) == [
        f"{n:06d}" for n in by_size[:-3:-1]
    ]
    assert names(device, path, Order("name"), offset=count - 2) == [
        f"{count - 2:06d}", f"{count - 1:06d}",
    ]  # fmt: skip
    assert names(device, path, Order("name", descending=True), offset=count - 2) == [
        "000001", "000000",
    ]  # fmt: skip
    assert names(device, path, Order("size"), offset=count) == []
    with pytest.raises(TooLarge, match="first 20000"):
        names(device, path, Order("time"), offset=MOST_SORTED)
