"""Requests to one server: kept connections, time-outs, retries, refusals as errors."""

from __future__ import annotations

import json
import random
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import urllib3
from urllib3.exceptions import (
    HTTPError,
    MaxRetryError,
    NewConnectionError,
)

from csbackup import __version__
from csbackup.client.connection.address import Address
from csbackup.client.connection.answers import (
    MESSAGE_BYTES,
    REFUSAL_BYTES,
    AnswerTooLong,
    Response,
    problem_of,
    read_json,
    seconds_to_wait,
)
from csbackup.client.connection.line import Line, Otherwise
from csbackup.client.connection.pace import Pace
from csbackup.client.connection.patience import TooManyBytes
from csbackup.client.log import LOG
from csbackup.client.log import field as log_field
from csbackup.errors import (
    CertificateRefused,
    CsbError,
    Refused,
    ServerIncompatible,
    ServerUnreachable,
    TokenRefused,
)
from csbackup.protocol.adapter import MessageInvalid, parse, render

Body = Any  # bytes, or an iterator over bytes and memoryviews
Answer = TypeVar("Answer")

API = "/api/v1/"
CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # between tries, once the server has answered
_FIRST_PAUSES = (0.3,)  # and before it ever has: a person waits
_PATIENT_PAUSES = _PAUSES + (15.0,) * 38  # ten minutes more or less: see `patient`
_PIECE = 256 * 1024
_QUIET_TRIES = 4  # so many are made before anybody hears of it
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{0,200}")  # whatever else would end the header it is in
_NOT_IN_ITS_TIME = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_TRY_AGAIN = (408, 502, 503, 504)  # 408: we slept in the middle of a request

OnWait = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Request:
    """`body` makes the body, again for each try. `repeat`: doing it twice is doing it once.
    `most_bytes`: a longer answer is not read."""

    method: str
    path: str
    body: Callable[[], Body] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeat: bool = True
    read_seconds: float = READ_SECONDS
    most_bytes: int = MESSAGE_BYTES


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer whose body is still coming; `pieces` ends early with an error, never silently."""

    status: int
    headers: Mapping[str, str]
    cookies: Sequence[str]
    pieces: Iterator[bytes]


class Transport:
    """One server, several threads. `token` shows who asks. `otherwise` gives another way to trust
    the server, and is asked once, when its certificate is refused."""

    def __init__(
        self,
        address: Address,
        context: ssl.SSLContext | None,
        token: str = "",
        *,
        otherwise: Otherwise | None = None,
        line: Line | None = None,
    ) -> None:
        self.address = address
        self.context = context
        self._token = token
        self._line = line or Line(address, context, otherwise)
        self._answered = threading.Event()
        self._closed = threading.Event()
        self._on_wait: OnWait | None = None
        self._pace: Pace | None = None

    def with_token(self, token: str) -> Transport:
        """The same connections for someone who is known; the token is the server's word."""
        if not _TOKEN.fullmatch(token):
            raise ServerIncompatible(str(self.address), "it gave a token that is none")
        other = Transport(self.address, self.context, token, line=self._line)
        other._answered = self._answered
        other._closed = self._closed
        other._on_wait = self._on_wait
        other._pace = self._pace
        return other

    def paced(self, pace: Pace) -> Transport:
        """The same connections for who keeps to limits of the link."""
        other = self.with_token(self._token)
        other._pace = pace
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
        self._line.pool.close()

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
            return parse(kind, read_json(response.content, self.address), "Its answer")
        except MessageInvalid as problem:
            why = f"its answer is not as agreed ({str(problem).removesuffix('.')})"
            raise ServerIncompatible(str(self.address), why) from problem

    def send(self, request: Request) -> Response:
        """The server's answer; an error when it is a problem, or does not come."""
        waited = False
        while True:
            response = self._send_until_answered(request)
            if response.status < 300:
                return response
            if response.status == 429 and not waited:
                waited = True
                time.sleep(seconds_to_wait(response))
                continue
            raise self._problem(response)

    @contextmanager
    def streaming(self, request: Request) -> Iterator[Streamed]:
        """The answer to somebody else's question, whatever it says, as it comes: a refusal is an
        answer like any other. Tried twice at most, for whoever asks can ask again.
        """
        answer = self._open_soon(request)
        try:
            _refuse_compressed(answer, self.address)
            cookies = answer.headers.getlist("Set-Cookie")
            yield Streamed(answer.status, answer.headers, cookies, self._pieces(answer))
        finally:
            answer.close()  # a connection whose answer was read to its end is back in the pool

    def _open_soon(self, request: Request) -> urllib3.BaseHTTPResponse:
        for last in (not request.repeat, True):
            try:
                answer = self._open_trusted(request)
            except (HTTPError, OSError, TooManyBytes) as problem:
                if last or not _may_pass(problem):
                    raise self._failure(problem, _reason(problem)) from problem
            else:
                self._answered.set()
                return answer
        raise AssertionError("the last try either answers or raises")

    def _pieces(self, answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        try:
            yield from answer.stream(_PIECE, decode_content=False)
        except (HTTPError, OSError, TooManyBytes) as problem:
            raise self._failure(problem, _reason(problem)) from problem

    def _problem(self, response: Response) -> CsbError:
        problem = problem_of(response, self.address)
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
            except (HTTPError, OSError, TooManyBytes) as problem:
                why = _reason(problem)
                if last or not _may_pass(problem):
                    raise self._failure(problem, why) from problem
                LOG.warning("no answer, trying again %s", log_field("message", why))
            else:
                self._answered.set()
                if last or response.status not in _TRY_AGAIN:
                    self._tell_waiting("", tries)
                    return response
                LOG.warning("the server answers with %d, trying again", response.status)
                why = f"it answered with status {response.status}"
            self._tell_waiting(why, tries)
            pause = pauses[tries] * random.uniform(0.8, 1.2)  # noqa: S311  not for secrets
            if self._closed.wait(pause):
                raise ServerUnreachable(str(self.address), why)
            tries += 1

    def _failure(self, problem: Exception, why: str) -> CsbError:
        if isinstance(problem, TooManyBytes):
            return AnswerTooLong(self.address)
        if _is_of_certificate(problem):
            return CertificateRefused(str(self.address), why)
        return ServerUnreachable(str(self.address), why)

    def _pauses(self) -> tuple[float, ...]:
        if not self._answered.is_set():
            return _FIRST_PAUSES
        return _PATIENT_PAUSES if self._on_wait else _PAUSES

    def _tell_waiting(self, why: str, tries: int) -> None:
        if self._on_wait and tries >= _QUIET_TRIES:
            self._on_wait(why)

    def _send_once(self, request: Request) -> Response:
        answer = self._open_trusted(request)
        try:
            content = _content(answer, request.most_bytes, self.address, self._pace)
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        return Response(answer.status, answer.headers, content)

    def _open_trusted(self, request: Request) -> urllib3.BaseHTTPResponse:
        """Nothing of a request is sent before the certificate is trusted, so it can be repeated."""
        pool = self._line.pool
        try:
            return self._open(request, pool)
        except (HTTPError, OSError) as problem:
            if not _is_of_certificate(problem) or not self._line.turn(pool):
                raise
        return self._open(request, self._line.pool)

    def _open(self, request: Request, pool: urllib3.HTTPConnectionPool) -> urllib3.BaseHTTPResponse:
        headers = {"User-Agent": f"csb/{__version__}", **request.headers}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = request.body() if request.body else None
        if body is not None and self._pace is not None and self._pace.limits_sending:
            if isinstance(body, bytes):
                headers["Content-Length"] = str(len(body))
                body = (body,)
            body = self._pace.sending(body)
        return pool.urlopen(
            request.method,
            self.address.prefix + request.path,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=request.read_seconds),
            preload_content=False,
        )


