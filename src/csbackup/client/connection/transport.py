"""Requests to one server: kept connections, time-outs, retries, problem documents as errors."""

from __future__ import annotations

import json
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import urllib3
from urllib3.exceptions import (
    HTTPError,
    LocationParseError,
    MaxRetryError,
    NewConnectionError,
)

from csbackup import __version__
from csbackup.client.connection.address import Address, AddressInvalid
from csbackup.errors import (
    CsbError,
    Refused,
    ServerIncompatible,
    ServerUnreachable,
    TokenRefused,
)
from csbackup.protocol.adapter import parse, render

Body = Any  # bytes, or an iterator over bytes and memoryviews
Answer = TypeVar("Answer")

API = "/api/v1/"
CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
ANSWER_LIMIT_BYTES = 256 * 1024 * 1024
LONGEST_WAIT_SECONDS = 60.0
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # between tries, once the server has answered
_FIRST_PAUSES = (0.3,)  # and before it ever has: a person waits
_PATIENT_PAUSES = _PAUSES + (15.0,) * 38  # ten minutes more or less: see `patient`
_QUIET_TRIES = 4  # so many are made before anybody hears of it
_TRY_AGAIN = (408, 502, 503, 504)  # 408: we slept in the middle of a request

OnWait = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Request:
    """`body` makes the body, again for each try. `repeat`: doing it twice is doing it once."""

    method: str
    path: str
    body: Callable[[], Body] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeat: bool = True
    read_seconds: float = READ_SECONDS


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]
    content: bytes


class Transport:
    """One server, several threads. `token` shows who asks."""

    def __init__(
        self,
        address: Address,
        context: ssl.SSLContext | None,
        token: str = "",
        *,
        pool: urllib3.HTTPConnectionPool | None = None,
    ) -> None:
        self.address = address
        self.context = context
        self._token = token
        self._pool = pool or _open_pool(address, context)
        self._answered = threading.Event()
        self._closed = threading.Event()
        self._on_wait: OnWait | None = None

    def with_token(self, token: str) -> Transport:
        """The same connections for someone who is known."""
        other = Transport(self.address, self.context, token, pool=self._pool)
        other._answered = self._answered
        other._closed = self._closed
        other._on_wait = self._on_wait
        return other

    def patient(self, on_wait: OnWait) -> Transport:
        """The same connections for who would rather wait some minutes for the server to come back
        than begin again. `on_wait` hears why, and an empty text when the server is back.
        """
        other = self.with_token(self._token)
        other._on_wait = on_wait
        return other

    def close(self) -> None:
        """End idle connections; whoever waits to try again gives up now."""
        self._closed.set()
        self._pool.close()

    def ask(self, kind: type[Answer], method: str, path: str, message: Any = None) -> Answer:
        """A message sent, a message back. Only POSTs that make something new are not repeated."""
        body = json.dumps(render(message)).encode() if message is not None else None
        request = Request(
            method,
            API + path,
            (lambda: body) if body is not None else None,
            {"Content-Type": "application/json"} if body is not None else {},
            repeat=method != "POST",
        )
        return self.read_message(kind, self.send(request))

    def read_message(self, kind: type[Answer], response: Response) -> Answer:
        try:
            return parse(kind, json.loads(response.content), "Its answer")
        except ValueError as problem:
            raise ServerIncompatible(str(self.address), "its answer is not JSON") from problem

    def send(self, request: Request) -> Response:
        """The server's answer; an error when it is a problem, or does not come."""
        waited = False
        while True:
            response = self._send_until_answered(request)
            if response.status < 300:
                return response
            if response.status == 429 and not waited:
                waited = True
                time.sleep(_seconds_to_wait(response))
                continue
            raise self._problem(response)

    def _problem(self, response: Response) -> CsbError:
        problem = _problem(response, self.address)
        if isinstance(problem, Refused) and problem.problem == "not-signed-in":
            return TokenRefused(device=self._token.startswith("csbd_"))
        return problem

    def _send_until_answered(self, request: Request) -> Response:
        tries = 0
        while True:
            pauses = self._pauses()
            last = tries >= len(pauses) or not request.repeat
            try:
                response = self._send_once(request)
            except (HTTPError, OSError) as problem:
                if last or not _may_pass(problem):
                    raise ServerUnreachable(str(self.address), _reason(problem)) from problem
                why = _reason(problem)
            else:
                self._answered.set()
                if last or response.status not in _TRY_AGAIN:
                    self._tell_waiting("", tries)
                    return response
                why = f"it answered with status {response.status}"
            self._tell_waiting(why, tries)
            pause = pauses[tries] * random.uniform(0.8, 1.2)  # noqa: S311  not for secrets
            if self._closed.wait(pause):
                raise ServerUnreachable(str(self.address), why)
            tries += 1

    def _pauses(self) -> tuple[float, ...]:
        if not self._answered.is_set():
            return _FIRST_PAUSES
        return _PATIENT_PAUSES if self._on_wait else _PAUSES

    def _tell_waiting(self, why: str, tries: int) -> None:
        if self._on_wait and tries >= _QUIET_TRIES:
            self._on_wait(why)

    def _send_once(self, request: Request) -> Response:
        headers = {"User-Agent": f"csb/{__version__}", **request.headers}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        answer = self._pool.urlopen(
            request.method,
            self.address.prefix + request.path,
            body=request.body() if request.body else None,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=request.read_seconds),
            preload_content=False,
        )
        try:
            content = _content(answer)
        except BaseException:
            answer.close()
            raise
        if len(content) > ANSWER_LIMIT_BYTES:
            answer.close()
            raise ServerIncompatible(str(self.address), "its answer is longer than any should be")
        answer.release_conn()
        return Response(answer.status, answer.headers, content)


