"""What a device sends: uploads, the question what is here already, and packs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Literal

from csbackup.errors import Conflict, NotFound
from csbackup.format.ids import LONG, PackId, UploadId
from csbackup.format.packing import MAX_PACK
from csbackup.protocol.messages import DeviceHead, Upload
from csbackup.rules.access import DeviceCaller
from csbackup.server.catalog import snapshots, uploads
from csbackup.server.catalog.chunks import trusted_chunks
from csbackup.server.catalog.database import Connection, Database
from csbackup.server.catalog.nodes import complete_node_ids
from csbackup.server.catalog.packs import PackRow, exceeds_quota, find_pack, is_empty
from csbackup.server.services.receiving import PackReceiver, pack_too_large, quota_exceeded
from csbackup.server.store import Incoming, Store

LEASE_DAYS = 14
_RENEW_NS = 3600 * 10**9  # a lease of days need not be renewed, and written, with every request

Kind = Literal["chunks", "nodes"]


class Ingest:
    """Takes in what devices send."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store
        self._trees_in_turn = threading.Lock()

    def open_upload(self, caller: DeviceCaller, upload: UploadId, now_ns: int) -> Upload:
        """Begin a backup. `upload`: 16 random bytes."""

        def change(connection: Connection) -> None:
            uploads.open_upload(connection, upload, caller.device_number, now_ns)

        self._database.write(change)
        empty = is_empty(self._database.read(), caller.account_number)
        return Upload(upload, empty, self.heads(caller.account_number), LEASE_DAYS)

    def heads(self, account: int) -> tuple[DeviceHead, ...]:
        """The newest snapshot of every device of an account."""
        return tuple(DeviceHead(*head) for head in snapshots.heads(self._database.read(), account))

    def have(
        self,
        caller: DeviceCaller,
        upload: UploadId,
        kind: Kind,
        ids: Sequence[bytes],
        now_ns: int,
    ) -> list[bool]:
        """Which of `ids` are here: whole ids, or all cut to 8 bytes.

        What only a revoked device has brought does not count, nor does an incomplete node.
        """
        self._check_upload(caller, upload)
        self._renew_lease(upload, now_ns)
        look_up = trusted_chunks if kind == "chunks" else complete_node_ids
        found = look_up(self._database.read(), caller.account_number, ids)
        width = len(ids[0]) if ids else LONG
        here = {one[:width] for one in found}
        return [one in here for one in ids]

    def begin_pack(
        self,
        caller: DeviceCaller,
        upload: UploadId,
        pack: PackId,
        declared_size: int | None,
        now_ns: int,
    ) -> PackReceiver:
        """Make ready for a pack. What can be refused is refused before its bytes are read."""
        self._check_upload(caller, upload)
        size = MAX_PACK if declared_size is None else declared_size
        if size > MAX_PACK:
            raise pack_too_large()
        if self._is_kept(caller, upload, pack):
            self._renew_lease(upload, now_ns)
            return self._receiver(None, caller, upload, pack)
        if exceeds_quota(self._database.read(), caller.account_number, declared_size or 0):
            raise quota_exceeded()
        incoming = self._store.receive(caller.account, size)
        return self._receiver(incoming, caller, upload, pack)

    def _receiver(
        self, incoming: Incoming | None, caller: DeviceCaller, upload: UploadId, pack: PackId
    ) -> PackReceiver:
        return PackReceiver(self._database, incoming, caller, upload, pack, self._trees_in_turn)

    def read_back_size(self, caller: DeviceCaller, upload: UploadId, pack: PackId) -> int:
        """The size of a pack that this running upload has sent."""
        self._check_upload(caller, upload)
        return self._own_pack(caller, upload, pack).size

    def read_back(
        self, caller: DeviceCaller, upload: UploadId, pack: PackId, offset: int, length: int
    ) -> bytes:
        """Bytes of a pack that this running upload has sent, so that the device can check them."""
        self.read_back_size(caller, upload, pack)
        return self._store.read(caller.account, pack, offset, length)

    def _own_pack(self, caller: DeviceCaller, upload: UploadId, pack: PackId) -> PackRow:
        row = find_pack(self._database.read(), caller.account_number, pack)
        if row is None or row.device != caller.device_number or row.upload != upload:
            raise NotFound("This upload has sent no such pack.")
        return row

    def _is_kept(self, caller: DeviceCaller, upload: UploadId, pack: PackId) -> bool:
        """Listed, and whole in the store: one that was damaged there is taken in again."""
        row = find_pack(self._database.read(), caller.account_number, pack)
        if row is None or row.device != caller.device_number or row.upload != upload:
            return False
        return self._store.size(caller.account, pack) == row.size

    def _check_upload(self, caller: DeviceCaller, upload: UploadId) -> None:
        row = uploads.find_upload(self._database.read(), upload)
        if row is None or row.device != caller.device_number:
            raise NotFound("There is no such upload. Begin a new one.")
        if row.finished is not None:
            raise Conflict("This upload is finished. Begin a new one.")

    def _renew_lease(self, upload: UploadId, now_ns: int) -> None:
        row = uploads.find_upload(self._database.read(), upload)
        if row is None or now_ns - row.last_contact < _RENEW_NS:
            return

        def change(connection: Connection) -> None:
            uploads.touch_upload(connection, upload, now_ns)

        self._database.write(change)
