"""Bodies: never more than allowed, never for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request

from csbackup.errors import TooLarge, TooSlow
from csbackup.server.api.bodies import check_pace, pieces, read_body


def request_of(*parts: bytes, length: int | None = None) -> Request:
    waiting = list(parts)

    async def receive() -> dict[str, object]:
        body = waiting.pop(0) if waiting else b""
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "PUT", "path": "/", "headers": headers, "query_string": b""}
    return Request(scope, receive)


async def gathered(stream: AsyncIterator[bytes]) -> list[bytes]:
    return [piece async for piece in stream]


def test_small_pieces_are_gathered() -> None:
    request = request_of(b"ab", b"cd", b"ef", b"g")

    found = asyncio.run(gathered(pieces(request, 3)))

    assert found == [b"abcd", b"efg"]


def test_an_empty_body_has_no_pieces() -> None:
    assert asyncio.run(gathered(pieces(request_of(), 3))) == []


@pytest.mark.parametrize("length", [None, 9])
def test_a_body_over_the_limit_is_refused_with_and_without_a_declared_length(
    length: int | None,
) -> None:
    request = request_of(b"12345", b"6789", length=length)

    with pytest.raises(TooLarge):
        asyncio.run(read_body(request, 8))


def test_a_body_at_the_limit_is_read() -> None:
    assert asyncio.run(read_body(request_of(b"1234", b"5678"), 8)) == b"12345678"


@pytest.mark.parametrize(
    ("received", "seconds", "slow"),
    [(0, 29, False), (0, 31, True), (1024, 31, False), (1_000_000, 900, False), (9999, 60, True)],
)
def test_a_body_must_keep_a_pace_after_its_grace(received: int, seconds: int, slow: bool) -> None:
    if slow:
        with pytest.raises(TooSlow):
            check_pace(received, seconds)
    else:
        check_pace(received, seconds)
