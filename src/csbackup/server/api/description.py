"""OpenAPI 3.1 from the messages and the route table."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from csbackup.errors import (
    CsbError,
    Forbidden,
    NotFound,
    NotSignedIn,
    RequestError,
    TooLarge,
    TooSlow,
)
from csbackup.protocol import problems, version
from csbackup.protocol.adapter import parts, schema
from csbackup.protocol.messages import DEVICE_PAGE, Problem
from csbackup.rules.access import Who
from csbackup.server.api.routes import ANYONE, Query, Raw, Route
from csbackup.web.headers import SESSION_COOKIE

_PARAMETER = re.compile(r"{(\w+)}")
_ID_BYTES = {"device": 16, "session": 16, "upload": 16, "pack": 32, "request": 16}
_SECURITY: dict[Who, tuple[str, ...]] = {
    Who.PERSON: ("session", "cookie"),
    Who.ADMIN: ("session", "cookie"),
    Who.DEVICE: ("device",),
}
_SCHEMES = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "A person's session: a token that begins with csbs_.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "A person's session in a browser; requests that change something "
        "also need the header X-CSB: web.",
    },
    "device": {
        "type": "http",
        "scheme": "bearer",
        "description": "A device's token: it begins with csbd_.",
    },
}


def describe(routes: tuple[Route, ...]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ClientServerBackup",
            "version": f"{version.NEWEST}",
            "description": "See docs/protocol.md. Problems are RFC 9457 documents with a `code`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": _schemas(routes), "securitySchemes": _SCHEMES},
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "security": _security(route),
        "x-who": sorted(who.value for who in route.who),
        "responses": _responses(route),
    }
    if parameters := [*_path_parameters(route), *map(_query_parameter, route.query)]:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.body)}
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    names = dict.fromkeys(
        name for who in Who if who in route.who for name in _SECURITY.get(who, ())
    )
    return [{name: []} for name in names]


def _responses(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            **({"content": _content(route.answer)} if status != HTTPStatus.NOT_MODIFIED else {}),
        }
        for status in route.statuses
    }
    for status, codes in _problem_codes(route).items():
        found[str(status)] = {
            "description": ", ".join(codes),
            "content": {problems.CONTENT_TYPE: {"schema": _reference(Problem)}},
        }
    return dict(sorted(found.items()))


def _problem_codes(route: Route) -> dict[int, list[str]]:
    """The problems a route may answer with: its own, and what its shape brings along."""
    kinds: list[type[CsbError]] = [*route.problems, Forbidden]
    if route.who != ANYONE:
        kinds.append(NotSignedIn)
    if route.body is not None:
        kinds += [RequestError, TooSlow, TooLarge]
    if route.query:
        kinds.append(RequestError)
    if _PARAMETER.search(route.path):
        kinds.append(NotFound)
    codes: dict[int, list[str]] = {}
    for kind in dict.fromkeys(kinds):
        status = next(problems.STATUS[base] for base in kind.__mro__ if base in problems.STATUS)
        codes.setdefault(status, []).append(kind.code)
    return {status: sorted(names) for status, names in codes.items()}


def _content(body: type | Raw) -> dict[str, Any]:
    if not isinstance(body, Raw):
        return {"application/json": {"schema": _reference(body)}}
    shape: dict[str, Any] = {"type": "string"}
    if not body.text:
        shape["contentMediaType"] = "application/octet-stream"
    if body.content_type == "application/json":
        shape = {"type": "object"}
    if body.limit:
        shape["maxLength"] = body.limit
    return {body.content_type: {"schema": shape}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [_path_parameter(name) for name in _PARAMETER.findall(route.path)]


def _path_parameter(name: str) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "string"}
    if name in _ID_BYTES:
        shape["pattern"] = f"^[0-9a-f]{{{2 * _ID_BYTES[name]}}}$"
    return {"name": name, "in": "path", "required": True, "schema": shape}


def _query_parameter(query: Query) -> dict[str, Any]:
    return {
        "name": query.name,
        "in": "query",
        "required": query.required,
        "description": query.description,
        "schema": _query_schema(query),
    }


def _query_schema(query: Query) -> dict[str, Any]:
    if query.kind == "path":
        return {"type": "string", "pattern": "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?$"}
    if query.kind == "choice":
        return {"type": "string", "enum": list(query.choices)}
    if query.kind == "text":
        return {"type": "string", "minLength": query.least, "maxLength": query.most}
    shape: dict[str, Any] = {
        "type": "integer",
        "format": "int64",
        "minimum": query.least,
        "maximum": query.most,
    }
    if query.default is not None:
        shape["default"] = query.default
    return shape


def _schemas(routes: tuple[Route, ...]) -> dict[str, Any]:
    kinds: set[Any] = parts(Problem)
    for message in DEVICE_PAGE:  # the web app asks a device for these, by types of one source
        kinds |= parts(message)
    for route in routes:
        for kind in (route.body, route.answer):
            if kind is not None and not isinstance(kind, Raw):
                kinds |= parts(kind)
    return {kind.__name__: schema(kind) for kind in sorted(kinds, key=lambda one: one.__name__)}


def _reference(kind: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def as_text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
