"""Bytes that were changed, cut short or made up are refused by a named error, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from csbackup.errors import BlockDamaged, CsbError, FormatError, UnknownVersion
from csbackup.format import keys, packing, records, sealing, snapshot, tree
from csbackup.format.encoding import _decode_fast, _decode_plainly
from csbackup.format.ids import NodeId, PackId
from csbackup.protocol import frames
from support import format_samples as samples

PACK = PackId(b"\x01" * 32)


def read_footer(data: bytes) -> object:
    return packing.read_footer(data, 100, PACK)


def unpack_node(data: bytes) -> object:
    return tree.unpack_node(data, NodeId(b"\x02" * 32))


def read_settings(data: bytes) -> object:
    node = tree.read_node(data)
    return snapshot.read_settings(node) if isinstance(node, tree.SettingsNode) else node


READERS: list[Callable[[bytes], object]] = [
    tree.read_node,
    tree.decode_extras,
    unpack_node,
    read_settings,
    read_footer,
    snapshot.read_snapshot,
    snapshot.read_certificate,
    records.read_account_record,
    records.read_device_record,
    records.read_snapshot_record,
    records.read_stub_record,
    records.read_deletion_record,
    keys.read_kdf_parameters,
    frames.decode_nodes,
    frames.decode_locations,
]

cbor = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=20),
    max_leaves=30,
).map(cbor2.dumps)


@st.composite
def mutations(draw: st.DrawFn, originals: st.SearchStrategy[bytes]) -> bytes:
    """An original with a few bytes set, removed or added."""
    data = bytearray(draw(originals))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        what = draw(st.sampled_from(["set", "cut", "insert", "remove"]))
        if what == "set" and data:
            data[at] = draw(st.integers(0, 255))
        elif what == "cut":
            del data[at:]
        elif what == "insert":
            data[at:at] = draw(st.binary(min_size=1, max_size=9))
        elif data:
            del data[at]
    return bytes(data)


def survives(read: Callable[[bytes], Any], data: bytes) -> None:
    """Anything but a foreseen error fails the test by itself."""
    try:
        read(data)
    except CsbError as problem:
        assert str(problem)


@pytest.mark.parametrize("read", READERS)
@given(data=st.one_of(st.binary(max_size=200), cbor))
def test_made_up_bytes_are_refused_by_name(read: Callable[[bytes], Any], data: bytes) -> None:
    survives(read, data)


@given(mutations(samples.folders.map(lambda entries: tree.build_folder(entries)[-1].plain)))
def test_a_changed_listing_is_refused_or_valid(data: bytes) -> None:
    survives(tree.read_node, data)


@given(mutations(samples.extras().map(tree.encode_extras)))
def test_changed_extras_are_refused_or_valid(data: bytes) -> None:
    survives(tree.decode_extras, data)


@given(mutations(samples.snapshots().map(lambda taken: taken.encode())))
def test_a_changed_snapshot_is_refused_or_valid(data: bytes) -> None:
    survives(snapshot.read_snapshot, data)


@given(mutations(samples.certificates.map(lambda one: one.encode())))
def test_a_changed_certificate_is_refused_or_valid(data: bytes) -> None:
    survives(snapshot.read_certificate, data)


@given(mutations(samples.account_records.map(lambda record: record.encode())))
def test_a_changed_record_is_refused_or_valid(data: bytes) -> None:
    survives(records.read_account_record, data)


@given(mutations(samples.packs.map(lambda pack: b"".join(map(bytes, pack.parts)))))
def test_a_changed_pack_never_reads_outside_itself(data: bytes) -> None:
    try:
        start, end = packing.footer_span(data[-8:], len(data), PACK)
        footer = packing.read_footer(data[start:end], start, PACK)
    except FormatError:
        return

    assert all(item.offset + item.length <= start for item in footer.items)


def sealed(chunks: list[bytes]) -> bytes:
    return sealing.seal_block(
        chunks,
        samples.DATA_KEY,
        samples.KEYS.device,
        salt=b"\x31" * 24,
        compressor=zstandard.ZstdCompressor(),
    )


@given(mutations(st.lists(st.binary(min_size=1, max_size=500), min_size=1).map(sealed)))
def test_a_changed_block_never_opens(data: bytes) -> None:
    try:
        chunks = sealing.open_block(
            data, samples.DATA_KEY.key, samples.ACCOUNT, samples.KEYS.device.hedge_key
        )
    except (BlockDamaged, UnknownVersion):
        return

    assert sealed([bytes(chunk) for chunk in chunks]) == data  # it was not changed after all


@given(st.binary(max_size=100))
def test_a_made_up_sealed_key_does_not_open(data: bytes) -> None:
    with pytest.raises(BlockDamaged):
        keys.open_data_key(data, samples.KEYS)


@given(st.one_of(st.binary(max_size=60), cbor, mutations(cbor)))
def test_both_decoders_agree(data: bytes) -> None:
    found = []
    for decoder in (_decode_fast, _decode_plainly):
        try:
            value, end = decoder(data)
        except Exception:  # noqa: BLE001  each has its own errors, and `decode` knows them
            found.append(None)
        else:
            found.append((value, end) if plain(value) else None)

    assert found[0] == found[1]


def plain(value: Any) -> bool:
    """Whether a value is made of what our formats use: the fast decoder knows maps and floats."""
    if type(value) is list:
        return all(map(plain, value))
    return type(value) in (int, bytes)
