"""Search, versions and changes say what reading every listing of every snapshot says."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from csbackup.client.browse.chain import Kept
from csbackup.client.browse.compare import compare
from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.versions import versions
from csbackup.format.ids import NodeId, SnapshotId
from csbackup.format.tree import FILE, FOLDER, SYMLINK, Entry
from csbackup.protocol.messages import ChangeEntry, SearchHit
from csbackup.rules.comparing import size_of
from csbackup.rules.finding import name_pattern
from csbackup.server.catalog import snapshots
from support.server_data import START, Device, Plane, Tree

ROOT = b"/home/anna"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
POOL = [bytes([number]) * 32 for number in range(4)]
NAMES = [
    b"a", b"A", b"ab", b"b", b"a.txt", b"Report", b"report 2", b"caf\xe9", b"new\nline",
    "Äpfel".encode(), "a\u0308pfel".encode(), b"STRASSE", "straße".encode(), "\u0338".encode(),
]  # fmt: skip
WANTED = ["a", "ab", "report", "äPF", "strass", "*.txt", "?b", "[ab]*", "*", "caf", "\u0338", "no"]

files = st.builds(
    lambda kind, chunks, time, mode: Entry(
        b"", kind, 10 * len(chunks) if kind == FILE else 0, START + time, mode, 0, 0, b"", b"",
        b"".join(chunks) if kind == FILE else b"",
    ),
    st.sampled_from([FILE, FILE, FILE, SYMLINK]),
    st.lists(st.sampled_from(POOL), max_size=2),
    st.integers(0, 1),
    st.sampled_from([0o644, 0o600]),
)  # fmt: skip
trees: Any = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), files, max_size=4),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), st.one_of(files, inner), max_size=4),
    max_leaves=12,
)


@st.composite
def pasts(draw: Any) -> list[Tree]:
    """Trees one after the other: some parts are new, some stay, some come back."""
    drawn = draw(st.lists(trees, min_size=1, max_size=4))
    past = [drawn[0]]
    for tree in drawn[1:]:
        old = past[draw(st.integers(0, len(past) - 1))]
        kept = [name for name in old if draw(st.booleans())]
        past.append({**tree, **{name: old[name] for name in kept}})
    return past


@dataclass
class Past:
    """A device with snapshots; `live`: those that can be opened, newest first."""

    device: Device
    live: list[tuple[Kept, Tree]]

    @property
    def number(self) -> int:
        return self.device.caller.device_number

    def reader(self) -> NodeReader:
        return NodeReader(self)

    def nodes(self, ids: Sequence[bytes], /) -> dict[NodeId, bytes]:
        account = self.device.caller.account_number
        return dict(self.device.plane.downloads.nodes(account, ids))  # type: ignore[arg-type]


@contextmanager
def kept(past: list[Tree], *, checkpoint: bool, expired: int | None) -> Iterator[Past]:
    with tempfile.TemporaryDirectory(prefix="csb-property-", dir=MEMORY) as folder:
        plane = Plane(Path(folder) / "data")
        device = plane.account().device()
        device.begin()
        device.put(device.block_pack([POOL]))
        live = []
        for number, tree in enumerate(past, 1):
            partial = checkpoint and number == len(past)
            snapshot = device.back_up(tree, partial=partial)
            live.append((Kept(SnapshotId(device.previous), snapshot, plane.now), tree))
        if expired is not None and expired < len(past):
            at = device.caller.device_number
            plane.database.write(lambda found: snapshots.expire(found, at, expired))
            live.pop(expired - 1)
        yield Past(device, live[::-1])
        plane.close()


def everything(tree: Tree, above: tuple[bytes, ...]) -> Iterator[tuple[tuple[bytes, ...], Any]]:
    for name, content in tree.items():
        yield (*above, name), content
        if not isinstance(content, Entry):
            yield from everything(content, (*above, name))


def all_of(tree: Tree) -> dict[tuple[bytes, ...], Any]:
    return {(ROOT,): tree, **dict(everything(tree, (ROOT,)))}


def expected_hits(past: Past, wanted: str) -> list[tuple[bytes, int, bool]]:
    matches = name_pattern(wanted).matches
    whole = max(
        (one.snapshot.sequence for one, _ in past.live if not one.snapshot.partial), default=0
    )
    found: dict[tuple[bytes, ...], int] = {}
    for one, tree in past.live:
        for trail in sorted(all_of(tree)):
            if matches(trail[-1].rpartition(b"/")[2]):
                found.setdefault(trail, one.snapshot.sequence)
    newest_first = sorted(found.items(), key=lambda pair: -pair[1])
    return [(b"/".join(trail), last, last >= whole) for trail, last in newest_first]


def all_pages(past: Past, wanted: str, limit: int, step: int) -> list[SearchHit]:
    """`step`: so many seconds go by whenever somebody looks."""
    seconds = itertools.count(step=step)
    hits: list[SearchHit] = []
    after = None
    while True:
        page = past.device.plane.search.page(
            past.number, wanted, after=after, limit=limit, elapsed=lambda: float(next(seconds))
        )
        hits += page.hits
        assert page.complete == (page.next is None)
        if page.next is None:
            return hits
        assert page.next != after
        after = page.next


@settings(max_examples=settings().max_examples // 3)
@given(
    pasts(),
    st.booleans(),
    st.one_of(st.none(), st.integers(1, 3)),
    st.sampled_from(WANTED),
    st.integers(1, 5),
    st.sampled_from([0, 1]),
)
def test_a_search_finds_each_path_once_in_the_newest_snapshot_that_has_it(
    past: list[Tree], checkpoint: bool, expired: int | None, wanted: str, limit: int, step: int
) -> None:
    with kept(past, checkpoint=checkpoint, expired=expired) as kept_past:
        hits = all_pages(kept_past, wanted, limit, step)

        found = [(hit.path_bytes, hit.last_sequence, hit.present) for hit in hits]
        assert found == expected_hits(kept_past, wanted)


@settings(max_examples=settings().max_examples // 3)
@given(pasts(), st.booleans(), st.one_of(st.none(), st.integers(1, 3)), st.integers(1, 3))
def test_versions_are_those_that_the_client_finds(
    past: list[Tree], checkpoint: bool, expired: int | None, limit: int
) -> None:
    with kept(past, checkpoint=checkpoint, expired=expired) as kept_past:
        oldest_first = [one for one, _ in reversed(kept_past.live)]
        trails = {trail for _, tree in kept_past.live for trail in all_of(tree)}
        for path in map(b"/".join, sorted(trails)):
            theirs = versions(kept_past.reader(), oldest_first, path)

            ours = all_versions(kept_past, path, limit)

            assert ours[::-1] == [(one.kept.snapshot.sequence, one.change) for one in theirs]


def all_versions(past: Past, path: bytes, limit: int) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    before: int | None = None
    while True:
        page = past.device.plane.versions.of_path(past.number, path, before=before, limit=limit)
        found += [(one.sequence, one.change) for one in page.versions]
        if page.next_before is None:
            return found
        before = page.next_before


@settings(max_examples=settings().max_examples // 3)
@given(pasts(), st.integers(1, 3))
def test_sums_of_changes_are_those_of_all_differences_below(past: list[Tree], limit: int) -> None:
    with kept(past, checkpoint=False, expired=None) as kept_past:
        new, old = kept_past.live[0], kept_past.live[-1]
        roots = old[0].snapshot.roots, new[0].snapshot.roots
        different = list(compare(kept_past.reader(), *roots))
        folders = {
            trail
            for _, tree in (old, new)
            for trail, content in all_of(tree).items()
            if not isinstance(content, Entry)
        }
        for path in map(b"/".join, sorted(folders)):
            entries, sums = all_changes(kept_past, (old, new), path, limit)

            below = [one for one in different if one.path.startswith(path + b"/")]
            assert sums == summed(below)
            assert {entry.name_bytes for entry in entries} == {
                one.path[len(path) + 1 :].partition(b"/")[0] for one in below
            }
            for entry in entries:
                own = path + b"/" + entry.name_bytes
                inside = [
                    one for one in below if one.path == own or one.path.startswith(own + b"/")
                ]
                assert sums_of(entry) == summed(inside)
                changes = {one.path: one.change for one in inside}
                assert entry.change == changes.get(own, "inside")


def all_changes(
    past: Past, snapshots_: tuple[Any, Any], path: bytes, limit: int
) -> tuple[list[ChangeEntry], tuple[int, ...]]:
    found: list[ChangeEntry] = []
    offset: int | None = 0
    while offset is not None:
        page = past.device.plane.changes.in_folder(
            past.number,
            (snapshots_[0][0].snapshot.sequence, snapshots_[1][0].snapshot.sequence),
            path,
            offset=offset,
            limit=limit,
            elapsed=lambda: 0.0,
        )
        assert page.exact
        found += page.entries
        offset = page.next_offset
    assert len(found) == page.total
    return found, sums_of(page)


def sums_of(one: Any) -> tuple[int, ...]:
    return (
        one.files_added, one.files_removed, one.files_changed, one.bytes_added, one.bytes_removed
    )  # fmt: skip


def summed(different: list[Any]) -> tuple[int, ...]:
    sums = [0, 0, 0, 0, 0]
    for one in different:
        old, new = (entry for entry in (one.before, one.after))
        was_file, is_file = (entry is not None and entry.kind != FOLDER for entry in (old, new))
        if was_file and is_file:
            sums[2] += 1
            grown = size_of(new) - size_of(old)
            sums[3] += max(grown, 0)
            sums[4] += max(-grown, 0)
        elif is_file:
            sums[0] += 1
            sums[3] += new.size
        elif was_file:
            sums[1] += 1
            sums[4] += old.size
    return tuple(sums)
