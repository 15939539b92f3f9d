"""What a route is: declared once, for dispatching, for authorisation and for `openapi.json`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from csbackup.errors import CsbError
from csbackup.rules.access import Who
from csbackup.server.api.calls import Call

ANYONE = frozenset({Who.ANYONE})
PERSON = frozenset({Who.PERSON})
DEVICE = frozenset({Who.DEVICE})
ADMIN = frozenset({Who.ADMIN})
READERS = PERSON | DEVICE | ADMIN

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that is no message."""

    content_type: str = "application/octet-stream"
    limit: int = 0  # of a request, in bytes
    text: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parameter after the question mark. Of a text `least` and `most` are lengths."""

    name: str
    kind: Literal["integer", "path", "choice", "text"]
    description: str
    required: bool = False
    default: int | None = None
    least: int = 0
    most: int = 2**63 - 1
    choices: tuple[str, ...] = ()


Handler = Callable[[Call], Any]  # a message, or a Reply; runs in a thread
Streaming = Callable[[Call, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """`handler` runs in a thread and gives a message; `streaming` speaks HTTP itself."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    name: str
    summary: str
    who: frozenset[Who]
    answer: type | Raw
    handler: Handler | None = None
    streaming: Streaming | None = None
    body: type | Raw | None = None
    query: tuple[Query, ...] = ()
    statuses: tuple[int, ...] = (200,)
    problems: tuple[type[CsbError], ...] = ()
