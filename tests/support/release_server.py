"""A server of releases that does with its answers what a test wants: plain HTTP, on loopback."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from csbackup.client.connection import ReleaseSource, Transport, read_address

_RANGE = re.compile(r"bytes=(\d+)-")


@dataclass
class ReleaseServer:
    """`files` by path. `cut`: so many bytes of a bundle are sent at most, then the line is dead.

    `stretch`: what is sent behind the end of a bundle; `ranges` False: none is honoured.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cut: int = 0
    stretch: bytes = b""
    ranges: bool = True
    asked: list[tuple[str, int]] = field(default_factory=list)
    source: ReleaseSource = field(init=False)

    def give(self, version: str, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            self.files[f"/releases/{version}/{name}"] = content


@contextmanager
def serving_releases() -> Iterator[ReleaseServer]:
    server = ReleaseServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with suppress(ConnectionError):  # who asked was killed
                _answer(self, server)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    transport = Transport(read_address(f"http://127.0.0.1:{http.server_address[1]}"), None)
    server.source = ReleaseSource(transport)
    try:
        yield server
    finally:
        transport.close()
        http.shutdown()
        thread.join()
        http.server_close()


def _answer(request: BaseHTTPRequestHandler, server: ReleaseServer) -> None:
    content = server.files.get(request.path)
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    start = int(found.group(1)) if found and server.ranges else 0
    server.asked.append((request.path, start))
    if content is None:
        request.send_error(404)
        return
    is_bundle = request.path.endswith(".xz")
    whole = content + server.stretch if is_bundle else content
    body = whole[start:]
    request.send_response(206 if start else 200)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    if is_bundle and server.cut:
        request.wfile.write(body[: server.cut])
        request.close_connection = True
        return
    request.wfile.write(body)
