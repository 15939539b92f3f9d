"""The ASGI application: routes, pages, problems."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Place
from starlette.types import ASGIApp

from csbackup.errors import CsbError, NotFound, RequestError
from csbackup.protocol.problems import CONTENT_TYPE, problem_document, status_of
from csbackup.server.api.callers import base_url, shown_leaf_pin
from csbackup.server.api.dispatch import Endpoint
from csbackup.server.api.headers import SafeHeaders
from csbackup.server.api.pages import Pages
from csbackup.server.api.routes import Route
from csbackup.server.api.table import ROUTES
from csbackup.server.api.workers import Workers
from csbackup.server.services.services import Services

_log = logging.getLogger("csbackup.server")
_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]


def build_application(
    services: Services, workers: Workers, clock: Callable[[], int], web: Path
) -> ASGIApp:
    """`web` is the folder of the built web app, which may be missing."""
    paths: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        paths[route.path].append(route)
    pages = Pages(web)

    async def page(request: Request) -> Response:
        face = services.face
        return pages.answer(request, base_url(request, face.url), shown_leaf_pin(request, face))

    endpoints = [
        Place(path, Endpoint(routes, services, workers, clock).answer, methods=_METHODS)
        for path, routes in paths.items()
    ]
    app = Starlette(
        routes=[*endpoints, Place("/{rest:path}", page, methods=_METHODS)],
        exception_handlers={
            CsbError: _problem,
            HTTPException: _http_problem,
            Exception: _failure,
        },
    )
    app.router.redirect_slashes = False
    return SafeHeaders(app)


async def _problem(request: Request, failure: Exception) -> Response:
    if not isinstance(failure, CsbError):
        raise failure
    status = status_of(failure)
    if status >= 500:
        _log.warning("%s %s: %s", request.method, request.url.path, failure)
    document = problem_document(failure)
    headers = {}
    if "retry_after" in document:
        headers["Retry-After"] = str(document["retry_after"])
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(document, status, headers, media_type=CONTENT_TYPE)


async def _http_problem(request: Request, failure: Exception) -> Response:
    """What the router refuses: an unknown address, a method that is not there."""
    if not isinstance(failure, HTTPException):
        raise failure
    if failure.status_code == 404:
        return await _problem(request, NotFound("There is nothing at this address."))
    document = problem_document(RequestError(f"{request.method} is not possible here."))
    document |= {"status": failure.status_code}
    headers = dict(failure.headers or {})
    return JSONResponse(document, failure.status_code, headers, media_type=CONTENT_TYPE)


async def _failure(request: Request, failure: Exception) -> Response:
    """A fault of ours: told in the log, not to the caller."""
    _log.error("%s %s", request.method, request.url.path, exc_info=failure)
    document = problem_document(CsbError("The server has a fault. Its log says more."))
    return JSONResponse(document, 500, media_type=CONTENT_TYPE)
