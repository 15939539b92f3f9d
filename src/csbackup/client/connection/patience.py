"""How long an answer may take, and how many bytes: a server must not hold us for ever.

The time-out of a socket begins anew with each byte, so whoever sends one byte a minute would never
meet it. Here an answer has the time-out to begin with, and after it must come at some speed.
"""

from __future__ import annotations

import http.client
import io
import time
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

SLOWEST_BYTES_A_SECOND = 1024
MOST_HEADER_BYTES = 1024 * 1024
MOST_BYTES = 65 * 1024 * 1024  # the longest content there is, and its headers


class TooManyBytes(Exception):
    """An answer without end, whatever it consists of."""


class _Arriving(io.RawIOBase):
    """The bytes of one answer as they come; `seconds` is its socket's time-out."""

    def __init__(self, raw: io.RawIOBase, seconds: float) -> None:
        self._raw = raw
        self._seconds = seconds
        self._began = time.monotonic()
        self._count = 0
        self.most = MOST_HEADER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._count > self.most:
            raise TooManyBytes
        allowed = self._seconds + self._count / SLOWEST_BYTES_A_SECOND
        if time.monotonic() - self._began > allowed:
            raise TimeoutError("timed out")
        count = self._raw.readinto(buffer)
        self._count += count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *others: Any, **named: Any) -> None:
        super().__init__(sock, *others, **named)
        seconds = sock.gettimeout() or float("inf")
        self._arriving = _Arriving(self.fp.detach(), seconds)
        self.fp = io.BufferedReader(self._arriving)

    def begin(self) -> None:
        super().begin()
        self._arriving.most = MOST_BYTES  # the headers are over, of all the answers before it too


class _PlainConnection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