def _content(
    answer: urllib3.BaseHTTPResponse, most_bytes: int, address: Address, pace: Pace | None
) -> bytes:
    """All of it. Reading with a limit copies everything twice, so what says its length, and means
    it, is read without."""
    _refuse_compressed(answer, address)
    most = most_bytes if answer.status < 300 else REFUSAL_BYTES
    declared = answer.length_remaining
    if declared is not None and declared > most:
        raise AnswerTooLong(address)
    if pace is not None and pace.limits_fetching:
        content = b"".join(_pieces_in_time(answer, most, pace))
    else:
        content = answer.read(most + 1 if declared is None else None)
    if len(content) > most:
        raise AnswerTooLong(address)
    return content


def _pieces_in_time(answer: urllib3.BaseHTTPResponse, most: int, pace: Pace) -> Iterator[bytes]:
    """A byte more than `most` at most."""
    left = most + 1
    while left and (piece := answer.read(min(pace.piece_to_fetch(), left))):
        left -= len(piece)
        yield piece
        pace.fetched(len(piece))


def _refuse_compressed(answer: urllib3.BaseHTTPResponse, address: Address) -> None:
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ServerIncompatible(str(address), "it compressed its answer, which nobody asked for")


def _may_pass(problem: Exception) -> bool:
    """Whether trying again may help. Of TLS, only a certificate that is not trusted is for good:
    other failures are how a cut connection shows itself in a handshake or a record."""
    return not (isinstance(problem, TooManyBytes) or _is_of_certificate(problem))


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    """A failure and what is behind it; the library puts that in three different places."""
    deeper = problem
    while deeper is not None:
        problem = deeper
        yield problem
        reason = problem.reason if isinstance(problem, MaxRetryError) else problem.__cause__
        deeper = reason or next((one for one in problem.args if isinstance(one, Exception)), None)


def _is_of_certificate(problem: BaseException | None) -> bool:
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(problem))


def _reason(problem: Exception) -> str:
    """What went wrong, without the library's names for it."""
    *_, inner = _causes(problem)
    if isinstance(inner, ssl.SSLCertVerificationError) and inner.verify_code in _NOT_IN_ITS_TIME:
        today = time.strftime("%Y-%m-%d")
        return f"by this machine's clock, which says {today}, its certificate does not hold now"
    if isinstance(inner, ssl.SSLCertVerificationError):
        return inner.verify_message
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    if isinstance(inner, TimeoutError) or "timed out" in str(inner):
        return "it took too long"
    if isinstance(inner, NewConnectionError):
        return "no connection"
    return str(inner) or type(inner).__name__
