"""What goes into a pack, and what of it is counted."""

from __future__ import annotations

from collections import Counter

from csbackup.client.backup.packs import PackFiller, PackSize
from csbackup.format import packing
from csbackup.format.ids import AccountId, DeviceId, NodeId, UploadId

MEBIBYTE = 1024 * 1024
OWNER = packing.PackOwner(AccountId(b"a" * 16), DeviceId(b"d" * 16), UploadId(b"u" * 16))
ONE, OTHER = NodeId(b"\x01" * 32), NodeId(b"\x02" * 32)


def test_a_node_that_comes_again_is_in_the_pack_once_and_settles_both_batches() -> None:
    filler = PackFiller(packing.TREES, OWNER, PackSize(1_000_000))

    filler.add_nodes([(ONE, b"packed", 10), (OTHER, b"packed", 10)], 1)
    filler.add_nodes([(ONE, b"packed", 10)], 7)
    parcel = filler.flush()

    assert parcel is not None
    assert [item.id for item in parcel.pack.footer.items] == [ONE, OTHER]
    assert parcel.batches == Counter({1: 2, 7: 1})


def test_a_node_may_be_in_the_next_pack_again() -> None:
    filler = PackFiller(packing.TREES, OWNER, PackSize(1))

    first = filler.add_nodes([(ONE, b"packed", 10)], 1)
    second = filler.add_nodes([(ONE, b"packed", 10)], 2)

    assert first is not None
    assert second is not None
    assert first.pack.id == second.pack.id
    assert filler.flush() is None


def test_packs_grow_while_they_arrive_quickly() -> None:
    size = PackSize(8 * MEBIBYTE)

    grown = [size.bytes]
    for _ in range(4):
        size.learn(0.1)
        grown.append(size.bytes)

    assert grown == [number * MEBIBYTE for number in (1, 2, 4, 8, 8)]


def test_packs_shrink_over_a_slow_link_and_stay_where_it_is_neither() -> None:
    size = PackSize(8 * MEBIBYTE)

    size.learn(10)
    steady = size.bytes
    for _ in range(5):
        size.learn(60)

    assert steady == MEBIBYTE
    assert size.bytes == MEBIBYTE // 2


def test_packs_that_may_only_be_small_stay_so() -> None:
    size = PackSize(100_000)

    size.learn(60)
    shrunk = size.bytes
    size.learn(1)

    assert (shrunk, size.bytes) == (100_000, 100_000)
