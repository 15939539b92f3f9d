"""Reading what a request carries: never more than allowed, never for ever."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request

from csbackup.errors import TooLarge, TooSlow
from csbackup.protocol.adapter import MessageInvalid

JSON_LIMIT = 1024 * 1024
PIECE = 1024 * 1024
_SILENCE_SECONDS = 30
_GRACE_SECONDS = 30
_LEAST_BYTES_A_SECOND = 1024


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; `TooLarge` as soon as it is over the limit, `TooSlow` when it dawdles."""
    if declared_size(request) > limit:
        raise TooLarge(f"The request has more than {limit} bytes.")
    whole = bytearray()
    async for piece in pieces(request):
        whole += piece
        if len(whole) > limit:
            raise TooLarge(f"The request has more than {limit} bytes.")
    return bytes(whole)


async def pieces(request: Request, size: int = 1) -> AsyncIterator[bytes]:
    """The body as it comes, in pieces of at least `size` bytes but for the last."""
    gathered = bytearray()
    received = 0
    started = time.monotonic()
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                piece = await anext(stream, None)
        except TimeoutError:
            raise TooSlow("The request stopped in the middle. Send it again.") from None
        if piece is None:
            break
        received += len(piece)
        check_pace(received, time.monotonic() - started)
        gathered += piece
        if len(gathered) >= size:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def check_pace(received: int, seconds: float) -> None:
    """`TooSlow` when a body has come at less than 1 KiB a second, after a time of grace."""
    if seconds > _GRACE_SECONDS and received < (seconds - _GRACE_SECONDS) * _LEAST_BYTES_A_SECOND:
        raise TooSlow("The request comes too slowly. Send it again over a better connection.")


def declared_size(request: Request) -> int:
    """What `Content-Length` says, or 0."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def read_json(request: Request, content: bytes) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise MessageInvalid("The request is not JSON: its content type must be application/json.")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise MessageInvalid("The request is not valid JSON.") from None
