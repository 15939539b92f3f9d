"""A server that lies: it stands between real clients and a real `csb-server`, under its identity.

It has the CA and the leaf key out of the server's own data folder, as whoever broke into that
machine has, so the client's pin holds. What a test does not ask it to change, it passes on.

    with TamperingServer(server) as evil:
        with evil.lying(Lie("POST", "kdf", weaker)) as lies:
            laptop.run("restore", code=2)
        assert lies.fired
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from support.processes import Server

API = "/api/v1/"
_PASSED_ON = ("Content-Type", "Content-Range", "Retry-After", "Location")
_OURS = ("host", "connection", "content-length", "transfer-encoding")


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def route(self) -> str:
        """The path below the API, without its query."""
        return self.path.removeprefix(API).partition("?")[0]

    @property
    def message(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the client gets. With `raw`, these bytes are all of it, headers included."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Iterator[bytes] | None = None

    @property
    def message(self) -> Any:
        return json.loads(self.body)

    def saying(self, message: Any) -> Answer:
        """The same with another message."""
        return replace(self, body=json.dumps(message).encode())


Forward = Callable[[], Answer]
Change = Callable[[Asked, Forward], Answer]


@dataclass
class Lie:
    """What happens to requests of a method whose route matches; `skip` of them are answered true.

    `fired` counts how often it really happened, whatever came of it.
    """

    method: str
    route: str  # a regular expression for all of the route
    change: Change
    skip: int = 0
    fired: int = 0

    def meets(self, asked: Asked) -> bool:
        return asked.method == self.method and bool(re.fullmatch(self.route, asked.route))


def told(change: Callable[[Any], Any]) -> Change:
    """A lie that changes a true message; `change` returns the new one, or changes it in place."""

    def lie(_: Asked, forward: Forward) -> Answer:
        answer = forward()
        if answer.status >= 300:
            return answer
        message = answer.message
        changed = change(message)
        return answer.saying(message if changed is None else changed)

    return lie


def bytes_told(change: Callable[[bytes], bytes]) -> Change:
    """A lie that changes the bytes of a true answer."""

    def lie(_: Asked, forward: Forward) -> Answer:
        answer = forward()
        return replace(answer, body=change(answer.body)) if answer.status < 300 else answer

    return lie


def instead(status: int, body: bytes | Any, **headers: str) -> Change:
    """A lie that asks nobody."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked, forward: Answer(status, content, named)


def raw(parts: Callable[[], Iterator[bytes]]) -> Change:
    """Bytes on the wire in place of an answer."""
    return lambda asked, forward: Answer(0, b"", raw=parts())


@dataclass
class Lies:
    """The lies of one scenario, and all that the client sent meanwhile."""

    told: tuple[Lie, ...]
    asked: list[Asked] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)  # lies that could not be told

    @property
    def fired(self) -> bool:
        """Whether each of them was told at least once."""
        return bool(self.told) and all(lie.fired for lie in self.told)


class TamperingServer:
    """Serves until it is left; `url` is where clients find it, `pin` the true server's."""

    def __init__(self, server: Server, *, identity: Path | None = None) -> None:
        self.upstream = server
        self.pin = server.pin
        self._lies = Lies(())
        self._lock = threading.Lock()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(identity or server.data / "secret" / "leaf.pem")
        self._http = _Listener(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self.url = f"https://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> TamperingServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @contextmanager
    def lying(self, *lies: Lie) -> Iterator[Lies]:
        """These lies, for as long as the context lasts."""
        self._lies = Lies(lies)
        try:
            yield self._lies
        finally:
            self._lies = Lies(())

    # --- for the handler ---

    def note(self, trouble: str) -> None:
        self._lies.troubles.append(trouble)

    def secure(self, connection: socket.socket) -> ssl.SSLSocket:
        return self._context.wrap_socket(connection, server_side=True)

    def chosen(self, asked: Asked) -> Change | None:
        """What to do instead of passing this request on; counts it."""
        with self._lock:
            self._lies.asked.append(asked)
            for lie in self._lies.told:
                if lie.meets(asked):
                    lie.skip -= 1
                    if lie.skip < 0:
                        lie.fired += 1
                        return lie.change
        return None


class _Listener(ThreadingHTTPServer):
    daemon_threads = True  # one may be in the middle of an answer without end
    block_on_close = False

    def __init__(self, evil: TamperingServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.evil = evil

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust us, or had enough, hangs up; else a lie went wrong."""
        if not isinstance(sys.exc_info()[1], OSError):
            self.evil.note(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client, and one of its own to the true server."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Listener
    _true: http.client.HTTPSConnection | None = None

    def setup(self) -> None:
        self.request = self.server.evil.secure(self.request)
        super().setup()

    def handle(self) -> None:
        with suppress(OSError):  # the client had enough, as it should
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        if self._true is not None:
            self._true.close()
        with suppress(OSError):
            self.request.close()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, self.path, dict(self.headers), body)
        change = self.server.evil.chosen(asked)
        answer = change(asked, lambda: self._forward(asked)) if change else self._forward(asked)
        if answer.raw is not None:
            self.close_connection = True
            for part in answer.raw:
                self.wfile.write(part)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def _forward(self, asked: Asked) -> Answer:
        if self._true is None:
            anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            anyone.check_hostname = False
            anyone.verify_mode = ssl.CERT_NONE
            self._true = http.client.HTTPSConnection(
                "127.0.0.1", self.server.evil.upstream.port, context=anyone, timeout=60
            )
        headers = {
            name: value for name, value in asked.headers.items() if name.lower() not in _OURS
        }
        self._true.request(asked.method, asked.path, asked.body, headers)
        response = self._true.getresponse()
        kept = {name: response.headers[name] for name in _PASSED_ON if name in response.headers}
        return Answer(response.status, response.read(), kept)

    def log_message(self, format: str, *args: object) -> None: ...
