"""Values of every format for property tests, and keys that are the same in every run."""

from __future__ import annotations

from hypothesis import strategies as st

from csbackup.format import keys, packing, records, sealing, snapshot, tree
from csbackup.format.ids import (
    AccountId,
    BlockId,
    ChunkId,
    DeviceId,
    NodeId,
    SnapshotId,
    SourceId,
    UploadId,
)

ACCOUNT = AccountId(b"\x0a" * 16)
MASTER_SECRET = b"\x05" * 32
KEYS = keys.account_keys(MASTER_SECRET, ACCOUNT)
DATA_KEY = sealing.DataKey(
    b"\x17" * 32, keys.seal_data_key(b"\x17" * 32, KEYS.device.sealing_public, ACCOUNT)
)

short_ids = st.binary(min_size=16, max_size=16)
long_ids = st.binary(min_size=32, max_size=32)
naturals = st.integers(0, 2**63 - 1)
times = st.integers(-(2**63), 2**63 - 1)
small = st.integers(0, 2**32 - 1)
names = st.binary(min_size=1, max_size=40).filter(
    lambda name: b"/" not in name and b"\0" not in name and name not in (b".", b"..")
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@st.composite
def contents(draw: st.DrawFn, kind: int) -> bytes | list[bytes]:
    if kind == tree.FOLDER:
        return draw(long_ids)
    if kind != tree.FILE:
        return b""
    if draw(st.booleans()):
        return [draw(long_ids)]
    return b"".join(draw(st.lists(long_ids, max_size=4)))


@st.composite
def entries(draw: st.DrawFn) -> tree.Entry:
    kind = draw(st.sampled_from(range(len(tree.KIND_NAMES))))
    return tree.Entry(
        name=draw(names),
        kind=kind,
        size=draw(naturals),
        mtime_ns=draw(times),
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(small),
        gid=draw(small),
        owner=draw(st.binary(max_size=20)),
        group=draw(st.binary(max_size=20)),
        content=draw(contents(kind)),
        subtree_files=draw(naturals),
        subtree_bytes=draw(naturals),
        extras=draw(st.one_of(st.just(b""), long_ids)),
    )


folders = st.lists(entries(), max_size=12, unique_by=lambda entry: entry.name).map(
    lambda found: sorted(found, key=lambda entry: entry.name)
)


@st.composite
def extents(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    found = []
    end = 0
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 2**40), st.integers(1, 2**40)))):
        found.append((end + gap, length))
        end += gap + length
    return tuple(found)


named = st.dictionaries(
    st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name),
    st.binary(max_size=20),
    max_size=4,
).map(lambda pairs: tuple(sorted(pairs.items())))


@st.composite
def extras(draw: st.DrawFn) -> tree.Extras:
    is_sparse = draw(st.booleans())
    return tree.Extras(
        target=draw(st.binary(max_size=30)).replace(b"\0", b""),
        xattrs=draw(named),
        sparse=draw(extents()) if is_sparse else (),
        is_sparse=is_sparse,
        link_group=draw(st.one_of(st.just(b""), long_ids)),
        device=draw(st.one_of(st.none(), st.tuples(small, small))),
        born_ns=draw(times),
        windows_attributes=draw(small),
        streams=draw(named),
    )


@st.composite
def snapshots(draw: st.DrawFn) -> snapshot.Snapshot:
    sequence = draw(st.integers(1, 2**63 - 1))
    problems = draw(st.dictionaries(texts, naturals, max_size=3))
    heads = st.builds(snapshot.Head, short_ids.map(DeviceId), naturals, long_ids.map(SnapshotId))
    return snapshot.Snapshot(
        account=AccountId(draw(short_ids)),
        device=DeviceId(draw(short_ids)),
        serial=draw(st.integers(1, 2**63 - 1)),
        source=SourceId(draw(short_ids)),
        sequence=sequence,
        previous=SnapshotId(b"" if sequence == 1 else draw(long_ids)),
        started_ns=draw(times),
        finished_ns=draw(times),
        settings=NodeId(draw(long_ids)),
        roots=NodeId(draw(long_ids)),
        report=NodeId(draw(long_ids)),
        totals=snapshot.Totals(*draw(st.tuples(*[naturals] * 5))),
        coverage_ppm=draw(st.integers(0, 1_000_000)),
        problems=tuple(sorted(problems.items())),
        partial=draw(st.booleans()),
        heads=tuple(draw(st.lists(heads, max_size=3))),
        client=draw(texts),
    )


certificates = st.builds(
    snapshot.Certificate,
    short_ids.map(AccountId),
    short_ids.map(DeviceId),
    st.integers(1, 2**63 - 1),
    long_ids,
    long_ids,
    times,
    st.lists(st.binary(max_size=9), max_size=3).map(tuple),
)

settings_of_devices = st.builds(
    snapshot.Settings,
    short_ids.map(SourceId),
    st.lists(names, max_size=3).map(tuple),
    st.lists(texts, max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
)

account_records = st.builds(
    records.AccountRecord,
    short_ids.map(AccountId),
    naturals,
    texts,
    texts,
    times,
    *[st.binary(max_size=40)] * 7,
    naturals,
)
device_records = st.builds(
    records.DeviceRecord,
    short_ids.map(DeviceId),
    texts,
    texts,
    times,
    naturals,
    st.binary(max_size=40),
    st.binary(max_size=40),
    long_ids,
    naturals,
)
snapshot_records = st.builds(
    records.SnapshotRecord,
    short_ids.map(DeviceId),
    naturals,
    times,
    short_ids.map(UploadId),
    st.binary(max_size=40),
    st.binary(max_size=40),
)
stub_records = st.builds(
    records.StubRecord,
    short_ids.map(DeviceId),
    naturals,
    times,
    long_ids.map(SnapshotId),
    st.binary(max_size=64),
    texts,
)

deletion_records = st.builds(
    records.DeletionRecord, short_ids.map(AccountId), naturals, naturals, naturals
)

owners = st.builds(
    packing.PackOwner,
    short_ids.map(AccountId),
    short_ids.map(DeviceId),
    short_ids.map(UploadId),
)


@st.composite
def block_packs(draw: st.DrawFn) -> packing.Pack:
    """Packs of items that look like blocks from outside, which is all a pack knows."""
    builder = packing.PackBuilder(packing.BLOCKS, draw(owners))
    for block_id in draw(st.lists(long_ids, max_size=5, unique=True)):
        chunks = draw(st.lists(long_ids.map(ChunkId), min_size=1, max_size=4, unique=True))
        block = bytes(sealing.HEADER_BYTES + 4 * len(chunks)) + draw(st.binary(max_size=50))
        builder.add_block(BlockId(block_id), block, chunks)
    return builder.finish()


@st.composite
def tree_packs(draw: st.DrawFn) -> packing.Pack:
    builder = packing.PackBuilder(packing.TREES, draw(owners))
    for node in draw(st.lists(long_ids.map(NodeId), max_size=5, unique=True)):
        builder.add_node(
            node, draw(st.binary(min_size=1, max_size=50)), draw(st.integers(1, 2**20))
        )
    return builder.finish()


packs = st.one_of(block_packs(), tree_packs())
