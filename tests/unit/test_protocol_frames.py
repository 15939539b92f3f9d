"""Binary bodies that are cut short, too long or make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from csbackup.errors import Malformed, RequestError
from csbackup.format.encoding import encode
from csbackup.format.ids import NodeId
from csbackup.protocol import frames

ID = b"\x07" * 32


def test_ids_are_read_one_after_the_other() -> None:
    assert frames.read_ids(b"", width=8, limit=1) == []
    assert frames.read_ids(b"a" * 8 + b"b" * 8, width=8, limit=2) == [b"a" * 8, b"b" * 8]


@pytest.mark.parametrize(("body", "limit"), [(b"x" * 9, 9), (b"x" * 16, 1)])
def test_ids_cut_short_or_too_many_are_refused(body: bytes, limit: int) -> None:
    with pytest.raises(RequestError):
        frames.read_ids(body, width=8, limit=limit)


def test_bits_stand_most_significant_first() -> None:
    assert frames.pack_bits([True, False, False, False, False, False, False, True, True]) == (
        b"\x81\x80"
    )
    assert frames.pack_bits([]) == b""


@pytest.mark.parametrize(("data", "count"), [(b"", 1), (b"\0\0", 8), (b"\0", 9)])
def test_bits_of_another_length_than_asked_are_refused(data: bytes, count: int) -> None:
    with pytest.raises(Malformed):
        frames.unpack_bits(data, count)


def test_nodes_are_read_as_they_were_sent() -> None:
    nodes = [(NodeId(ID), b"packed"), (NodeId(ID[::-1] + b""), b"")]

    assert frames.decode_nodes(frames.encode_nodes(nodes)) == dict(nodes)


def test_locations_are_read_as_they_were_sent() -> None:
    (found,) = frames.decode_locations(frames.encode_locations([(ID, 5, 9, ID + b"\x08" * 32)]))

    assert found == frames.BlockLocation(frames.PackId(ID), 5, 9, (ID, b"\x08" * 32))


BAD_LOCATIONS = [[ID[:5], 0, 1, ID], [ID, -1, 1, ID], [ID, 0, 0, ID], [ID, 0, 1, b"x"], [ID], 1]


@pytest.mark.parametrize("row", BAD_LOCATIONS, ids=str)
def test_a_location_that_makes_no_sense_is_refused(row: Any) -> None:
    with pytest.raises(Malformed):
        frames.decode_locations(encode([row]))


@pytest.mark.parametrize("row", [[b"short", b""], [ID], [ID, 1], 1], ids=str)
def test_a_node_that_makes_no_sense_is_refused(row: Any) -> None:
    with pytest.raises(Malformed):
        frames.decode_nodes(encode([row]))


# --- answers that a hostile server makes ---


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x80\x80",  # something follows
        b"\x81" * 10_000 + b"\x80",
        b"\x9b" + (2**40).to_bytes(8, "big"),
        b"\x9f\xff",  # of indefinite length
        b"\xa0",
        b"\x81\xc1\x82\x40\x40",  # a tag
        b"\x81\x83\x40\x40\x40",
        b"\x81\x82\x40\x00",
        b"\x81\x82\x41",
        b"\x81\x82\x40\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
    ],
)
def test_an_answer_of_another_shape_is_no_answer(answer: bytes) -> None:
    with pytest.raises(Malformed):
        frames.decode_nodes(answer)
    with pytest.raises(Malformed):
        frames.decode_locations(answer + b"\x00")


def test_more_rows_than_were_asked_for_are_refused_before_they_are_read() -> None:
    nodes = [(NodeId(bytes([number]) * 32), b"packed") for number in range(3)]

    with pytest.raises(Malformed):
        frames.decode_nodes(frames.encode_nodes(nodes), most=2)
    assert frames.decode_nodes(frames.encode_nodes(nodes), most=3) == dict(nodes)


@pytest.mark.parametrize(
    "place",
    [
        (b"p" * 31, 0, 1, b"c" * 32),
        (b"p" * 32, -1, 1, b"c" * 32),
        (b"p" * 32, 0, 0, b"c" * 32),
        (b"p" * 32, 0, 2**62, b"c" * 32),
        (b"p" * 32, 2**62, 1, b"c" * 32),
        (b"p" * 32, 0, 1, b"c" * 31),
        (b"p" * 32, 0, 1, b"c" * 32 * 65_537),
    ],
)
def test_a_place_that_no_block_can_have_is_refused(place: tuple[bytes, int, int, bytes]) -> None:
    with pytest.raises(Malformed):
        frames.decode_locations(frames.encode_locations([place]))
