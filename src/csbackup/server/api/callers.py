"""Who calls: the token a request shows, and whether a browser was tricked into sending it."""

from __future__ import annotations

import re

from starlette.requests import Request

from csbackup.errors import Forbidden
from csbackup.rules.calling import Way, calling_address, is_within
from csbackup.server.services.services import Face
from csbackup.web.headers import MARK, MARKED, SESSION_COOKIE

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_READING = {"GET", "HEAD"}
_PASSED_ON = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


def is_browser(request: Request) -> bool:
    """The web app says so; other pages cannot send this header without asking first."""
    return request.headers.get(MARK) == MARKED


def shown_token(request: Request) -> str:
    """The token of the header, else of the cookie, else nothing.

    A cookie comes by itself, also with a request that another site made. So what changes
    something counts it only with the web app's own header, and from the same origin.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    cookie = request.cookies.get(SESSION_COOKIE, "")
    if cookie and request.method not in _READING:
        _check_origin(request)
    return cookie


def _check_origin(request: Request) -> None:
    if not is_browser(request):
        raise Forbidden("A request by cookie needs the header `X-CSB: web`.")
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Forbidden("This request comes from another site.")
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise Forbidden("This request comes from another site.")


def address_of(request: Request, way: Way) -> str:
    """From where a request comes, see `calling_address`."""
    peer = request.client.host if request.client else ""
    passed_on = any(name in request.headers for name in _PASSED_ON)
    lines = request.headers.getlist("x-forwarded-for")
    return calling_address(peer, lines, passed_on=passed_on, way=way)


def comes_by_proxy(request: Request, way: Way) -> bool:
    """Whether a proxy that is named passes it on: what the caller sees is then its certificate."""
    return request.client is not None and is_within(request.client.host, way.proxies)


def shown_leaf_pin(request: Request, face: Face) -> str:
    """The pin of the certificate that the caller sees; empty where it is a proxy's own."""
    return "" if comes_by_proxy(request, face.way) else face.leaf_pin()


def base_url(request: Request, configured: str) -> str:
    """How the caller reached us; a host header with other characters is not repeated anywhere."""
    if configured:
        return configured.rstrip("/")
    host = request.headers.get("host", "")
    return f"https://{host}" if _HOST.fullmatch(host) else "https://localhost"
