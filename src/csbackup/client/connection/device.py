"""What an enrolled device asks: uploads, and the listings of its own snapshots."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from csbackup.client.connection.reading import Reading
from csbackup.client.connection.transport import API, OnWait, Request, Transport
from csbackup.errors import ServerIncompatible
from csbackup.format.ids import SHORT, DeviceId, OrderId, PackId, SourceId
from csbackup.format.packing import Pack
from csbackup.protocol import frames, messages
from csbackup.protocol.adapter import render

WRITE_BYTES = 256 * 1024
COMMIT_SECONDS = 900.0


class Connection(Reading):
    """Requests with the token of `device`. Thread-safe: two threads send packs side by side."""

    def __init__(self, transport: Transport, device: DeviceId) -> None:
        super().__init__(transport)
        self.device = device

    def patient(self, on_wait: OnWait) -> Connection:
        """The same for a run that waits for a server that is away; see `Transport.patient`."""
        return Connection(self.transport.patient(on_wait), self.device)

    def open_upload(self, source: SourceId) -> messages.Upload:
        # Opened twice by a retry: the surplus upload is empty, and its lease ends by itself.
        request = _json_request("uploads", messages.UploadRequest(source))
        upload = self.transport.read_message(messages.Upload, self.transport.send(request))
        if len(upload.upload) != SHORT:  # it goes into the packs, which nobody could read then
            raise self._nonsense("it gave an upload an id that is none")
        return upload

    def have(self, upload: bytes, ids: Sequence[bytes], *, kind: str, width: int) -> list[bool]:
        """Which of these the server has; `width` 8 asks by prefixes, to be confirmed with 32."""
        body = b"".join(id[:width] for id in ids)
        path = f"uploads/{upload.hex()}/have?kind={kind}&width={width}"
        answer = self.post_ids(path, body, most_bytes=len(ids))
        return frames.unpack_bits(answer, len(ids))

    def put_pack(self, upload: bytes, pack: Pack) -> messages.PackReceived:
        headers = {"Content-Type": frames.CONTENT_TYPE, "Content-Length": str(pack.size)}
        path = f"{API}uploads/{upload.hex()}/packs/{pack.id.hex()}"
        request = Request("PUT", path, lambda: gather(pack.parts), headers)
        received = self.transport.read_message(messages.PackReceived, self.transport.send(request))
        if received.pack != pack.id:
            raise self._nonsense("it acknowledged another pack than was sent")
        return received

    def read_upload_pack(self, upload: bytes, pack: bytes, start: int, end: int) -> bytes:
        """Bytes `start` up to, not including, `end` of a pack of this upload: the read-back."""
        return self.read_range(f"uploads/{upload.hex()}/packs/{pack.hex()}", start, end)

    def commit(self, upload: bytes, signed: bytes, signature: bytes) -> messages.Committed:
        """The same snapshot committed again gives the same answer, so a retry does no harm."""
        message = messages.Commit(signed, signature)
        request = _json_request(f"uploads/{upload.hex()}/commit", message, COMMIT_SECONDS)
        return self.transport.read_message(messages.Committed, self.transport.send(request))

    def snapshots(self) -> messages.SnapshotList:
        return self.snapshots_of(self.device)

    def check_in(self, message: messages.CheckIn) -> messages.CheckInAnswer:
        response = self.transport.send(_json_request("checkin", message))
        return self.transport.read_message(messages.CheckInAnswer, response)

    def orders(
        self, since: int, wait: int, *, settings: int | None = None
    ) -> messages.DeviceOrderList:
        """The orders to this device; waits so many seconds for other ones than at `since`, or for
        another revision of its settings than `settings`."""
        path = f"device/orders?since={since}&wait={wait}"
        if settings is not None:
            path += f"&settings={settings}"
        return self.transport.ask(messages.DeviceOrderList, "GET", path)

    def order(self, order: OrderId) -> messages.DeviceOrder:
        """Nothing of it is checked yet."""
        return self.transport.ask(messages.DeviceOrder, "GET", _address(order))

    def report_order(self, order: OrderId, report: messages.OrderReport) -> messages.OrderVerdict:
        response = self.transport.send(_json_request(_address(order), report))
        return self.transport.read_message(messages.OrderVerdict, response)

    def pushed_settings(self) -> messages.PushedSettings:
        """What waits for this device; nothing of it is checked yet."""
        return self.transport.ask(messages.PushedSettings, "GET", "device/settings")

    def report_settings(self, report: messages.SettingsReport) -> messages.SettingsVerdict:
        response = self.transport.send(_json_request("device/settings", report))
        return self.transport.read_message(messages.SettingsVerdict, response)

    def ordered(self, order: OrderId) -> OrderedContents:
        return OrderedContents(self.transport, order)

    def _nonsense(self, why: str) -> ServerIncompatible:
        return ServerIncompatible(str(self.transport.address), why)


class OrderedContents(Reading):
    """Sealed contents as far as a restore order goes. Thread-safe."""

    def __init__(self, transport: Transport, order: OrderId) -> None:
        super().__init__(transport)
        self._order = order

    def locate(self, chunks: Sequence[bytes]) -> Iterator[frames.BlockLocation]:
        return self.places(f"{_address(self._order)}/locate", chunks)

    def read_pack(self, pack: PackId, start: int, end: int) -> bytes:
        """The bytes of a pack from `start` up to, not including, `end`: blocks of the order."""
        return self.read_range(f"{_address(self._order)}/packs/{pack.hex()}", start, end)


def _address(order: OrderId) -> str:
    return f"device/orders/{order.hex()}"


def _json_request(path: str, message: object, read_seconds: float = 120.0) -> Request:
    """A POST that may be sent twice."""
    body = json.dumps(render(message)).encode()
    headers = {"Content-Type": "application/json"}
    return Request("POST", API + path, lambda: body, headers, read_seconds=read_seconds)


def gather(parts: Sequence[bytes | bytearray | memoryview]) -> Iterator[bytes | memoryview]:
    """The same bytes in fewer writes: small parts are joined, big ones passed on uncopied."""
    small: list[bytes | bytearray | memoryview] = []
    size = 0
    for part in parts:
        if len(part) >= WRITE_BYTES:
            yield b"".join(small)
            yield memoryview(part)
            small, size = [], 0
            continue
        small.append(part)
        size += len(part)
        if size >= WRITE_BYTES:
            yield b"".join(small)
            small, size = [], 0
    yield b"".join(small)
