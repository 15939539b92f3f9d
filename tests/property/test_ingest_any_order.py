"""Whatever order packs come in, and after a rebuild, a snapshot lists the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from csbackup.errors import MissingReferences
from csbackup.format.packing import Pack
from csbackup.server.services.moments import NEWEST
from csbackup.server.services.rebuild import rebuild
from support.server_data import Device, Plane, Tree, backed_up, chunks_of

NAMES = st.sampled_from([b"a", b"b", b"caf\xe9", b"long name", b"z"])
CHUNKS = st.lists(st.integers(0, 11).map(lambda number: bytes([number]) * 32), max_size=3)
TREES = st.recursive(
    st.dictionaries(NAMES, CHUNKS, max_size=4),
    lambda inner: st.dictionaries(NAMES, st.one_of(CHUNKS, inner), max_size=4),
    max_leaves=8,
)


def listings(device: Device) -> dict[bytes, tuple[object, ...]]:
    """Everything below the roots, by path."""
    found: dict[bytes, tuple[object, ...]] = {}
    waiting = [b"/home/anna"]
    while waiting:
        path = waiting.pop()
        part = device.plane.history.listing(
            device.caller.device_number, NEWEST, path, offset=0, limit=1000
        )
        found[path] = part.entries
        waiting += [path + b"/" + e.name_bytes for e in part.entries if e.kind == "folder"]
    return found


def expected(tree: Tree, path: bytes = b"/home/anna") -> dict[bytes, list[tuple[bytes, int]]]:
    found = {path: []}
    for name, content in sorted(tree.items()):
        if isinstance(content, list):
            found[path].append((name, 10 * len(content)))
        else:
            found[path].append((name, 10 * len(list(chunks_of(content)))))
            found |= expected(content, path + b"/" + name)
    return found


def packs_of(device: Device, tree: Tree, split: int) -> list[Pack]:
    """Each pack holds `split` blocks, or `split` trees."""
    chunks = list(dict.fromkeys(chunks_of(tree)))
    nodes = list({node.id: node for node in backed_up(tree).nodes}.values())
    blocks = [[chunk] for chunk in chunks]
    return [
        *(device.block_pack(blocks[at : at + split]) for at in range(0, len(blocks), split)),
        *(device.tree_pack(nodes[at : at + split]) for at in range(0, len(nodes), split)),
    ]


@settings(max_examples=25, deadline=None)
@given(TREES, st.integers(1, 4), st.randoms(use_true_random=False))
def test_any_order_of_packs_and_a_rebuild_give_the_same_listings(
    tree: Tree, split: int, order: object
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plane = Plane(Path(folder) / "data")
        device = plane.account().device()
        device.begin()
        packs = packs_of(device, tree, split)
        order.shuffle(packs)  # type: ignore[attr-defined]
        snapshot = device.snapshot(backed_up(tree))

        for number, pack in enumerate(packs):
            if number == len(packs) // 2:
                commit_is_refused(device, snapshot)
            plane.now += 1
            device.put(pack)
        device.commit(snapshot)
        before = listings(device)
        plane.close()
        report = rebuild(plane.data, plane.store, plane.records, now_ns=plane.now)
        plane.open()
        after = listings(device)
        plane.close()

    assert report.problems == ()
    assert before == after
    assert {
        path: [(entry.name_bytes, entry.size) for entry in entries]  # type: ignore[attr-defined]
        for path, entries in before.items()
    } == expected(tree)


def commit_is_refused(device: Device, snapshot: object) -> None:
    """Half of the packs are not here yet."""
    try:
        device.commit(snapshot)  # type: ignore[arg-type]
    except MissingReferences as refused:
        assert refused.extra["missing"]
    else:
        raise AssertionError("a snapshot became visible before it was whole")