def _content(answer: urllib3.BaseHTTPResponse) -> bytes:
    """All of it, up to one byte more than the limit. Reading with a limit copies everything twice,
    so what says its length, and means it, is read without."""
    declared = answer.length_remaining
    plain = "Content-Encoding" not in answer.headers
    if plain and declared is not None and declared <= ANSWER_LIMIT_BYTES:
        return answer.read()
    return answer.read(ANSWER_LIMIT_BYTES + 1)


def _open_pool(address: Address, context: ssl.SSLContext | None) -> urllib3.HTTPConnectionPool:
    try:
        return _pool(address, context)
    except LocationParseError:
        raise AddressInvalid(f"{address} is not the address of a server.") from None


def _pool(address: Address, context: ssl.SSLContext | None) -> urllib3.HTTPConnectionPool:
    if context is None:
        return urllib3.HTTPConnectionPool(address.host, address.port, maxsize=4)
    return urllib3.HTTPSConnectionPool(
        address.host, address.port, maxsize=4, ssl_context=context, assert_hostname=False
    )


def _may_pass(problem: BaseException) -> bool:
    """Whether trying again may help: always, unless the server's certificate is not trusted.

    Other failures of TLS are how a cut connection shows itself in a handshake or a record.
    """
    return not any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(problem))


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """A failure and what is behind it; the library puts that in three different places."""
    deeper: BaseException | None = problem
    while deeper is not None:
        problem = deeper
        yield problem
        reason = problem.reason if isinstance(problem, MaxRetryError) else problem.__cause__
        deeper = reason or next((one for one in problem.args if isinstance(one, Exception)), None)


def _reason(problem: Exception) -> str:
    """What went wrong, without the library's names for it."""
    *_, inner = _causes(problem)
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    if isinstance(inner, TimeoutError) or "timed out" in str(inner):
        return "it took too long"
    if isinstance(inner, NewConnectionError):
        return "no connection"
    return str(inner) or type(inner).__name__


def _seconds_to_wait(response: Response) -> float:
    try:
        asked = float(response.headers.get("Retry-After", "1"))
    except ValueError:
        asked = 1.0
    return min(max(asked, 0.1), LONGEST_WAIT_SECONDS)


def _problem(response: Response, address: Address) -> CsbError:
    """The server's problem document as an error."""
    try:
        document = json.loads(response.content)
        code, detail = str(document["code"]), str(document["detail"])
    except (ValueError, KeyError, TypeError):
        why = f"it answered with status {response.status} and no explanation"
        return ServerIncompatible(str(address), why)
    extra = {name: value for name, value in document.items() if name not in _USUAL}
    return Refused(response.status, code, detail, extra)


_USUAL = ("type", "title", "status", "code", "detail")
