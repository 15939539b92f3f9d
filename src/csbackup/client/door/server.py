"""The door itself: a small HTTP server for one browser on this machine."""

from __future__ import annotations

import json
import socketserver
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from csbackup.client.door.guard import HOST, AddressUsed, Guard
from csbackup.client.door.own_pages import OwnPages
from csbackup.client.door.own_work import ENROLLED, OWN_API, OwnWork
from csbackup.client.door.passage import API, Answer, Passage
from csbackup.client.log import LOG, log_failure
from csbackup.errors import CsbError, NotFound, NotLetIn, RequestError, TooLarge
from csbackup.protocol.adapter import render
from csbackup.protocol.messages import Done
from csbackup.protocol.problems import CONTENT_TYPE, problem_document
from csbackup.web.headers import SAFE_HEADERS

ENTER = "/enter"
MOST_BODY_BYTES = 2 * 1024 * 1024
_MOST_VISITS = 64
_SILENCE_SECONDS = 60
_PAUSE_SECONDS = 900  # so long a download may be paused before it must ask again
_PIECE = 64 * 1024


class Door(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1 from the start; answers while `serve_forever` runs."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, pages: OwnPages, passage: Passage, own: OwnWork | None = None) -> None:
        super().__init__((HOST, 0), _Visit)
        self.pages = pages
        self.passage = passage
        self.own = own
        self.guard = Guard(self.port)
        self._places = threading.BoundedSemaphore(_MOST_VISITS)
        self._counting = threading.Lock()
        self._running = 0
        self._last = time.monotonic()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def address(self) -> str:
        """For the browser, once."""
        return f"http://{HOST}:{self.port}{ENTER}#{self.guard.token}"

    def idle_seconds(self) -> float:
        """Since the last request that was let in ended; 0 while one runs."""
        with self._counting:
            return 0.0 if self._running else time.monotonic() - self._last

    @contextmanager
    def noted(self) -> Iterator[None]:
        """A request that was let in: while it runs, and for a time afterwards, the door stays."""
        with self._counting:
            self._running += 1
        try:
            yield
        finally:
            with self._counting:
                self._running -= 1
                self._last = time.monotonic()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Each connection in a thread of its own, within reason."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A fault of ours, or a browser that went away: for the log, not for the terminal."""
        failure = sys.exception()
        if failure is not None and not isinstance(failure, (ConnectionError, TimeoutError)):
            log_failure(failure, "unforeseen")


class _Visit(BaseHTTPRequestHandler):
    """One connection: its requests one after the other."""

    protocol_version = "HTTP/1.1"
    timeout = _SILENCE_SECONDS
    disable_nagle_algorithm = True
    server: Door
    _unread = 0

    def version_string(self) -> str:
        return "csb"

    def log_message(self, *_: object) -> None:
        """Nothing: addresses hold the names of files."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What cannot be read as a request at all."""
        self.close_connection = True
        status = HTTPStatus(code)
        self._send(status, {"Content-Type": "text/plain"}, f"{status.phrase}\n".encode())

    def answer(self) -> None:
        try:
            self._answer()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def _answer(self) -> None:
        try:
            self._unread = self._declared_size()
            self.server.guard.check_host(self.headers)
            self._find_answer()
        except NotLetIn as failure:
            self._refuse(failure)
        except CsbError as failure:
            self._send_problem(failure)

    def _find_answer(self) -> None:
        door, path = self.server, self.path.partition("?")[0]
        if path.startswith(API):
            door.guard.admit_to_api(self.headers, self.command)
            with door.noted():
                self._pass_on()
        elif path == ENTER and self.command == "POST":
            self._let_in()
        elif door.own is not None and path.startswith(OWN_API):
            door.guard.admit_to_api(self.headers, self.command)
            with door.noted():
                self._answer_own(door.own)
        elif door.own is not None and path == ENROLLED and self.command == "POST":
            door.guard.admit_to_api(self.headers, self.command)
            with door.noted():
                door.own.receive(self._body().decode(errors="replace"))
            self._send_message(Done())
        elif self.command not in ("GET", "HEAD"):
            raise NotFound("There is nothing at this address.")
        elif own := door.pages.unguarded(path, self.headers):
            self._send(HTTPStatus.OK, *own)
        else:
            door.guard.admit_to_pages(self.headers)
            with door.noted():
                self._send(HTTPStatus.OK, *door.pages.app(path))

    def _let_in(self) -> None:
        own = self.server.own
        try:
            guest = self.server.guard.enter(self.headers, self._body().decode(errors="replace"))
        except AddressUsed:
            if own is not None:
                own.entered_again()
            raise
        LOG.info("a browser was let in by the safe door")
        headers = {
            "Content-Type": "application/json",
            "Set-Cookie": self.server.guard.cookie_for(guest),
        }
        going_on = own.entered() if own is not None else ""
        told = {"key": guest.key, **({"next": going_on} if going_on else {})}
        self._send(HTTPStatus.OK, headers, json.dumps(told).encode())

    # --- this machine itself ---------------------------------------------------------------------

    def _answer_own(self, own: OwnWork) -> None:
        target = self.path.removeprefix(OWN_API)
        self._send_message(own.answer(self.command, target, self._body()))

    def _send_message(self, message: Any) -> None:
        content = json.dumps(render(message)).encode()
        self._send(HTTPStatus.OK, {"Content-Type": "application/json"}, content)

    # --- to the server and back ------------------------------------------------------------------

    def _pass_on(self) -> None:
        body = self._body()
        with self.server.passage.ask(self.command, self.path, self.headers, body) as answer:
            self._begin(answer)
            self.connection.settimeout(_PAUSE_SECONDS)
            try:
                self._send_pieces(answer)
            except CsbError as failure:
                # The answer has begun: the browser must see that its end did not come.
                LOG.warning("an answer broke off: %s", failure)
                self.close_connection = True
            finally:
                self.connection.settimeout(_SILENCE_SECONDS)

    def _begin(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _send_pieces(self, answer: Answer) -> None:
        chunked = "Content-Length" not in answer.headers
        if self.command == "HEAD":
            return
        for piece in answer.pieces:
            if chunked:
                self.wfile.write(b"%x\r\n" % len(piece))
            self.wfile.write(piece)
            if chunked:
                self.wfile.write(b"\r\n")
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    # --- bodies -----------------------------------------------------------------------------------

    def _declared_size(self) -> int:
        """How much of a body is coming; only one whose size is told can be read to its end."""
        lengths = self.headers.get_all("Content-Length", ["0"])
        if "Transfer-Encoding" in self.headers or len(lengths) > 1 or not _is_size(lengths[0]):
            self.close_connection = True
            raise RequestError("The size of this request is not told.")
        if int(lengths[0]) > MOST_BODY_BYTES:
            self.close_connection = True
            raise TooLarge(f"The request has more than {MOST_BODY_BYTES} bytes.")
        return int(lengths[0])

    def _body(self) -> bytes:
        content = self.rfile.read(self._unread)
        if len(content) < self._unread:
            raise ConnectionError
        self._unread = 0
        return content

    def _skip_body(self) -> None:
        """What was not read would be taken for the next request."""
        while self._unread:
            piece = self.rfile.read(min(self._unread, _PIECE))
            if not piece:
                raise ConnectionError
            self._unread -= len(piece)

    # --- answers of the door itself ---------------------------------------------------------------

    def _refuse(self, failure: NotLetIn) -> None:
        """In words for whoever opened the address, as a problem for the page's own questions."""
        if self.path.startswith((API, OWN_API)) or self.command not in ("GET", "HEAD"):
            self._send_problem(failure)
        else:
            self._send(HTTPStatus.UNAUTHORIZED, *self.server.pages.closed(self.headers))

    def _send_problem(self, failure: CsbError) -> None:
        document = problem_document(failure)
        content = json.dumps(document).encode()
        self._send(HTTPStatus(document["status"]), {"Content-Type": CONTENT_TYPE}, content)

    def _send(self, status: HTTPStatus, headers: Mapping[str, str], content: bytes) -> None:
        self._skip_body()
        self.send_response(status)
        for name, value in {**SAFE_HEADERS, "Cache-Control": "no-store", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _is_size(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
