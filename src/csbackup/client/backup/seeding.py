"""Fills an empty journal from the last snapshot, so that nothing is read or sent again."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.backup.context import BackupContext
from csbackup.client.backup.server import BackupServer
from csbackup.client.journal import LOOSE, NEVER, Journal, Known, PageRow, Result, pack_entries
from csbackup.client.scan import join
from csbackup.errors import CsbError
from csbackup.format.ids import NodeId, SnapshotId, snapshot_id
from csbackup.format.keys import check_signature
from csbackup.format.snapshot import SIGN_SNAPSHOT, Snapshot, read_snapshot
from csbackup.format.tree import FOLDER, Folder, FolderIndex, read_node, unpack_node
from csbackup.protocol.messages import DeviceHead, SnapshotInfo

SEEDED = "seeded"
_NODES_AT_ONCE = 200
_NOTHING = Result((), 0, 0, 0)

_Wanted = tuple[bytes, bytes, NodeId]  # folder, page, node


def seed(
    journal: Journal, context: BackupContext, newest: SnapshotId, seen: DeviceHead | None
) -> None:
    """Take over what the newest snapshot knows. Its entries are loose: to be compared by size,
    time and mode. `seen`: our own newest snapshot as remembered here before this run.

    All of it is one transaction: a crash leaves an empty journal, which is seeded next time.
    """
    if journal.fact(SEEDED) is not None:
        return
    snapshot = _trusted_snapshot(context, newest, seen) if newest else None
    if snapshot is not None:
        _take_over(journal, context.server, snapshot.roots)
    journal.keep_fact(SEEDED, newest)
    journal.save()


def _trusted_snapshot(
    context: BackupContext, newest: SnapshotId, seen: DeviceHead | None
) -> Snapshot | None:
    """The newest snapshot if it is provably ours.

    A made-up one could name other contents for files that look unchanged, and we would sign that.
    After a take-over the key is another, but the id was seen before, by whoever had the password.
    """
    was_seen = seen is not None and seen.snapshot == newest
    for info in reversed(context.server.snapshots().snapshots):
        if info.snapshot != newest or info.expired or snapshot_id(info.signed) != newest:
            continue
        if was_seen or _signed_here(context, info):
            return read_snapshot(info.signed)
    return None


def _signed_here(context: BackupContext, info: SnapshotInfo) -> bool:
    key = Ed25519PrivateKey.from_private_bytes(context.device.signing_private)
    public = key.public_key().public_bytes_raw()
    try:
        check_signature(public, SIGN_SNAPSHOT, info.signed, info.signature, "the newest snapshot")
    except CsbError:
        return False
    return True


def _take_over(journal: Journal, server: BackupServer, roots: NodeId) -> None:
    wanted: list[_Wanted] = [(b"", b"", roots)]
    while wanted:
        batch, wanted = wanted[-_NODES_AT_ONCE:], wanted[:-_NODES_AT_ONCE]
        nodes = server.nodes(list({node for _, _, node in batch}))
        for folder, page, id in batch:
            if id in nodes:
                wanted.extend(_keep(journal, folder, page, unpack_node(nodes[id], id)))


def _keep(journal: Journal, folder: bytes, page: bytes, plain: bytes) -> list[_Wanted]:
    """Keep a listing; the nodes to fetch next."""
    node = read_node(plain)
    if isinstance(node, FolderIndex):
        return [(folder, name, id) for id, name in zip(node.pages, node.first_names, strict=True)]
    if not isinstance(node, Folder):
        return []
    entries = pack_entries(Known(LOOSE, 0, 0, tuple(entry)) for entry in node.entries)
    journal.put([PageRow(folder, page, NEVER, _NOTHING, entries)])
    return [
        (join(folder, entry.name), b"", entry.tree)
        for entry in node.entries
        if entry.kind == FOLDER
    ]
