"""A server in memory that takes backups as the real one does: same checks, same refusals."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from csbackup.client.backup.server import IdKind
from csbackup.errors import Refused, SignatureInvalid
from csbackup.format import packing
from csbackup.format.ids import (
    AccountId,
    BlockId,
    DeviceId,
    NodeId,
    PackId,
    SnapshotId,
    SourceId,
    block_id,
    snapshot_id,
    split_ids,
)
from csbackup.format.keys import check_signature
from csbackup.format.packing import Pack, PackOwner, read_footer
from csbackup.format.snapshot import SIGN_SNAPSHOT, Snapshot, read_snapshot
from csbackup.format.tree import read_node, references, unpack_node
from csbackup.protocol import frames, messages


@dataclass(frozen=True)
class _Place:
    pack: bytes
    offset: int
    length: int


@dataclass
class FakeServer:
    """One device's server. `before` is called with each request's name and may raise."""

    account: AccountId
    device: DeviceId
    signing_public: bytes
    before: Callable[[str], None] = lambda name: None
    packs: dict[bytes, bytes] = field(default_factory=dict)
    chunks: dict[bytes, tuple[_Place, int]] = field(default_factory=dict)
    tree_nodes: dict[bytes, _Place] = field(default_factory=dict)
    committed: list[messages.SnapshotInfo] = field(default_factory=list)
    certified: tuple[messages.CertificateInfo, ...] = ()
    siblings: list[messages.DeviceHead] = field(default_factory=list)
    uploads: set[bytes] = field(default_factory=set)
    finished: set[bytes] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    bytes_received: int = 0
    repeated: list[bytes] = field(default_factory=list)  # ids that came though they were here
    resend: tuple[bytes, ...] = ()
    tamper: Callable[[bytes], bytes] = lambda block: block

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._prefixes: set[bytes] = set()

    def _called(self, name: str) -> None:
        with self._lock:
            self.calls[name] += 1
        self.before(name)

    # --- what a backup asks -------------------------------------------------------------------

    def open_upload(self, source: SourceId) -> messages.Upload:
        self._called("open_upload")
        upload = next(self._numbers).to_bytes(16, "big")
        self.uploads.add(upload)
        return messages.Upload(upload, not self.packs, self._heads(), 14)

    def have(self, upload: bytes, ids: Sequence[bytes], *, kind: IdKind, width: int) -> list[bool]:
        self._called("have")
        self._check_upload(upload)
        if len(ids) > frames.MAX_HAVE:
            raise Refused(400, "bad-request", f"The list has more than {frames.MAX_HAVE} ids.", {})
        with self._lock:
            if kind == "nodes":
                asked = {id[:width] for id in ids}
                likely = [id for id in self.tree_nodes if id[:width] in asked]
                whole = {id[:width] for id in likely if self._is_whole(id)}
                return [id[:width] in whole for id in ids]
            here = self.chunks if width == 32 else self._prefixes
            return [id[:width] in here for id in ids]

    def put_pack(self, upload: bytes, pack: Pack) -> messages.PackReceived:
        self._called("put_pack")
        self._check_upload(upload)
        content = b"".join(pack.parts)
        footer = _checked_footer(content, pack.id)
        if footer.owner != PackOwner(self.account, self.device, packing.UploadId(upload)):
            raise Refused(422, "pack-damaged", "It is not the caller's.", {})
        with self._lock:
            new = pack.id not in self.packs
            self.packs[pack.id] = content
            self.bytes_received += len(content) if new else 0
            for item in footer.items:
                self._keep(footer.kind, pack.id, content, item)
        self._called("pack_put")
        return messages.PackReceived(pack.id, new)

    def read_upload_pack(self, upload: bytes, pack: bytes, start: int, end: int) -> bytes:
        self._called("read_upload_pack")
        self._check_upload(upload)
        return self.tamper(self.packs[pack][start:end])

    def commit(self, upload: bytes, signed: bytes, signature: bytes) -> messages.Committed:
        self._called("commit")
        self._check_upload(upload)
        id = snapshot_id(signed)
        with self._lock:
            for info in self.committed:
                if info.snapshot == id:
                    return messages.Committed(id, info.sequence, info.received)
            if upload in self.finished:
                raise Refused(409, "conflict", "This upload is finished.", {})
            snapshot = self._checked_snapshot(signed, signature)
            if not snapshot.partial:
                self.finished.add(upload)
            info = _info(snapshot, signed, signature, received=len(self.committed) + 1)
            self.committed.append(info)
        self._called("committed")
        return messages.Committed(id, info.sequence, info.received)

    def nodes(self, ids: Sequence[bytes]) -> dict[NodeId, bytes]:
        self._called("nodes")
        with self._lock:
            return {
                NodeId(id): self._bytes_at(self.tree_nodes[id])
                for id in ids
                if id in self.tree_nodes
            }

    def snapshots(self) -> messages.SnapshotList:
        self._called("snapshots")
        return messages.SnapshotList(tuple(self.committed))

    def snapshots_of(self, device: DeviceId, /) -> messages.SnapshotList:
        assert device == self.device
        return self.snapshots()

    def certificates(self, device: DeviceId, /) -> tuple[messages.CertificateInfo, ...]:
        assert device == self.device
        return self.certified

    def check_in(self, message: messages.CheckIn) -> messages.CheckInAnswer:
        self._called("check_in")
        return messages.CheckInAnswer(0, self._heads(), self.resend)

    # --- what a test does to it ---------------------------------------------------------------

    def lose_pack(self, pack: bytes) -> None:
        """As a disk does it, or garbage collection that went wrong."""
        with self._lock:
            del self.packs[pack]
            self.chunks = {k: v for k, v in self.chunks.items() if v[0].pack != pack}
            self._prefixes = {chunk[: frames.PREFIX] for chunk in self.chunks}
            self.tree_nodes = {k: v for k, v in self.tree_nodes.items() if v.pack != pack}

    def block_of(self, chunk: bytes) -> tuple[bytes, int]:
        """The block that holds a chunk, and the chunk's place in it."""
        place, number = self.chunks[chunk]
        return self._bytes_at(place), number

    # --- inside -------------------------------------------------------------------------------

    def _heads(self) -> tuple[messages.DeviceHead, ...]:
        newest = self.committed[-1] if self.committed else None
        own = messages.DeviceHead(
            self.device, newest.sequence if newest else 0, newest.snapshot if newest else b""
        )
        return (own, *self.siblings)

    def _check_upload(self, upload: bytes) -> None:
        if upload not in self.uploads:
            raise Refused(404, "not-found", "There is no such upload.", {})

    def _keep(self, kind: int, pack: bytes, content: bytes, item: packing.PackItem) -> None:
        place = _Place(pack, item.offset, item.length)
        found = content[item.offset : item.offset + item.length]
        if kind == packing.TREES:
            if item.id in self.tree_nodes:
                self.repeated.append(item.id)
            unpack_node(found, NodeId(item.id))
            self.tree_nodes[item.id] = place
            return
        assert block_id(found) == BlockId(item.id)
        for number, chunk in enumerate(split_ids(item.chunks)):
            if chunk in self.chunks:
                self.repeated.append(chunk)
            self.chunks[chunk] = (place, number)
            self._prefixes.add(chunk[: frames.PREFIX])

    def _bytes_at(self, place: _Place) -> bytes:
        return self.packs[place.pack][place.offset : place.offset + place.length]

    def _is_whole(self, node: bytes) -> bool:
        return not self._missing_below([node])

    def _missing_below(self, roots: Sequence[bytes]) -> list[dict[str, str]]:
        missing: dict[bytes, str] = {}
        seen: set[bytes] = set()
        waiting = list(roots)
        while waiting:
            id = waiting.pop()
            if id in seen:
                continue
            seen.add(id)
            if id not in self.tree_nodes:
                missing[id] = "node"
                continue
            plain = unpack_node(self._bytes_at(self.tree_nodes[id]), NodeId(id))
            named = references(read_node(plain))
            waiting.extend(named.nodes)
            missing.update({chunk: "chunk" for chunk in named.chunks if chunk not in self.chunks})
        return [{"kind": kind, "id": id.hex()} for id, kind in missing.items()]

    def _checked_snapshot(self, signed: bytes, signature: bytes) -> Snapshot:
        try:
            check_signature(self.signing_public, SIGN_SNAPSHOT, signed, signature, "the snapshot")
        except SignatureInvalid as problem:
            raise Refused(422, problem.code, str(problem), {}) from problem
        snapshot = read_snapshot(signed)
        newest = self._heads()[0]
        if (snapshot.account, snapshot.device) != (self.account, self.device):
            raise Refused(403, "forbidden", "It is another device's.", {})
        if (snapshot.sequence, snapshot.previous) != (newest.sequence + 1, newest.snapshot):
            extra: dict[str, object] = {
                "sequence": newest.sequence,
                "snapshot": newest.snapshot.hex(),
            }
            raise Refused(409, "not-next", "Another snapshot came in between.", extra)
        missing = self._missing_below([snapshot.roots, snapshot.settings, snapshot.report])
        if missing:
            answer: dict[str, object] = {"missing": missing[:1000]}
            raise Refused(409, "missing-references", "Something is missing.", answer)
        return snapshot


def _checked_footer(content: bytes, pack: PackId) -> packing.Footer:
    trailer = content[-packing.TRAILER_BYTES :]
    start, end = packing.footer_span(trailer, len(content), pack)
    assert PackId(block_id(content)) == pack, "a pack's id is the hash of its bytes"
    assert len(content) <= packing.MAX_PACK
    return read_footer(content[start:end], start, pack)


def _info(
    snapshot: Snapshot, signed: bytes, signature: bytes, *, received: int
) -> messages.SnapshotInfo:
    totals = snapshot.totals
    return messages.SnapshotInfo(
        snapshot=SnapshotId(snapshot_id(signed)),
        sequence=snapshot.sequence,
        started=snapshot.started_ns,
        finished=snapshot.finished_ns,
        received=received,
        files=totals.files,
        folders=totals.folders,
        bytes=totals.bytes,
        files_changed=totals.files_changed,
        bytes_read=totals.bytes_read,
        coverage=snapshot.coverage_ppm / 1_000_000,
        partial=snapshot.partial,
        problems=tuple(messages.ProblemCount(*one) for one in snapshot.problems),
        expired=False,
        signed=signed,
        signature=signature,
    )
