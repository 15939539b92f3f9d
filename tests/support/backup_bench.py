"""A device, its account's keys, a fake server and a folder: all a backup needs, and its opening."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.backup.context import BackupContext, BackupResult, Limits
from csbackup.client.backup.run import run_backup
from csbackup.client.config import Home
from csbackup.client.files import FileSource, LiveFiles
from csbackup.client.heads import Heads
from csbackup.client.keyring import EnrolledDevice
from csbackup.client.problems import Problem
from csbackup.format.ids import AccountId, DeviceId, NodeId, SourceId, chunk_id, split_ids
from csbackup.format.keys import AccountKeys, account_keys, open_data_key, sign
from csbackup.format.sealing import open_block, sealed_data_key
from csbackup.format.snapshot import (
    SIGN_CERTIFICATE,
    Certificate,
    Settings,
    Snapshot,
    read_snapshot,
)
from csbackup.format.tree import (
    FOLDER,
    ChunkList,
    ChunkPage,
    Entry,
    Extras,
    Folder,
    FolderIndex,
    decode_extras,
    read_node,
    unpack_node,
)
from csbackup.protocol.messages import CertificateInfo
from support.fake_server import FakeServer

ACCOUNT = AccountId(b"account-account!")
DEVICE = DeviceId(b"device-device-de")
SOURCE = SourceId(b"source-source-so")


@dataclass
class Listener:
    """Progress that remembers."""

    files: int = 0
    bytes: int = 0
    sent_bytes: int = 0
    problems: list[Problem] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def found(self, files: int, bytes: int) -> None: ...

    def done(self, files: int, bytes: int) -> None:
        self.files += files
        self.bytes += bytes

    def sent(self, bytes: int) -> None:
        self.sent_bytes += bytes

    def problem(self, problem: Problem) -> None:
        self.problems.append(problem)


@dataclass
class Bench:
    """`backup()` runs one; `opened()` is what the newest snapshot holds, by path."""

    home: Path
    keys: AccountKeys
    signing: Ed25519PrivateKey
    server: FakeServer
    settings: Settings
    files: FileSource = field(default_factory=LiveFiles)
    limits: Limits = Limits(save_seconds=3600)
    clock: Callable[[], int] | None = None

    def context(self) -> BackupContext:
        device = EnrolledDevice(
            url="https://backup.test",
            pin="00" * 32,
            account_name="ada",
            device_name="laptop",
            account=ACCOUNT,
            device=DEVICE,
            serial=1,
            keys=self.keys.device,
            signing_private=self.signing.private_bytes_raw(),
            sealing_private=bytes(32),
            token="csbd_test",
        )
        context = BackupContext(
            home=self.home,
            device=device,
            settings=self.settings,
            server=self.server,
            heads=Heads(Home(self.home)),
            files=self.files,
            limits=self.limits,
        )
        return replace(context, clock=self.clock) if self.clock else context

    def backup(self) -> BackupResult:
        self.listener = Listener()
        return run_backup(self.context(), self.listener)

    def choose(self, *roots: Path, **changes: object) -> None:
        names = tuple(os.fsencode(root) for root in roots)
        self.settings = replace(self.settings, roots=names or self.settings.roots, **changes)  # type: ignore[arg-type]

    def forget_journal(self) -> None:
        for path in self.home.glob("journal.db*"):
            path.unlink()

    def newest(self) -> Snapshot:
        return read_snapshot(self.server.committed[-1].signed)

    def opened(self) -> dict[bytes, Opened]:
        return open_tree(self, self.newest().roots)


@dataclass(frozen=True)
class Opened:
    entry: Entry
    content: bytes
    extras: Extras


def make_bench(folder: Path) -> Bench:
    keys = account_keys(bytes(range(32)), ACCOUNT)
    signing = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    public = signing.public_key().public_bytes_raw()
    certificate = Certificate(ACCOUNT, DEVICE, 1, public, bytes(32), 0).encode()
    signature = sign(keys.signing_private, SIGN_CERTIFICATE, certificate)
    server = FakeServer(ACCOUNT, DEVICE, public)
    server.certified = (CertificateInfo(1, certificate, signature, None),)
    home = folder / "home"
    data = folder / "data"
    data.mkdir(parents=True)
    settings = Settings(SOURCE, roots=(os.fsencode(data),))
    return Bench(home, keys, signing, server, settings)


def open_tree(bench: Bench, roots: NodeId) -> dict[bytes, Opened]:
    """Everything below the roots, opened with the account's keys and checked."""
    found: dict[bytes, Opened] = {}
    opener = _Opener(bench)
    waiting = [(b"", roots)]
    while waiting:
        folder, node = waiting.pop()
        for entry in opener.listing(node):
            path = folder + b"/" + entry.name if folder else entry.name
            found[path] = Opened(entry, opener.content(entry), opener.extras(entry))
            if entry.kind == FOLDER:
                waiting.append((path, entry.tree))
    return found


class _Opener:
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._data_keys: dict[bytes, bytes] = {}
        self._last_place: object = None
        self._last_chunks: list[bytes] = []

    def node(self, id: NodeId) -> object:
        packed = self._bench.server.nodes([id])[id]
        return read_node(unpack_node(packed, id))

    def listing(self, id: NodeId) -> list[Entry]:
        node = self.node(id)
        if isinstance(node, FolderIndex):
            pages = [node.check_page(n, self.node(page)) for n, page in enumerate(node.pages)]  # type: ignore[arg-type]
            return [entry for page in pages for entry in page.entries]
        assert isinstance(node, Folder)
        return list(node.entries)

    def content(self, entry: Entry) -> bytes:
        if entry.kind == FOLDER:
            return b""
        if entry.chunk_list is None:
            return b"".join(map(self.chunk, entry.inline_chunks or []))
        index = self.node(entry.chunk_list)
        assert isinstance(index, ChunkList)
        ids = []
        for page in index.pages:
            node = self.node(page)
            assert isinstance(node, ChunkPage)
            ids.extend(split_ids(node.chunks))
        return b"".join(map(self.chunk, ids))

    def extras(self, entry: Entry) -> Extras:
        return decode_extras(self.chunk(entry.extras)) if entry.extras else Extras()

    def chunk(self, id: bytes) -> bytes:
        keys = self._bench.keys
        place, number = self._bench.server.chunks[id]
        if place != self._last_place:  # small chunks share a block, and come one after the other
            block, _ = self._bench.server.block_of(id)
            self._last_place, self._last_chunks = place, self._open(block)
        content = self._last_chunks[number]
        assert chunk_id(content, keys.device.id_key) == id
        return content

    def _open(self, block: bytes) -> list[bytes]:
        keys = self._bench.keys
        sealed = sealed_data_key(block)
        if sealed not in self._data_keys:
            self._data_keys[sealed] = open_data_key(sealed, keys)
        chunks = open_block(block, self._data_keys[sealed], ACCOUNT, keys.device.hedge_key)
        return [bytes(chunk) for chunk in chunks]
