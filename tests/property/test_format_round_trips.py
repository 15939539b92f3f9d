"""What is written is read back the same, for every format."""

from __future__ import annotations

from typing import Any

import pytest
import zstandard
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from csbackup.format import chunking, keys, packing, records, recovery, sealing, snapshot, tree
from csbackup.format.encoding import decode, encode
from csbackup.format.ids import ChunkId, PackId, chunk_id, node_id
from csbackup.protocol import frames
from support import format_samples as samples

trees_of_values = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=20,
)


def depth(value: Any) -> int:
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(st.lists(trees_of_values, max_size=5).filter(lambda value: depth(value) <= 6))
def test_an_encoded_array_decodes_to_itself(value: list[Any]) -> None:
    assert decode(encode(value), "A test") == value


@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=20), samples.long_ids)
def test_a_block_opens_to_its_chunks(chunks: list[bytes], salt: bytes) -> None:
    block = sealing.seal_block(
        chunks,
        samples.DATA_KEY,
        samples.KEYS.device,
        salt=salt[:24],
        compressor=zstandard.ZstdCompressor(),
    )

    data_key = keys.open_data_key(sealing.sealed_data_key(block), samples.KEYS)
    opened = sealing.open_block(block, data_key, samples.ACCOUNT, samples.KEYS.device.hedge_key)

    assert [bytes(chunk) for chunk in opened] == chunks
    assert len(block) <= sealing.MAX_BLOCK


@given(samples.packs)
def test_a_pack_names_what_it_holds(pack: packing.Pack) -> None:
    content = b"".join(map(bytes, pack.parts))

    start, end = packing.footer_span(content[-packing.TRAILER_BYTES :], len(content), pack.id)
    footer = packing.read_footer(content[start:end], start, pack.id)

    assert pack.id == PackId(blake3(content).digest())
    assert pack.size == len(content)
    assert footer == pack.footer


@given(samples.folders)
def test_a_folder_lists_its_entries(entries: list[tree.Entry]) -> None:
    (node,) = tree.build_folder(entries)

    packed = tree.pack_node(node.plain, zstandard.ZstdCompressor())
    read = tree.read_node(tree.unpack_node(packed, node.id))

    assert isinstance(read, tree.Folder)
    assert list(read.entries) == entries


@given(st.lists(samples.names, min_size=2001, max_size=2001, unique=True), st.integers(0, 30))
@pytest.mark.filterwarnings("ignore")
def test_a_long_folder_lists_its_entries_page_by_page(names: list[bytes], chunks: int) -> None:
    entries = [
        tree.Entry(name, tree.FILE, 1, 0, 0o644, 0, 0, b"", b"", b"\x07" * 32 * chunks)
        for name in sorted(names)
    ]

    *pages, last = tree.build_folder(entries)

    index = tree.read_node(last.plain)
    assert isinstance(index, tree.FolderIndex)
    plain = {page.id: page.plain for page in pages}
    found = [
        entry
        for number, page in enumerate(index.pages)
        for entry in index.check_page(number, tree.read_node(plain[page])).entries
    ]
    assert found == entries


@given(st.lists(samples.long_ids.map(ChunkId), min_size=1, max_size=50), st.integers(1, 200))
def test_a_chunk_list_names_its_chunks(chunks: list[ChunkId], repeats: int) -> None:
    *pages, last = tree.build_chunk_list(chunks * repeats)

    whole = tree.read_node(last.plain)
    assert isinstance(whole, tree.ChunkList)
    plain = {page.id: page.plain for page in pages}
    read = [tree.read_node(plain[page]) for page in whole.pages]
    joined = b"".join(page.chunks for page in read if isinstance(page, tree.ChunkPage))
    assert joined == b"".join(chunks * repeats)


@given(samples.extras())
def test_extras_decode_to_themselves(extras: tree.Extras) -> None:
    assert tree.decode_extras(tree.encode_extras(extras)) == extras


@given(samples.snapshots())
def test_a_snapshot_decodes_to_itself(taken: snapshot.Snapshot) -> None:
    assert snapshot.read_snapshot(taken.encode()) == taken


@given(samples.certificates)
def test_a_certificate_decodes_to_itself(certificate: snapshot.Certificate) -> None:
    assert snapshot.read_certificate(certificate.encode()) == certificate


@given(samples.settings_of_devices)
def test_settings_decode_to_themselves(settings: snapshot.Settings) -> None:
    node = tree.read_node(settings.node().plain)

    assert isinstance(node, tree.SettingsNode)
    assert snapshot.read_settings(node) == settings


@given(st.lists(st.builds(tree.ReportLine, samples.texts, samples.names, samples.texts)))
def test_a_report_decodes_to_itself(lines: list[tree.ReportLine]) -> None:
    assert tree.read_node(tree.build_report(lines).plain) == tree.Report(tuple(lines))


@given(samples.account_records)
def test_an_account_record_decodes_to_itself(record: records.AccountRecord) -> None:
    assert records.read_account_record(record.encode()) == record


@given(samples.device_records)
def test_a_device_record_decodes_to_itself(record: records.DeviceRecord) -> None:
    assert records.read_device_record(record.encode()) == record


@given(samples.snapshot_records)
def test_a_snapshot_record_decodes_to_itself(record: records.SnapshotRecord) -> None:
    assert records.read_snapshot_record(record.encode()) == record


@given(samples.deletion_records)
def test_a_deletion_decodes_to_itself(record: records.DeletionRecord) -> None:
    assert records.read_deletion_record(record.encode()) == record


@given(samples.stub_records)
def test_a_stub_decodes_to_itself(record: records.StubRecord) -> None:
    assert records.read_stub_record(record.encode()) == record


@given(st.binary(min_size=20, max_size=20))
def test_a_recovery_key_is_read_from_its_text(key: bytes) -> None:
    text = recovery.format_recovery_key(key)

    assert recovery.parse_recovery_key(text) == key
    assert recovery.parse_recovery_key(text.lower().replace("-", " ")) == key


@given(st.lists(st.booleans(), max_size=100))
def test_bits_are_unpacked_as_they_were_packed(bits: list[bool]) -> None:
    assert frames.unpack_bits(frames.pack_bits(bits), len(bits)) == bits


@given(
    st.integers(0, 20 * 1024 * 1024),
    st.integers(0, 2**32),
    st.binary(min_size=8, max_size=8),
)
def test_cut_lengths_add_up_and_stay_in_bounds(length: int, start: int, seed: bytes) -> None:
    buffer = blake3(start.to_bytes(8, "big")).digest(length)

    lengths = chunking.make_cutter(seed)(memoryview(buffer))

    assert sum(lengths) == length
    assert all(chunking.MIN_CHUNK <= one <= chunking.MAX_CHUNK for one in lengths[:-1])
    assert not lengths or 0 < lengths[-1] <= chunking.MAX_CHUNK


@given(st.binary(max_size=100), st.binary(min_size=32, max_size=32))
def test_equal_content_has_equal_ids_and_another_key_gives_others(
    content: bytes, key: bytes
) -> None:
    assert chunk_id(content, key) == chunk_id(bytearray(content), key)
    assert chunk_id(content, key) != chunk_id(content, key[::-1]) or key == key[::-1]
    assert node_id(content) != chunk_id(content, key)
