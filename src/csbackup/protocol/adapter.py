"""Between JSON and frozen dataclasses: parse at the border, render, describe as JSON Schema.

Fields may be str, int, float, bool, `Hex` and `Blob` (bytes), another message, a
`tuple[X, ...]`, an `X | None` or a `Literal`. Fields with a default may be left out. Unknown
fields are ignored, so that a newer side can say more.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import types
import typing
from collections.abc import Hashable
from typing import Annotated, Any, Literal, TypeVar, Union

from csbackup.errors import RequestError

Hex = Annotated[bytes, "hex"]  # an id: lower-case hexadecimal
Blob = Annotated[bytes, "base64"]  # other bytes: base64, RFC 4648 section 4

Message = TypeVar("Message")


class MessageInvalid(RequestError):
    code = "message-invalid"


def read_base64url(text: str) -> bytes:
    """Bytes as they stand in addresses: base64url without padding."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise MessageInvalid("It is not valid base64url.") from None


def parse(kind: type[Message], value: Any, where: str = "The message") -> Message:
    """`value`, as JSON gave it, as a `kind`; `MessageInvalid` names the field that is wrong."""
    return typing.cast(Message, _parse_message(kind, value, where))


def render(message: Any) -> Any:
    """The JSON value of a message."""
    return _render(type(message), message)


def schema(kind: Any) -> dict[str, Any]:
    """JSON Schema of a message; other messages are `$ref`s into `#/components/schemas`."""
    hints = _hints(kind)
    required = [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    document: dict[str, Any] = {
        "type": "object",
        "properties": {name: _schema_of(hint) for name, hint in hints.items()},
    }
    if required:
        document["required"] = required
    if kind.__doc__:
        document["description"] = " ".join(kind.__doc__.split())
    return document


def parts(kind: Any) -> set[Any]:
    """The messages that `kind` is made of, itself included."""
    found = {kind}
    for hint in _hints(kind).values():
        for inner in _flatten(hint):
            if dataclasses.is_dataclass(inner) and inner not in found:
                found |= parts(inner)
    return found


@functools.cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


def _flatten(hint: Any) -> list[Any]:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in (Annotated, Literal) or not arguments:
        return [hint]
    return [inner for argument in arguments for inner in _flatten(argument)]


def _parse_message(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise MessageInvalid(f"{where} is not an object.")
    found = {}
    for field in dataclasses.fields(kind):
        if field.name in value:
            hint = _hints(kind)[field.name]
            found[field.name] = _parse(hint, value[field.name], field.name)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise MessageInvalid(f"{where} lacks `{field.name}`.")
    return kind(**found)


def _parse(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is Annotated:
        return _parse_bytes(typing.get_args(hint)[1], value, where)
    if origin in (Union, types.UnionType):
        inner = next(a for a in typing.get_args(hint) if a is not type(None))
        return None if value is None else _parse(inner, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise MessageInvalid(f"`{where}` is not a list.")
        return tuple(_parse(typing.get_args(hint)[0], one, where) for one in value)
    if origin is Literal:
        if value not in typing.get_args(hint):
            raise MessageInvalid(f"`{where}` is none of {', '.join(typing.get_args(hint))}.")
        return value
    if dataclasses.is_dataclass(hint):
        return _parse_message(hint, value, f"`{where}`")
    return _parse_plain(hint, value, where)


_LIMIT = 2**63


def _parse_plain(hint: Any, value: Any, where: str) -> Any:
    if hint is float and type(value) is int and -_LIMIT <= value < _LIMIT:
        return float(value)
    if type(value) is not hint:
        raise MessageInvalid(f"`{where}` is not {_PLAIN_NAMES[hint]}.")
    if hint is int and not -_LIMIT <= value < _LIMIT:
        raise MessageInvalid(f"`{where}` is out of range.")
    if hint is str and any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in value):
        raise MessageInvalid(f"`{where}` is not valid text.")
    return value


_PLAIN_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _parse_bytes(form: str, value: Any, where: str) -> bytes:
    if not isinstance(value, str):
        raise MessageInvalid(f"`{where}` is not text.")
    try:
        if form == "hex":
            return bytes.fromhex(_only_hex(value))
        return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error) as problem:
        raise MessageInvalid(f"`{where}` is not valid {form}.") from problem


def _only_hex(text: str) -> str:
    if not set(text) <= _HEX_DIGITS:  # `fromhex` allows spaces, and an id has one spelling only
        raise ValueError("not lower-case hexadecimal")
    return text


_HEX_DIGITS = frozenset("0123456789abcdef")


def _render(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin = typing.get_origin(hint)
    if origin is Annotated:
        form = typing.get_args(hint)[1]
        return value.hex() if form == "hex" else base64.b64encode(value).decode()
    if origin in (Union, types.UnionType):
        return _render(next(a for a in typing.get_args(hint) if a is not type(None)), value)
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        return [_render(inner, one) for one in value]
    if dataclasses.is_dataclass(hint):
        hints = _hints(hint)  # type: ignore[arg-type]
        return {name: _render(inner, getattr(value, name)) for name, inner in hints.items()}
    return value


def _schema_of(hint: Any) -> dict[str, Any]:
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if origin is Annotated:
        if arguments[1] == "hex":
            return {"type": "string", "pattern": "^([0-9a-f]{2})*$"}
        return {"type": "string", "contentEncoding": "base64"}
    if origin in (Union, types.UnionType):
        inner = _schema_of(next(a for a in arguments if a is not type(None)))
        return {"anyOf": [inner, {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _schema_of(arguments[0])}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if dataclasses.is_dataclass(hint):
        return {"$ref": f"#/components/schemas/{typing.cast(type, hint).__name__}"}
    return dict(_PLAIN_SCHEMAS[hint])


_PLAIN_SCHEMAS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer", "format": "int64"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
}
