"""The real ASGI application on a folder and SQLite, and people and devices that call it."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from csbackup.format import keys, packing, sealing, snapshot, tree
from csbackup.format.entries import FILE, FOLDER, Entry
from csbackup.format.ids import (
    NO_SNAPSHOT,
    AccountId,
    DeviceId,
    NodeId,
    SnapshotId,
    SourceId,
    UploadId,
    block_id,
    chunk_id,
    snapshot_id,
)
from csbackup.format.keys import AccountKeys, KdfParameters, account_keys, sign
from csbackup.server.app import Server, open_server
from csbackup.server.config import Config

BASE = "https://backup.test"
HERE = "127.0.0.1"
_COMPRESSOR = zstandard.ZstdCompressor(level=3)


class Api:
    """Sends requests to the application, one after the other, without a socket."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._loop = asyncio.new_event_loop()

    def request(
        self, method: str, path: str, *, token: str = "", address: str = HERE, **options: Any
    ) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self._loop.run_until_complete(
            self._request(method, path, address, headers=headers, **options)
        )

    async def _request(
        self, method: str, path: str, address: str, **options: Any
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.server.application, client=(address, 50000))
        url = path if path.startswith("/") else f"/api/v1/{path}"
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, url, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)

    def close(self) -> None:
        self._loop.close()


@contextmanager
def api_on(folder: Path, **settings: Any) -> Iterator[Api]:
    with open_server(Config(data=str(folder), **settings)) as server:
        api = Api(server)
        try:
            yield api
        finally:
            api.close()


@dataclass
class PersonCaller:
    """Somebody with keys. The proofs are random: no test waits for Argon2."""

    name: str
    account: AccountId = field(default_factory=lambda: AccountId(secrets.token_bytes(16)))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    recovery_auth: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    token: str = ""

    @property
    def keys(self) -> AccountKeys:
        return account_keys(self.secret, self.account)

    @property
    def kdf(self) -> bytes:
        return KdfParameters(self.salt).encode()

    def registration(self, **changes: Any) -> dict[str, Any]:
        public = self.keys.device
        return {
            "name": self.name,
            "account_id": self.account.hex(),
            "kdf": b64(self.kdf),
            "auth": b64(self.auth),
            "wrap_password": b64(bytes(92)),
            "recovery_auth": b64(self.recovery_auth),
            "wrap_recovery": b64(bytes(92)),
            "sealing_public": b64(public.sealing_public),
            "account_public": b64(public.account_public),
            **changes,
        }

    def register(self, api: Api, **changes: Any) -> PersonCaller:
        answer = api.post("accounts", json=self.registration(**changes))
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["token"]
        return self

    def enrol(self, api: Api, name: str = "laptop") -> DeviceCaller:
        device = DeviceCaller(self, name)
        answer = api.post("devices", token=self.token, json=device.enrolment())
        assert answer.status_code == 201, answer.text
        device.token = answer.json()["token"]
        return device


