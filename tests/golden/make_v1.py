"""Made `tests/golden/v1` once; kept to show what the files hold. It refuses to make them again.

    python tests/golden/make_v1.py FOLDER

Everything but the sealed data key, which HPKE makes with randomness of its own, comes from the
fixed inputs below. Another version of zstd may compress to other bytes, which open all the same.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from csbackup.format import chunking, keys, packing, records, recovery, sealing, snapshot, tree
from csbackup.format.ids import (
    AccountId,
    ChunkId,
    DeviceId,
    NodeId,
    SnapshotId,
    SourceId,
    UploadId,
    block_id,
    chunk_id,
    snapshot_id,
)

ACCOUNT = AccountId(bytes.fromhex("00112233445566778899aabbccddeeff"))
DEVICE = DeviceId(bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"))
OTHER_DEVICE = DeviceId(b"\xee" * 16)
SOURCE = SourceId(b"\x50" * 16)
UPLOAD = UploadId(b"\x75" * 16)
PASSWORD = "correct horse battery staple é"
SALT = bytes(range(16))
MASTER_SECRET = bytes(range(32, 64))
WRAP_NONCE = bytes(range(12))
RECOVERY_KEY = bytes(range(100, 120))
DEVICE_SEED = bytes(range(64, 96))
DEVICE_SEALING_PUBLIC = keys.X25519PrivateKey.from_private_bytes(
    bytes(range(128, 160))
).public_key()
DATA_KEY = bytes(range(160, 192))
TIME = 1_700_000_000_123_456_789
HOUR = 3_600_000_000_000
STREAM_KEY = bytes(range(32))
TOKEN = "csbd_" + "A" * 43  # of 32 zero bytes

SENTENCE = b"Everything that was acknowledged is there. "


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def pseudo_random(length: int, skip: int = 0) -> bytes:
    """The AES-256-CTR key stream of key 00 01 .. 1f, counter block zero; `skip` bytes left out."""
    encryptor = Cipher(algorithms.AES(STREAM_KEY), modes.CTR(bytes(16))).encryptor()
    return encryptor.update(bytes(skip + length))[skip:]


@dataclass
class Maker:
    """Gathers blocks and nodes into packs as a client does."""

    folder: Path
    account: keys.AccountKeys
    data_key: sealing.DataKey
    vectors: dict[str, Any] = field(default_factory=dict)
    blocks: list[tuple[bytes, list[ChunkId]]] = field(default_factory=list)
    nodes: dict[NodeId, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=3)

    def put(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return name

    def chunk_id(self, content: bytes) -> ChunkId:
        return chunk_id(content, self.account.device.id_key)

    def block(self, name: str, contents: list[bytes]) -> list[ChunkId]:
        salt = bytes([len(self.blocks) + 1]) * 24
        sealed = sealing.seal_block(
            contents, self.data_key, self.account.device, salt=salt, compressor=self.compressor
        )
        ids = [self.chunk_id(content) for content in contents]
        self.blocks.append((sealed, ids))
        self.vectors.setdefault("blocks", {})[name] = {
            "file": self.put(f"block-{name}.bin", sealed),
            "block": block_id(sealed).hex(),
            "salt": salt.hex(),
            "chunks": [
                {"chunk": chunk.hex(), "length": len(content), "begins": content[:64].hex()}
                for chunk, content in zip(ids, contents, strict=True)
            ],
        }
        return ids

    def node(self, name: str, made: list[tree.Node]) -> NodeId:
        """Keep the nodes; only the last one is named in the vectors."""
        for node in made:
            self.nodes[node.id] = node.plain
        last = made[-1]
        self.vectors.setdefault("nodes", {})[name] = {
            "file": self.put(f"node-{name}.bin", last.plain),
            "node": last.id.hex(),
        }
        return last.id


def entry(name: bytes, kind: int, *, size: int = 0, mtime: int = TIME, **more: Any) -> tree.Entry:
    mode = more.pop("mode", 0o755 if kind == tree.FOLDER else 0o644)
    return tree.Entry(name, kind, size, mtime, mode, 1000, 1000, b"ada", b"users", **more)


def make_account(maker: Maker) -> None:
    parameters = keys.KdfParameters(SALT)
    password = keys.password_keys(PASSWORD, ACCOUNT, parameters)
    recovered = keys.recovery_keys(RECOVERY_KEY, ACCOUNT)
    account = maker.account
    maker.vectors["account"] = {
        "account": ACCOUNT.hex(),
        "password": PASSWORD,
        "kdf": parameters.encode().hex(),
        "auth": password.auth.hex(),
        "kek": password.kek.hex(),
        "commitment": password.commitment.hex(),
        "master_secret": MASTER_SECRET.hex(),
        "wrap_nonce": WRAP_NONCE.hex(),
        "wrap_password": wrap(password).hex(),
        "recovery_key": RECOVERY_KEY.hex(),
        "recovery_text": recovery.format_recovery_key(RECOVERY_KEY),
        "recovery_auth": recovered.auth.hex(),
        "recovery_kek": recovered.kek.hex(),
        "recovery_commitment": recovered.commitment.hex(),
        "wrap_recovery": wrap(recovered).hex(),
    }
    maker.vectors["keys"] = {
        "id_key": account.device.id_key.hex(),
        "cut_key": account.device.cut_key.hex(),
        "hedge_key": account.device.hedge_key.hex(),
        "name_key": account.name_key.hex(),
        "sealing_private": account.sealing_private.private_bytes_raw().hex(),
        "sealing_public": account.device.sealing_public.hex(),
        "account_private": account.signing_private.private_bytes_raw().hex(),
        "account_public": account.device.account_public.hex(),
    }
    maker.vectors["data_key"] = {
        "data_key": DATA_KEY.hex(),
        "sealed": maker.data_key.sealed.hex(),
    }


def wrap(unlock: keys.UnlockKeys) -> bytes:
    return keys.wrap_master_secret(MASTER_SECRET, unlock, ACCOUNT, nonce=WRAP_NONCE)


@dataclass(frozen=True)
class Contents:
    """Chunk ids of what the files hold."""

    hello: ChunkId
    tick: ChunkId
    compressible: ChunkId
    random: ChunkId
    link: ChunkId
    twin: ChunkId
    sparse: ChunkId
    xattrs: ChunkId


def make_blocks(maker: Maker) -> Contents:
    extras = [
        tree.Extras(target=b"docs/hello.txt"),
        tree.Extras(link_group=tree.link_group(maker.account.device.id_key, DEVICE, 7, 4711)),
        tree.Extras(sparse=((4096, 13), (1_000_000, 43)), is_sparse=True),
        tree.Extras(xattrs=((b"user.colour", b"blue\x00"), (b"user.a", b"")), born_ns=TIME - HOUR),
    ]
    names = ("link", "twin", "sparse", "xattrs")
    for name, value in zip(names, extras, strict=True):
        maker.vectors.setdefault("extras", {})[name] = {
            "file": maker.put(f"extras-{name}.bin", tree.encode_extras(value))
        }
    hello, tick = maker.block("one", [b"hello, world\n"]) + maker.block("tick", [b"tick"])
    (compressible,) = maker.block("compressed", [SENTENCE * 2000])
    (random,) = maker.block("stored", [pseudo_random(5000)])
    sealed_extras = maker.block("gathered", [tree.encode_extras(value) for value in extras])
    holes = maker.block("holes", [b"hello, world\n" + SENTENCE])
    maker.vectors["sparse_content"] = holes[0].hex()
    return Contents(hello, tick, compressible, random, *sealed_extras)


def make_files(maker: Maker, contents: Contents) -> list[tree.Entry]:
    ticks = maker.node("chunk-list", tree.build_chunk_list([contents.tick] * 1200))
    holes = bytes.fromhex(maker.vectors["sparse_content"])
    sparse = entry(b"sparse.img", tree.FILE, size=2_000_000, content=holes)
    twin = entry(b"twin-a", tree.FILE, size=13, content=contents.hello, extras=contents.twin)
    link = entry(b"link", tree.SYMLINK, size=14, mode=0o777, extras=contents.link)
    strange = entry("n\u00e4me".encode() + b"\xff\n", tree.FILE, size=13, mtime=-1)
    return [
        link,
        entry(b"long.list", tree.FILE, size=4800, content=[ticks]),
        strange._replace(content=contents.hello, extras=contents.xattrs),
        entry(b"pipe", tree.FIFO, mode=0o600),
        sparse._replace(extras=contents.sparse),
        twin,
        twin._replace(name=b"twin-b"),
    ]


def many_files() -> Iterator[tree.Entry]:
    for number in range(2500):
        yield entry(b"file-%04d" % number, tree.FILE, mode=0o400, mtime=TIME + number)


def make_trees(maker: Maker, contents: Contents, name: str, greeting: ChunkId) -> NodeId:
    docs = [
        entry(b"big.bin", tree.FILE, size=91_000, content=contents.compressible + contents.random),
        entry(b"empty.txt", tree.FILE, mtime=0),
        entry(b"hello.txt", tree.FILE, size=13, mode=0o4755, content=greeting),
    ]
    docs_node = maker.node(f"{name}-listing", tree.build_folder(docs))
    many_node = maker.node("index", tree.build_folder(list(many_files())))
    home = [
        entry(b"docs", tree.FOLDER, content=docs_node, subtree_files=3, subtree_bytes=91_013),
        entry(b"many", tree.FOLDER, content=many_node, subtree_files=2500),
        *make_files(maker, contents),
    ]
    home.sort(key=lambda one: one.name)
    node = maker.node(f"{name}-home", tree.build_folder(home))
    total = 91_013 + 4800 + 13 * 3 + 2_000_000
    root = entry(b"/home/ada", tree.FOLDER, mode=0o750, content=node, subtree_files=2508)
    return maker.node(f"{name}-roots", [tree.build_roots([root._replace(subtree_bytes=total)])])


def make_snapshots(maker: Maker, contents: Contents) -> list[tuple[bytes, bytes]]:
    settings = snapshot.Settings(SOURCE, (b"/home/ada",), ("*.tmp", ".cache/"), True, True)
    settings_node = maker.node("settings", [settings.node()])
    lines = [tree.ReportLine("unreadable", b"/home/ada/secret\xff", "Permission denied")]
    empty = maker.node("empty-report", [tree.build_report([])])
    report = maker.node("report", [tree.build_report(lines)])
    first = snapshot.Snapshot(
        ACCOUNT, DEVICE, 1, SOURCE, 1, SnapshotId(b""), TIME, TIME + HOUR, settings_node,
        make_trees(maker, contents, "first", contents.hello), empty,
        snapshot.Totals(2508, 3, 2_095_852, 2508, 2_095_852), 1_000_000, client="0.1.0",
    )  # fmt: skip
    (changed,) = maker.block("changed", [b"HELLO, WORLD\n"])
    second = snapshot.Snapshot(
        ACCOUNT, DEVICE, 1, SOURCE, 2, snapshot_id(first.encode()), TIME + 2 * HOUR,
        TIME + 3 * HOUR, settings_node, make_trees(maker, contents, "second", changed), report,
        snapshot.Totals(2508, 3, 2_095_852, 1, 13), 999_601, (("unreadable", 1),), False,
        (snapshot.Head(OTHER_DEVICE, 9, SnapshotId(b"\x99" * 32)),), "0.1.0",
    )  # fmt: skip
    private = Ed25519PrivateKey.from_private_bytes(DEVICE_SEED)
    made = []
    for name, one in (("first", first), ("second", second)):
        signed = one.encode()
        signature = keys.sign(private, snapshot.SIGN_SNAPSHOT, signed)
        made.append((signed, signature))
        maker.vectors.setdefault("snapshots", {})[name] = {
            "file": maker.put(f"snapshot-{name}.bin", signed),
            "signature": signature.hex(),
            "snapshot": snapshot_id(signed).hex(),
            "sequence": one.sequence,
            "roots": one.roots.hex(),
        }
    return made


def make_certificate(maker: Maker) -> tuple[bytes, bytes]:
    private = Ed25519PrivateKey.from_private_bytes(DEVICE_SEED)
    certificate = snapshot.Certificate(
        ACCOUNT,
        DEVICE,
        1,
        private.public_key().public_bytes_raw(),
        DEVICE_SEALING_PUBLIC.public_bytes_raw(),
        TIME - HOUR,
    ).encode()
    signature = keys.sign(maker.account.signing_private, snapshot.SIGN_CERTIFICATE, certificate)
    maker.vectors["device"] = {
        "device": DEVICE.hex(),
        "name": "laptop",
        "token": TOKEN,
        "signing_private": DEVICE_SEED.hex(),
        "signing_public": private.public_key().public_bytes_raw().hex(),
        "certificate": maker.put("certificate.bin", certificate),
        "signature": signature.hex(),
    }
    return certificate, signature


def make_records(maker: Maker, snapshots: list[tuple[bytes, bytes]]) -> None:
    certificate, signature = make_certificate(maker)
    account = maker.vectors["account"]
    hashes = [sha256(bytes.fromhex(account[name])) for name in ("auth", "recovery_auth")]
    public = maker.account.device
    made: list[Any] = [
        records.AccountRecord(
            ACCOUNT, 1, "ada", "user", TIME - 2 * HOUR, keys.KdfParameters(SALT).encode(),
            *hashes, bytes.fromhex(account["wrap_password"]),
            bytes.fromhex(account["wrap_recovery"]), public.sealing_public, public.account_public,
        ),
        records.DeviceRecord(
            DEVICE, "laptop", "Linux", TIME - HOUR, 1, certificate, signature,
            sha256(TOKEN.encode()),
        ),
        *(
            records.SnapshotRecord(DEVICE, number, TIME + number * HOUR, UPLOAD, signed, signature)
            for number, (signed, signature) in enumerate(snapshots, start=1)
        ),
    ]  # fmt: skip
    for record in made:
        maker.put(f"data/records/{ACCOUNT.hex()}/{record.file_name}", record.encode())
    stub = records.StubRecord(
        OTHER_DEVICE, 3, TIME, SnapshotId(b"\x33" * 32), b"\x44" * 64, "daily"
    )
    maker.put("record-stub.bin", stub.encode())
    maker.put("data/version", b"1\n")
    maker.vectors["records"] = {"stub": {"file": "record-stub.bin", "name": stub.file_name}}


def make_packs(maker: Maker) -> None:
    owner = packing.PackOwner(ACCOUNT, DEVICE, UPLOAD)
    blocks = packing.PackBuilder(packing.BLOCKS, owner)
    for sealed, ids in maker.blocks:
        blocks.add_block(block_id(sealed), sealed, ids)
    trees = packing.PackBuilder(packing.TREES, owner)
    for node, plain in maker.nodes.items():
        trees.add_node(node, tree.pack_node(plain, maker.compressor), len(plain))
    for name, builder in (("blocks", blocks), ("trees", trees)):
        pack = builder.finish()
        place = f"data/packs/{ACCOUNT.hex()}/{pack.id.hex()[:2]}/{pack.id.hex()}"
        maker.put(place, b"".join(map(bytes, pack.parts)))
        maker.vectors.setdefault("packs", {})[name] = {
            "file": place,
            "pack": pack.id.hex(),
            "items": [
                {"id": item.id.hex(), "offset": item.offset, "length": item.length}
                for item in pack.footer.items
            ],
        }


def make_cuts(maker: Maker) -> None:
    cut_key = maker.account.device.cut_key
    buffer = memoryview(pseudo_random(32 * 1024 * 1024))
    maker.vectors["cuts"] = {
        "buffer": {"stream_key": STREAM_KEY.hex(), "length": len(buffer)},
        "seeds": {
            seed.hex(): chunking.make_cutter(seed)(buffer)
            for seed in (cut_key[:8], bytes(8), b"\xff" * 8)
        },
    }


def main(folder: Path) -> None:
    if folder.exists():
        raise SystemExit(f"{folder} exists. Golden files are made once; a change is a new version.")
    account = keys.account_keys(MASTER_SECRET, ACCOUNT)
    sealed = keys.seal_data_key(DATA_KEY, account.device.sealing_public, ACCOUNT)
    maker = Maker(folder, account, sealing.DataKey(DATA_KEY, sealed))
    make_account(maker)
    contents = make_blocks(maker)
    snapshots = make_snapshots(maker, contents)
    make_records(maker, snapshots)
    make_packs(maker)
    make_cuts(maker)
    maker.put("vectors.json", json.dumps(maker.vectors, indent=1).encode() + b"\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
