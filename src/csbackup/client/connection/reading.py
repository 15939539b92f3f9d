"""What both a device and a person may read: certificates, snapshots, nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csbackup.client.connection.answers import AnswerTooLong
from csbackup.client.connection.transport import API, Request, Transport
from csbackup.errors import ServerIncompatible
from csbackup.format.ids import DeviceId, NodeId
from csbackup.protocol import frames, messages

NODES_AT_ONCE = 250
LOCATE_AT_ONCE = 2_000
LOCATE_BYTES = 24 * 1024 * 1024
NODES_BYTES = 40 * 1024 * 1024  # an answer ends behind the node that makes it longer than 16 MiB
_BINARY = {"Content-Type": frames.CONTENT_TYPE}


class Reading:
    """Requests that change nothing. Thread-safe."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def certificates(self, device: DeviceId) -> tuple[messages.CertificateInfo, ...]:
        path = f"devices/{device.hex()}/certificates"
        return self.transport.ask(messages.CertificateList, "GET", path).certificates

    def snapshots_of(self, device: DeviceId) -> messages.SnapshotList:
        """Oldest first, stubs of expired ones included; nothing is checked yet."""
        return self.transport.ask(messages.SnapshotList, "GET", f"devices/{device.hex()}/snapshots")

    def nodes(self, ids: Sequence[bytes]) -> dict[NodeId, bytes]:
        """Nodes as they lie in packs, unchecked: see `tree.unpack_node`. Missing ones are left
        out.

        An answer may end early, so what it leaves out is asked for again until nothing comes.
        """
        found: dict[NodeId, bytes] = {}
        wanted = list(dict.fromkeys(map(NodeId, ids)))
        while wanted:
            asked, wanted = wanted[:NODES_AT_ONCE], wanted[NODES_AT_ONCE:]
            content = self.post_ids("nodes", b"".join(asked), NODES_BYTES)
            nodes = frames.decode_nodes(content, len(asked))
            answer = {node: nodes[node] for node in asked if node in nodes}
            found |= answer
            if answer:
                wanted = [node for node in asked if node not in answer] + wanted
        return found

    def places(self, path: str, chunks: Sequence[bytes]) -> Iterator[frames.BlockLocation]:
        """Where the blocks of these chunks lie, as the address `path` tells it."""
        for at in range(0, len(chunks), LOCATE_AT_ONCE):
            yield from self._places(path, chunks[at : at + LOCATE_AT_ONCE])

    def _places(self, path: str, chunks: Sequence[bytes]) -> Iterator[frames.BlockLocation]:
        """In two questions where one answer would be too long: blocks of very many tiny chunks."""
        try:
            content = self.post_ids(path, b"".join(chunks), LOCATE_BYTES)
        except AnswerTooLong:
            if len(chunks) == 1:
                raise
            half = len(chunks) // 2
            yield from self._places(path, chunks[:half])
            yield from self._places(path, chunks[half:])
        else:
            yield from frames.decode_locations(content, len(chunks))

    def post_ids(self, path: str, body: bytes, most_bytes: int) -> bytes:
        request = Request("POST", API + path, lambda: body, _BINARY, most_bytes=most_bytes)
        return self.transport.send(request).content

    def read_range(self, path: str, start: int, end: int) -> bytes:
        """Bytes `start` up to, not including, `end`; fewer where the pack was cut short.

        What is cut short does not open, so nobody takes it for whole.
        """
        headers = {"Range": f"bytes={start}-{end - 1}"}
        request = Request("GET", API + path, headers=headers, most_bytes=end - start)
        response = self.transport.send(request)
        if response.status != 206:
            why = "it sent another part of a pack than asked for"
            raise ServerIncompatible(str(self.transport.address), why)
        return response.content
