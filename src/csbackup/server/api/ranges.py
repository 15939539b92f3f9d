"""Answering `Range: bytes=a-b` from something that is read piece by piece."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from csbackup.errors import RangeUnmet
from csbackup.server.api.workers import Workers

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PIECE = 1024 * 1024
_TYPE = "application/octet-stream"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})

Read = Callable[[int, int], bytes]


async def answer_file(
    workers: Workers, request: Request, size: int, read: Read, headers: Mapping[str, str]
) -> Response:
    """As `answer_range`, for what has an `ETag`: 304 to who has it, no range of another one."""
    tag = headers["ETag"]
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=dict(headers))
    other = request.headers.get("if-range", tag) != tag
    return await answer_range(workers, request, size, read, headers=headers, whole=other)


def _tags(text: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in text.split(",")]


async def answer_range(
    workers: Workers,
    request: Request,
    size: int,
    read: Read,
    *,
    headers: Mapping[str, str] = NO_HEADERS,
    whole: bool = False,
) -> Response:
    """206 with what was asked, 200 with all of it; 416 when nothing of it is there.

    The first piece is read before the answer begins: a pack that cannot be read is a problem
    document then, not an answer that breaks off.
    """
    span = None if whole else parse_range(request.headers.get("range", ""), size)
    told = {"Accept-Ranges": "bytes", **headers}
    if span is None:
        start, end, status = 0, size, 200
    else:
        (start, end), status = span, 206
        if start >= end:
            raise RangeUnmet(f"There are {size} bytes; none of them was asked for.")
        told["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    told["Content-Length"] = str(end - start)
    first = await workers.run(read, start, min(_PIECE, end - start))
    body = _pieces(workers, read, first, start, end)
    return StreamingResponse(body, status, told, media_type=_TYPE)


def parse_range(text: str, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of one range; None when none is asked, or one we do not serve."""
    found = _RANGE.fullmatch(text.strip(), 0)
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    start = int(found[1])
    end = min(size, int(found[2]) + 1) if found[2] else size
    return start, end


async def _pieces(
    workers: Workers, read: Read, first: bytes, start: int, end: int
) -> AsyncIterator[bytes]:
    yield first
    for at in range(start + len(first), end, _PIECE):
        yield await workers.run(read, at, min(_PIECE, end - at))
