"""Without TLS, nobody is answered but this machine and the proxies that are named."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from csbackup.errors import Forbidden
from csbackup.protocol.problems import CONTENT_TYPE, problem_document
from csbackup.rules.access import is_loopback
from csbackup.rules.calling import Way, is_within


def for_proxies_only(app: ASGIApp, way: Way) -> ASGIApp:
    """What is not encrypted goes no further than to who stands in `way`."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        peer = (scope.get("client") or ("",))[0]
        if is_loopback(peer) or is_within(peer, way.proxies):
            await app(scope, receive, send)
            return
        refusal = Forbidden("This server speaks without TLS, to its proxy only. Ask the proxy.")
        response = JSONResponse(problem_document(refusal), 403, media_type=CONTENT_TYPE)
        await response(scope, receive, send)

    return answer