@dataclass
class DeviceCaller:
    """A device with its own keys, that can back up."""

    owner: PersonCaller
    name: str
    device: DeviceId = field(default_factory=lambda: DeviceId(secrets.token_bytes(16)))
    signing: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    sealing: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    serial: int = 1
    token: str = ""
    sequence: int = 0
    previous: SnapshotId = NO_SNAPSHOT
    source: SourceId = SourceId(b"\x01" * 16)

    def certificate(self, **changes: Any) -> snapshot.Certificate:
        values: dict[str, Any] = {
            "account": self.owner.account,
            "device": self.device,
            "serial": self.serial,
            "signing_public": self.signing.public_key().public_bytes_raw(),
            "sealing_public": self.sealing.public_key().public_bytes_raw(),
            "not_before_ns": 0,
        }
        return snapshot.Certificate(**(values | changes))

    def enrolment(self, **changes: Any) -> dict[str, Any]:
        powers = {name: changes.pop(name) for name in ("account", "powers") if name in changes}
        signed = self.certificate(**powers).encode()
        key = changes.pop("signed_by", self.owner).keys.signing_private
        return {
            "device": self.device.hex(),
            "name": self.name,
            "os": "Linux",
            "version": "0.1.0",
            "certificate": b64(signed),
            "signature": b64(sign(key, snapshot.SIGN_CERTIFICATE, signed)),
            **changes,
        }

    def open_upload(self, api: Api) -> UploadId:
        answer = api.post("uploads", token=self.token, json={"source": self.source.hex()})
        assert answer.status_code == 201, answer.text
        return UploadId(bytes.fromhex(answer.json()["upload"]))

    def back_up(self, api: Api, files: dict[str, bytes]) -> Backup:
        """One folder `/data` with these files, sealed, sent and committed."""
        upload = self.open_upload(api)
        owner = packing.PackOwner(self.owner.account, self.device, upload)
        blocks, entries = self.seal(owner, files)
        nodes, report, roots, settings = self._nodes(owner, entries)
        for pack in (blocks, nodes):
            if pack is not None:
                answer = self.put_pack(api, upload, pack)
                assert answer.status_code == 201, answer.text
        signed = self.snapshot(files, roots, report, settings)
        answer = self.commit(api, upload, signed)
        assert answer.status_code == 201, answer.text
        self.sequence += 1
        self.previous = snapshot_id(signed)
        return Backup(upload, blocks, nodes, roots, signed, answer.json()["received"])

    def put_pack(self, api: Api, upload: UploadId, pack: packing.Pack) -> httpx.Response:
        content = b"".join(bytes(part) for part in pack.parts)
        path = f"uploads/{upload.hex()}/packs/{pack.id.hex()}"
        return api.put(path, token=self.token, content=content)

    def commit(self, api: Api, upload: UploadId, signed: bytes) -> httpx.Response:
        message = {
            "snapshot": b64(signed),
            "signature": b64(sign(self.signing, snapshot.SIGN_SNAPSHOT, signed)),
        }
        return api.post(f"uploads/{upload.hex()}/commit", token=self.token, json=message)

    def seal(
        self, owner: packing.PackOwner, files: dict[str, bytes]
    ) -> tuple[packing.Pack | None, list[Entry]]:
        builder = packing.PackBuilder(packing.BLOCKS, owner)
        device_keys = self.owner.keys.device
        data_key = secrets.token_bytes(32)
        sealed = keys.seal_data_key(data_key, device_keys.sealing_public, self.owner.account)
        entries = []
        for name, content in sorted(files.items()):
            chunk = chunk_id(content, device_keys.id_key)
            block = sealing.seal_block(
                [content],
                sealing.DataKey(data_key, sealed),
                device_keys,
                salt=secrets.token_bytes(sealing.SALT_BYTES),
                compressor=_COMPRESSOR,
            )
            builder.add_block(block_id(block), block, [chunk])
            entries.append(_file_entry(name, content, chunk))
        return (None if builder.empty else builder.finish()), entries

    def _nodes(
        self, owner: packing.PackOwner, entries: list[Entry]
    ) -> tuple[packing.Pack, NodeId, NodeId, NodeId]:
        folder = tree.build_folder([list(entry) for entry in entries])
        size = sum(entry.size for entry in entries)
        roots = tree.build_roots([_folder_entry(b"/data", folder[-1].id, len(entries), size)])
        report = tree.build_report([])
        settings = snapshot.Settings(self.source, (b"/data",)).node()
        builder = packing.PackBuilder(packing.TREES, owner)
        for node in {one.id: one for one in (*folder, roots, report, settings)}.values():
            builder.add_node(node.id, tree.pack_node(node.plain, _COMPRESSOR), len(node.plain))
        return builder.finish(), report.id, roots.id, settings.id

    def snapshot(
        self, files: dict[str, bytes], roots: NodeId, report: NodeId, settings: NodeId
    ) -> bytes:
        return snapshot.Snapshot(
            account=self.owner.account,
            device=self.device,
            serial=self.serial,
            source=self.source,
            sequence=self.sequence + 1,
            previous=self.previous,
            started_ns=1,
            finished_ns=2,
            settings=settings,
            roots=roots,
            report=report,
            totals=snapshot.Totals(len(files), 1, sum(map(len, files.values())), len(files), 0),
            coverage_ppm=1_000_000,
        ).encode()


@dataclass(frozen=True)
class Backup:
    upload: UploadId
    blocks: packing.Pack | None
    nodes: packing.Pack
    roots: NodeId
    signed: bytes
    received: int


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def path_parameter(path: bytes) -> str:
    return base64.urlsafe_b64encode(path).decode().rstrip("=")


def _file_entry(name: str, content: bytes, chunk: bytes) -> Entry:
    return Entry(name.encode(), FILE, len(content), 1_000_000_000, 0o644, 0, 0, b"", b"", chunk)


def _folder_entry(name: bytes, listing: NodeId, files: int, size: int) -> Entry:
    return Entry(name, FOLDER, 0, 1_000_000_000, 0o755, 0, 0, b"", b"", listing, files, size)
