"""What a backup asks of the server; `client.connection` answers over HTTPS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from csbackup.format.ids import DeviceId, NodeId, SourceId
from csbackup.format.packing import Pack
from csbackup.protocol import messages

IdKind = Literal["chunks", "nodes"]


class BackupServer(Protocol):
    """Thread-safe. Fails with `ServerUnreachable`, or `Refused` with the server's own code."""

    def open_upload(self, source: SourceId) -> messages.Upload:
        """A lease for what will arrive, and the heads of all devices of the account."""

    def have(self, upload: bytes, ids: Sequence[bytes], *, kind: IdKind, width: int) -> list[bool]:
        """Which of up to 10,000 ids are there; `width` 8 compares their beginnings only."""

    def put_pack(self, upload: bytes, pack: Pack) -> messages.PackReceived:
        """Back when the pack is durable. Putting it again does no harm."""

    def read_upload_pack(self, upload: bytes, pack: bytes, start: int, end: int) -> bytes:
        """Bytes `start` to before `end` of a pack of this upload."""

    def commit(self, upload: bytes, signed: bytes, signature: bytes) -> messages.Committed:
        """Make a snapshot visible. The same bytes again give the same answer."""

    def nodes(self, ids: Sequence[bytes]) -> dict[NodeId, bytes]:
        """The zstd frames of up to 1,000 nodes; those not found are left out."""

    def snapshots(self) -> messages.SnapshotList:
        """This device's, oldest first."""

    def certificates(self, device: DeviceId, /) -> tuple[messages.CertificateInfo, ...]:
        """Of this device, revoked ones too."""

    def snapshots_of(self, device: DeviceId, /) -> messages.SnapshotList:
        """Those of this device: another one's are nobody's business."""

    def check_in(self, message: messages.CheckIn) -> messages.CheckInAnswer:
        """Say that the device lives; hear of heads and of chunks to send again."""
