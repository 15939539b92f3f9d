"""A server's data plane with real SQLite and folders, and devices that speak to its services."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Union

import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.format.ids import AccountId, DeviceId, SourceId, UploadId, block_id, snapshot_id
from csbackup.format.keys import sign
from csbackup.format.packing import BLOCKS, TREES, Pack, PackBuilder, PackOwner
from csbackup.format.records import AccountRecord, DeviceRecord
from csbackup.format.snapshot import SIGN_SNAPSHOT, Certificate, Settings, Snapshot, Totals
from csbackup.format.tree import (
    FILE,
    FOLDER,
    Entry,
    Node,
    ReportLine,
    build_folder,
    build_report,
    build_roots,
    pack_node,
)
from csbackup.protocol.messages import Commit, PackReceived
from csbackup.rules.access import DeviceCaller
from csbackup.server.catalog.database import CATALOG, Database
from csbackup.server.catalog.rebuilding import add_account, add_device
from csbackup.server.catalog.snapshots import find_device
from csbackup.server.services.changes import Changes
from csbackup.server.services.commit import CommitResult, Commits
from csbackup.server.services.downloads import Downloads
from csbackup.server.services.history import History
from csbackup.server.services.ingest import Ingest
from csbackup.server.services.searching import Search
from csbackup.server.services.versions import Versions
from csbackup.server.store import FolderRecords, FolderStore

# A folder: names with folders, with the chunk ids of a file, or with an entry (its name is put in).
Tree = Mapping[bytes, Union["Tree", list[bytes], Entry]]
SECOND = 10**9
START = 1_700_000_000 * SECOND


class Plane:
    """The services over one data folder; `now` is set by the test."""

    def __init__(self, data: Path) -> None:
        self.data = data
        data.mkdir(exist_ok=True)
        self.now = START
        self.random = random.Random(1)
        self.store = FolderStore(data, reserve_bytes=0)
        self.records = FolderRecords(data)
        self.open()

    def open(self) -> None:
        self.database = Database(self.data / CATALOG)
        self.ingest = Ingest(self.database, self.store)
        self.commits = Commits(self.database, self.store, self.records)
        self.history = History(self.database, self.store)
        self.downloads = Downloads(self.database, self.store)
        self.search = Search(self.database, self.store)
        self.versions = Versions(self.database, self.store)
        self.changes = Changes(self.database, self.store)

    def close(self) -> None:
        self.database.close()

    def some_id(self, length: int = 32) -> bytes:
        return self.random.randbytes(length)

    def account(self, name: str = "anna", quota_bytes: int = 0) -> AccountHome:
        record = AccountRecord(
            AccountId(self.some_id(16)),
            1,
            name,
            "user",
            self.now,
            self.some_id(26),
            self.some_id(),
            self.some_id(),
            self.some_id(92),
            self.some_id(92),
            self.some_id(),
            self.some_id(),
            quota_bytes,
        )
        self.records.write(record.account, record.file_name, record.encode())
        number, _ = self.database.write(lambda connection: add_account(connection, record))
        return AccountHome(self, number, record.account)


@dataclass
class AccountHome:
    plane: Plane
    number: int
    id: AccountId

    def device(self, name: str = "laptop") -> Device:
        plane = self.plane
        key = Ed25519PrivateKey.from_private_bytes(plane.some_id())
        device = DeviceId(plane.some_id(16))
        certificate = Certificate(
            self.id, device, 1, key.public_key().public_bytes_raw(), plane.some_id(), plane.now
        )
        record = DeviceRecord(
            device,
            name,
            "linux",
            plane.now,
            1,
            certificate.encode(),
            plane.some_id(64),
            plane.some_id(),
        )
        plane.records.write(self.id, record.file_name, record.encode())
        number, _ = plane.database.write(
            lambda connection: add_device(connection, self.number, [record])
        )
        caller = DeviceCaller(self.number, self.id, number, device)
        return Device(plane, caller, key, record)


@dataclass
class Device:
    plane: Plane
    caller: DeviceCaller
    key: Ed25519PrivateKey
    record: DeviceRecord
    upload: UploadId = UploadId(b"")
    sequence: int = 0
    previous: bytes = b""

    def begin(self) -> UploadId:
        self.upload = UploadId(self.plane.some_id(16))
        self.plane.ingest.open_upload(self.caller, self.upload, self.plane.now)
        return self.upload

    def find_again(self) -> None:
        """A rebuilt catalog has other numbers."""
        found = find_device(self.plane.database.read(), self.caller.device)
        assert found is not None
        self.caller = DeviceCaller(found.account_number, found.account, found.number, found.device)

    @property
    def owner(self) -> PackOwner:
        return PackOwner(self.caller.account, self.caller.device, self.upload)

    def chunks(self, count: int) -> list[bytes]:
        return [self.plane.some_id() for _ in range(count)]

    def block_pack(self, blocks: Iterable[list[bytes]], owner: PackOwner | None = None) -> Pack:
        """A pack whose blocks hold these chunks; what is sealed in them is noise."""
        builder = PackBuilder(BLOCKS, owner or self.owner)
        for chunks in blocks:
            block = self.plane.random.randbytes(192 + 4 * len(chunks))
            builder.add_block(block_id(block), block, chunks)
        return builder.finish()

    def tree_pack(self, nodes: Iterable[Node]) -> Pack:
        builder = PackBuilder(TREES, self.owner)
        compressor = zstandard.ZstdCompressor()
        for node in nodes:
            builder.add_node(node.id, pack_node(node.plain, compressor), len(node.plain))
        return builder.finish()

    def put(self, pack: Pack) -> PackReceived:
        receiver = self.plane.ingest.begin_pack(
            self.caller, self.upload, pack.id, pack.size, self.plane.now
        )
        try:
            for part in pack.parts:
                receiver.write(part)
            return receiver.finish(self.plane.now)
        finally:
            receiver.abort()

    def snapshot(self, backup: BackedUp, *, partial: bool = False, changed: int = 1) -> Snapshot:
        return Snapshot(
            account=self.caller.account,
            device=self.caller.device,
            serial=1,
            source=SourceId(bytes(16)),
            sequence=self.sequence + 1,
            previous=self.previous,
            started_ns=self.plane.now - SECOND,
            finished_ns=self.plane.now,
            settings=backup.settings.id,
            roots=backup.roots.id,
            report=backup.report.id,
            totals=Totals(backup.files, 1, 10 * backup.files, changed, 10),
            coverage_ppm=1_000_000,
            problems=(("unreadable", 1),),
            partial=partial,
            client="1.0",
        )

    def signed(self, snapshot: Snapshot) -> Commit:
        signed = snapshot.encode()
        return Commit(signed, sign(self.key, SIGN_SNAPSHOT, signed))

    def commit(self, snapshot: Snapshot) -> CommitResult:
        message = self.signed(snapshot)
        result = self.plane.commits.commit(self.caller, self.upload, message, self.plane.now)
        self.sequence = snapshot.sequence
        self.previous = snapshot_id(message.snapshot)
        return result

    def back_up(self, tree: Tree, *, partial: bool = False, changed: int = 1) -> Snapshot:
        """A whole run: one block pack, one tree pack, a commit."""
        if not self.upload:
            self.begin()
        backup = backed_up(tree)
        chunks = list(dict.fromkeys(chunks_of(tree)))
        if chunks:
            self.put(self.block_pack([chunks]))
        self.put(self.tree_pack({node.id: node for node in backup.nodes}.values()))
        snapshot = self.snapshot(backup, partial=partial, changed=changed)
        self.commit(snapshot)
        if not partial:
            self.upload = UploadId(b"")
        return snapshot


@dataclass(frozen=True)
class BackedUp:
    """The nodes of a backup, children first."""

    nodes: list[Node]
    roots: Node
    settings: Node
    report: Node
    files: int


def backed_up(tree: Tree, root: bytes = b"/home/anna") -> BackedUp:
    nodes: list[Node] = []
    entry = folder_entry(root, tree, nodes)
    roots = build_roots([entry])
    settings = Settings(SourceId(bytes(16)), (root,)).node()
    report = build_report([ReportLine("unreadable", root + b"/x", "no permission")])
    nodes += [roots, settings, report]
    return BackedUp(nodes, roots, settings, report, entry.subtree_files)


def folder_entry(name: bytes, tree: Tree, nodes: list[Node]) -> Entry:
    rows = [
        folder_entry(child, content, nodes)
        if isinstance(content, Mapping)
        else file_entry(child, content)
        for child, content in sorted(tree.items())
    ]
    pages = build_folder(rows)
    nodes.extend(pages)
    files = sum(row.subtree_files if row.kind == FOLDER else 1 for row in rows)
    size = sum(row.subtree_bytes if row.kind == FOLDER else row.size for row in rows)
    return Entry(name, FOLDER, 0, START, 0o755, 0, 0, b"", b"", pages[-1].id, files, size)


def file_entry(name: bytes, content: list[bytes] | Entry) -> Entry:
    if isinstance(content, Entry):
        return content._replace(name=name)
    chunks = content
    return Entry(name, FILE, 10 * len(chunks), START, 0o644, 0, 0, b"", b"", b"".join(chunks))


def chunks_of(tree: Tree) -> Iterable[bytes]:
    for content in tree.values():
        if isinstance(content, Entry):
            yield from content.inline_chunks or ()
        elif isinstance(content, list):
            yield from content
        else:
            yield from chunks_of(content)
