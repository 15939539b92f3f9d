"""The way from the page to the server: what is passed on, what comes back, who is signed in.

The session of the person stays in this process; the browser never has it. What the server answers
is data: whatever it says of itself, a browser is not told to show it as a page or run it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message

from csbackup.client.connection import Request, Streamed, Transport
from csbackup.errors import CertificateRefused, CsbError, NotFound
from csbackup.web.headers import MARK, MARKED, SAFE_HEADERS, SESSION_COOKIE

API = "/api/v1/"
_UP = ("Content-Type", "Range", "If-Range")
_DOWN = (
    "Content-Length", "Content-Range", "Accept-Ranges", "Retry-After", "Allow",
    "Content-Disposition", "Cache-Control",
)  # fmt: skip
_ANY = "application/octet-stream"
_KINDS = ("application/json", "application/problem+json", "text/plain")
_TARGET = re.compile(r"/api/v1/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{1,8000}")
_DOTS = re.compile(r"(?:\.|%2[eE]){1,2}")
_SESSION = re.compile(rf"{re.escape(SESSION_COOKIE)}=([^;]*)")

ANSWER_HEADERS = SAFE_HEADERS | {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


class Passage:
    """`reach` opens the connection to the server whose pin is known, and says what is wrong."""

    def __init__(self, reach: Callable[[], Transport]) -> None:
        self._reach = reach
        self._transport: Transport | None = None
        self._session = ""

    def open(self) -> Transport:
        """The connection, opened at the first question, and anew after a failure."""
        if self._transport is None:
            self._transport = self._reach()
        return self._transport

    @contextmanager
    def ask(self, method: str, target: str, headers: Message, body: bytes) -> Iterator[Answer]:
        """Pass a request on; the answer's body comes piece by piece while the block lasts."""
        request = _request(method, target, headers, body)
        transport = self.open().with_token(self._session)
        try:
            with transport.streaming(request) as answer:
                self._keep_session(answer)
                yield Answer(answer.status, _fit_to_show(answer), answer.pieces)
        except CertificateRefused:
            self._transport = None  # opened anew, it says why: whether another server answers
            raise

    def _keep_session(self, answer: Streamed) -> None:
        """A session that begins or ends comes as a cookie, which the browser is not given."""
        for cookie in answer.cookies:
            found = _SESSION.match(cookie)
            if found:
                self._session = found[1].strip('"')

    def close(self) -> None:
        """Sign out whoever signed in here, if the server hears it."""
        if self._transport is None:
            return
        with suppress(CsbError):
            if self._session:
                leaving = Request("DELETE", f"{API}sessions/current", repeat=False)
                self._transport.with_token(self._session).send(leaving)
        self._session = ""
        self._transport.close()


def _request(method: str, target: str, headers: Message, body: bytes) -> Request:
    path = target.partition("?")[0]
    if not _TARGET.fullmatch(target) or any(map(_DOTS.fullmatch, path.split("/"))):
        raise NotFound("There is nothing at this address.")
    passed = {name: headers[name] for name in _UP if _is_plain(headers.get(name))}
    passed |= {MARK: MARKED, "Accept-Encoding": "identity"}
    repeat = method in ("GET", "HEAD")
    return Request(method, target, (lambda: body) if body else None, passed, repeat=repeat)


def _fit_to_show(answer: Streamed) -> dict[str, str]:
    found = {name: str(answer.headers[name]) for name in _DOWN if name in answer.headers}
    shown = {name: value for name, value in found.items() if _is_plain(value)}
    kind = str(answer.headers.get("Content-Type", _ANY))
    known = kind.partition(";")[0].strip().lower() in _KINDS and _is_plain(kind)
    return ANSWER_HEADERS | shown | {"Content-Type": kind if known else _ANY}


def _is_plain(value: str | None) -> bool:
    """Whether a header holds nothing that could end it early."""
    return value is not None and value.isascii() and value.isprintable()
