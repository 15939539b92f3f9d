"""Releases of the client, as the server passes them on; nothing of them is checked here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from csbackup.client.connection.transport import Request, Streamed, Transport
from csbackup.format.releases import MANIFEST, MAX_MANIFEST, MAX_SIGNATURES, SIGNATURES, Version

FOLDER = "/releases/"


class ReleaseSource:
    """The files of releases at one server."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def manifest(self, version: Version) -> bytes:
        return self._small(version, MANIFEST, MAX_MANIFEST)

    def signatures(self, version: Version) -> bytes:
        return self._small(version, SIGNATURES, MAX_SIGNATURES)

    @contextmanager
    def file(self, version: Version, name: str, start: int) -> Iterator[Streamed]:
        """A file from byte `start` on, as it comes; whatever the server answers."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self.transport.streaming(Request("GET", _path(version, name), headers=headers)) as got:
            yield got

    def _small(self, version: Version, name: str, most_bytes: int) -> bytes:
        request = Request("GET", _path(version, name), most_bytes=most_bytes)
        return self.transport.send(request).content


def _path(version: Version, name: str) -> str:
    return f"{FOLDER}{version}/{quote(name, safe='')}"
