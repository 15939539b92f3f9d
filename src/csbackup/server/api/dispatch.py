"""From a request to a handler and back: authorise, parse, call, render."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from csbackup.errors import RequestError
from csbackup.protocol.adapter import parse, render
from csbackup.rules.access import Caller, refusal
from csbackup.server.api.bodies import JSON_LIMIT, read_body, read_json
from csbackup.server.api.callers import (
    address_of,
    base_url,
    is_browser,
    shown_leaf_pin,
    shown_token,
)
from csbackup.server.api.calls import Call, Reply
from csbackup.server.api.routes import Query, Raw, Route
from csbackup.server.api.workers import Workers
from csbackup.server.services.services import Services
from csbackup.server.services.sessions import BROWSER_SECONDS
from csbackup.web.headers import SESSION_COOKIE

_INTEGER = re.compile(r"-?\d{1,19}")


class Endpoint:
    """All routes of one path."""

    def __init__(
        self,
        routes: list[Route],
        services: Services,
        workers: Workers,
        clock: Callable[[], int],
    ) -> None:
        self._routes: dict[str, Route] = {route.method: route for route in routes}
        self._services = services
        self._workers = workers
        self._clock = clock

    @property
    def methods(self) -> list[str]:
        return [*self._routes, *(["HEAD"] if "GET" in self._routes else [])]

    async def answer(self, request: Request) -> Response:
        route = self._routes.get("GET" if request.method == "HEAD" else request.method)
        if route is None:
            raise HTTPException(405, headers={"Allow": ", ".join(self.methods)})
        token = shown_token(request)
        now = self._clock()
        caller = await self._workers.run(self._admit, route, token, now)
        call = await self._call(route, request, caller, now)
        if route.streaming is not None:
            return await route.streaming(call, request)
        return await self._workers.run(_answer, route, call)

    def _admit(self, route: Route, token: str, now: int) -> Caller:
        """The caller, who may use this route: everybody it does not name is refused."""
        caller = self._services.sessions.recognise(token, now) if token else None
        refused = refusal(caller, route.who)
        if refused is not None:
            raise refused
        return caller

    async def _call(self, route: Route, request: Request, caller: Caller, now: int) -> Call:
        query = {one.name: _read_query(one, request.query_params) for one in route.query}
        return Call(
            services=self._services,
            workers=self._workers,
            caller=caller,
            address=address_of(request, self._services.face.way),
            agent=request.headers.get("user-agent", ""),
            now=now,
            browser=is_browser(request),
            base_url=base_url(request, self._services.face.url),
            leaf_pin=shown_leaf_pin(request, self._services.face),
            body=await _read(route, request),
            path=request.path_params,
            query=query,
        )


async def _read(route: Route, request: Request) -> Any:
    if route.body is None or route.streaming is not None:
        return None
    if isinstance(route.body, Raw):
        return await read_body(request, route.body.limit)
    content = await read_body(request, JSON_LIMIT)
    return parse(route.body, read_json(request, content))


def _answer(route: Route, call: Call) -> Response:
    if route.handler is None:
        raise TypeError(f"{route.name} has no handler")
    outcome = route.handler(call)
    reply = outcome if isinstance(outcome, Reply) else Reply(outcome, route.statuses[0])
    response = _rendered(route, reply)
    if reply.cookie is not None:
        _set_cookie(response, reply.cookie)
    return response


def _rendered(route: Route, reply: Reply) -> Response:
    headers = dict(reply.headers)
    if isinstance(route.answer, Raw):
        kind = route.answer.content_type
        return Response(reply.content, reply.status, headers, media_type=kind)
    return JSONResponse(render(reply.content), reply.status, headers)


def _set_cookie(response: Response, token: str) -> None:
    """Strict, unreadable for scripts, for this host alone; an empty token removes it."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=BROWSER_SECONDS if token else 0,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )


def _read_query(query: Query, values: Mapping[str, str]) -> Any:
    text = values.get(query.name)
    if text is None:
        if query.required:
            raise RequestError(f"`{query.name}` is missing.")
        return b"" if query.kind == "path" else query.default
    if query.kind == "path":
        return read_path(text)
    if query.kind == "integer":
        return _read_integer(query, text)
    if query.kind == "text":
        return _read_text(query, text)
    if text not in query.choices:
        raise RequestError(f"`{query.name}` is none of {', '.join(query.choices)}.")
    return text


def _read_integer(query: Query, text: str) -> int:
    number = int(text) if _INTEGER.fullmatch(text, 0) and text.isascii() else None
    if number is None or not query.least <= number <= query.most:
        raise RequestError(f"`{query.name}` is not a whole number in range.")
    return number


def _read_text(query: Query, text: str) -> str:
    if not query.least <= len(text) <= query.most:
        raise RequestError(f"`{query.name}` is too short or too long.")
    return text


def read_path(text: str) -> bytes:
    """A path's exact bytes, from base64url without padding."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise RequestError("`path` is not valid base64url.") from None
