"""Restore orders: what is signed, what is sealed, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from csbackup.errors import BlockDamaged, CsbError, FormatError, Malformed, UnknownVersion
from csbackup.format.encoding import decode, encode
from csbackup.format.ids import DeviceId, OrderId, SnapshotId
from csbackup.format.orders import LIFE_NS, MAX_KEYS, MAX_ORDER, open_order_keys, read_order
from support.order_samples import CREATED, DATA_KEYS, KEYS, ORDER, SEALED, SEALING, sealed_rows

PATHS = st.lists(
    st.binary(min_size=1, max_size=60).filter(lambda path: b"\0" not in path),
    max_size=20,
    unique=True,
)


@given(
    paths=PATHS,
    overwrite=st.booleans(),
    number=st.integers(1, 2**62),
    keys=st.integers(0, 40),
    life=st.integers(1, LIFE_NS),
)
def test_an_order_comes_back_as_it_was(
    paths: list[bytes], overwrite: bool, number: int, keys: int, life: int
) -> None:
    order = replace(
        ORDER,
        paths=tuple(paths),
        overwrite=overwrite,
        number=number,
        expires_ns=CREATED + life,
        sealed_keys=bytes(48 + 48 * keys),
    )

    assert read_order(order.encode()) == order


@given(st.data())
def test_whatever_is_changed_in_an_order_is_another_order_or_none(data: Any) -> None:
    document = bytearray(ORDER.encode())
    at = data.draw(st.integers(0, len(document) - 1))
    document[at] ^= data.draw(st.integers(1, 255))

    try:
        found = read_order(bytes(document))
    except FormatError:
        return
    assert found.encode() == document


@given(st.binary(max_size=300))
def test_rubbish_is_no_order(content: bytes) -> None:
    with pytest.raises(CsbError):
        read_order(content)


@pytest.mark.parametrize(
    "changes",
    [
        {"serial": 0},
        {"number": 0},
        {"sequence": 0},
        {"device": DeviceId(bytes(15))},
        {"order": OrderId(bytes(17))},
        {"snapshot": SnapshotId(bytes(31))},
        {"created_ns": -1},
        {"expires_ns": CREATED},
        {"expires_ns": CREATED + LIFE_NS + 1},
        {"paths": (b"",)},
        {"paths": (b"/a\0b",)},
        {"paths": (b"/a", b"/a")},
        {"paths": tuple(b"/%d" % number for number in range(1001))},
        {"paths": tuple(b"/%d" % number + bytes([65]) * 500 for number in range(999))},
        {"target": b"/a/../b"},
        {"target": b"/a/./b"},
        {"target": b"/a\0"},
        {"target": b"/" + b"a" * 40_000},
        {"sealed_keys": b""},
        {"sealed_keys": bytes(48 + 47)},
        {"sealed_keys": bytes(48 + 48 * (MAX_KEYS + 1))},
    ],
)
def test_what_no_browser_makes_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read_order(replace(ORDER, **changes).encode())


def test_another_rule_version_or_spelling_is_refused() -> None:
    row = decode(ORDER.encode(), "it")

    with pytest.raises(Malformed):
        read_order(encode([*row[:11], 2, *row[12:]]))
    with pytest.raises(UnknownVersion):
        read_order(encode([2, *row[1:]]))
    with pytest.raises(Malformed):
        read_order(b"\x8f\x18\x01" + ORDER.encode()[2:])  # 1 in two bytes
    with pytest.raises(Malformed):
        read_order(bytes(MAX_ORDER + 1))


def test_the_device_gets_the_keys_that_were_sealed_to_it() -> None:
    opened = open_order_keys(ORDER, SEALING.private_bytes_raw(), KEYS.device)

    assert [opened.data_key(sealed) for sealed in SEALED] == list(DATA_KEYS)
    with pytest.raises(BlockDamaged):
        opened.data_key(bytes(80))


def test_keys_open_for_no_other_device_and_no_other_order() -> None:
    stranger = X25519PrivateKey.generate()
    other = replace(ORDER, order=OrderId(bytes(16)))

    for order, key in ((ORDER, stranger), (other, SEALING)):
        with pytest.raises(Malformed):
            open_order_keys(order, key.private_bytes_raw(), KEYS.device)
    moved = replace(ORDER, sealed_keys=sealed_rows(order=OrderId(bytes(16))))
    with pytest.raises(Malformed):
        open_order_keys(moved, SEALING.private_bytes_raw(), KEYS.device)
