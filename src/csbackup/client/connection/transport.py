"""Requests to one server: kept connections, time-outs, retries, refusals as errors."""

from __future__ import annotations

import json
import random
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, SSLError

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
from csbackup.client.connection.patience import PlainPool, SecurePool, TooManyBytes
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
_TRY_AGAIN = (502, 503, 504)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{0,200}")  # whatever else would end the header it is in
_NOT_IN_ITS_TIME = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED


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

    def with_token(self, token: str) -> Transport:
        """The same connections for someone who is known; the token is the server's word."""
        if not _TOKEN.fullmatch(token):
            raise ServerIncompatible(str(self.address), "it gave a token that is none")
        other = Transport(self.address, self.context, token, pool=self._pool)
        other._answered = self._answered
        return other

    def close(self) -> None:
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

    def _problem(self, response: Response) -> CsbError:
        problem = problem_of(response, self.address)
        if isinstance(problem, Refused) and problem.problem == "not-signed-in":
            return TokenRefused(device=self._token.startswith("csbd_"))
        return problem

    def _send_until_answered(self, request: Request) -> Response:
        tries = 0
        while True:
            pauses = _PAUSES if self._answered.is_set() else _FIRST_PAUSES
            last = tries >= len(pauses) or not request.repeat
            try:
                response = self._send_once(request)
            except TooManyBytes as problem:
                raise AnswerTooLong(self.address) from problem
            except (HTTPError, OSError) as problem:
                if _is_of_certificate(problem):
                    raise CertificateRefused(str(self.address), _reason(problem)) from problem
                if last or not may_pass(problem):
                    raise ServerUnreachable(str(self.address), _reason(problem)) from problem
                LOG.warning("no answer, trying again %s", log_field("message", _reason(problem)))
            else:
                self._answered.set()
                if last or response.status not in _TRY_AGAIN:
                    return response
                LOG.warning("the server answers with %d, trying again", response.status)
            time.sleep(pauses[tries] * random.uniform(0.8, 1.2))  # noqa: S311  not for secrets
            tries += 1

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
            content = _content(answer, request.most_bytes, self.address)
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        return Response(answer.status, answer.headers, content)


def _content(answer: urllib3.BaseHTTPResponse, most_bytes: int, address: Address) -> bytes:
    """All of it. Reading with a limit copies everything twice, so what says its length, and means
    it, is read without."""
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ServerIncompatible(str(address), "it compressed its answer, which nobody asked for")
    most = most_bytes if answer.status < 300 else REFUSAL_BYTES
    declared = answer.length_remaining
    if declared is not None and declared > most:
        raise AnswerTooLong(address)
    content = answer.read(most + 1 if declared is None else None)
    if len(content) > most:
        raise AnswerTooLong(address)
    return content


def _open_pool(address: Address, context: ssl.SSLContext | None) -> urllib3.HTTPConnectionPool:
    if context is None:
        return PlainPool(address.host, address.port, maxsize=4)
    return SecurePool(
        address.host, address.port, maxsize=4, ssl_context=context, assert_hostname=False
    )


def may_pass(problem: BaseException | None) -> bool:
    """Whether trying again may help: not where it is the handshake that fails."""
    return not isinstance(problem, SSLError | ssl.SSLError)


def _is_of_certificate(problem: Exception) -> bool:
    return isinstance(_innermost(problem), ssl.SSLCertVerificationError)


def _innermost(problem: Exception) -> BaseException:
    inner: BaseException = problem
    while True:
        deeper = inner.__cause__
        if isinstance(inner, MaxRetryError):
            deeper = inner.reason
        elif isinstance(inner, SSLError) and inner.args and isinstance(inner.args[0], Exception):
            deeper = inner.args[0]
        if deeper is None:
            return inner
        inner = deeper


def _reason(problem: Exception) -> str:
    """What went wrong, without the library's names for it."""
    inner = _innermost(problem)
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
