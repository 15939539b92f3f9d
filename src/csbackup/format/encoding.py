"""Deterministic CBOR for trees and records: integers, byte strings and arrays, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cbor2

from csbackup.errors import Malformed

_UNREADABLE = (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError)


def encode(value: Sequence[Any]) -> bytes:
    """The one encoding of `value`: shortest integers, definite lengths."""
    return cbor2.dumps(value)


def decode(data: bytes | memoryview, what: str) -> list[Any]:
    """The array that `data` holds; `Malformed` when it holds anything else."""
    try:
        value = cbor2.loads(bytes(data))
    except _UNREADABLE as problem:
        raise Malformed(what, "it is not valid CBOR") from problem
    if type(value) is not list:
        raise Malformed(what, "it is not an array")
    return value


def fields(value: object, kinds: str, what: str) -> list[Any]:
    """`value` as an array whose fields are of the given kinds.

    A kind is one letter: `i` integer, `b` byte string, `a` array, `c` byte string or array.
    """
    if type(value) is not list or len(value) != len(kinds):
        raise Malformed(what, f"it does not have {len(kinds)} fields")
    for field, kind in zip(value, kinds, strict=True):
        if type(field) not in _TYPES[kind]:
            raise Malformed(what, "a field has another type than the format says")
    return value


_TYPES: dict[str, tuple[type, ...]] = {
    "i": (int,),
    "b": (bytes,),
    "a": (list,),
    "c": (bytes, list),
}


def check_length(field: bytes, length: int, what: str) -> bytes:
    if len(field) != length:
        raise Malformed(what, f"a field has {len(field)} bytes in place of {length}")
    return field
