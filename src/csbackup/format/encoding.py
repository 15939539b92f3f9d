"""Deterministic CBOR for trees and records: integers, byte strings and arrays, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, NoReturn, cast

import cbor2

from csbackup.errors import Malformed, UnknownVersion

_UNREADABLE = (cbor2.CBORDecodeError, ValueError, TypeError, OverflowError, RecursionError)
MAX_DEPTH = 6  # arrays in arrays; the deepest of our formats has four
_NATURAL, _NEGATIVE, _BYTES, _ARRAY = 0, 1, 2, 4  # kinds of items in CBOR
_LIMIT = 2**63  # integers are signed 64-bit, as databases and other languages have them


def encode(value: Sequence[Any]) -> bytes:
    """The one encoding of `value`: shortest integers, definite lengths."""
    return cbor2.dumps(value)


def decode(data: bytes | memoryview, what: str) -> list[Any]:
    """The array that `data` holds; `Malformed` when it holds anything else, or something more.

    Tags are refused where they stand: they could make cycles, or make us compute for hours.
    """
    plain = bytes(data)
    try:
        value, end = _decode(plain)
    except _UNREADABLE as problem:
        raise Malformed(what, "it is not valid CBOR") from problem
    if type(value) is not list:
        raise Malformed(what, "it is not an array")
    if end != len(plain):
        raise Malformed(what, "something follows it")
    return value


def decode_versioned(data: bytes | memoryview, version: int, what: str) -> list[Any]:
    """`decode`, and the first field is `version`."""
    value = decode(data, what)
    if not value or type(value[0]) is not int:
        raise Malformed(what, "it names no version")
    if value[0] != version:
        raise UnknownVersion(what, value[0])
    return value


def decode_rows(data: bytes, kinds: str, most: int, what: str) -> Iterator[list[Any]]:
    """The rows of an array, each with fields of the given kinds (`i` and `b` only), one at a time.

    For what anybody may have made: a byte of it can stand for a list of sixty, so nothing is built
    before it is known to be what it should be.
    """
    try:
        kind, count, at = _read_head(data, 0)
        if kind != _ARRAY or count > most:
            raise Malformed(what, f"it is not an array of {most} rows at most")
        for _ in range(count):
            row, at = _read_row(data, at, kinds)
            yield fields(row, kinds, what)
    except ValueError as problem:
        raise Malformed(what, "it is not valid CBOR, or has other fields") from problem
    if at != len(data):
        raise Malformed(what, "something follows it")


def _read_row(data: bytes, at: int, kinds: str) -> tuple[list[Any], int]:
    kind, count, at = _read_head(data, at)
    if kind != _ARRAY or count != len(kinds):
        raise ValueError("another row than expected")
    row: list[Any] = []
    for _ in range(count):
        kind, argument, at = _read_head(data, at)
        if kind == _BYTES:
            row.append(data[at : at + argument])
            at += argument
            if at > len(data):
                raise ValueError("cut short")
        elif kind in (_NATURAL, _NEGATIVE):
            row.append(argument if kind == _NATURAL else -1 - argument)
        else:
            raise ValueError("another field than expected")
    return row, at


def fields(value: Any, kinds: str, what: str) -> list[Any]:
    """`value` as an array whose fields are of the given kinds.

    A kind is one letter: `i` integer of 64 bits, `b` byte string, `a` array.
    """
    if type(value) is not list or len(value) != len(kinds):
        raise Malformed(what, f"it does not have {len(kinds)} fields")
    row: list[Any] = value
    for field, kind in zip(row, kinds, strict=True):
        if type(field) is not _TYPES[kind]:
            raise Malformed(what, "a field has another type than the format says")
        if kind == "i" and not -_LIMIT <= field < _LIMIT:
            raise Malformed(what, "a number has more than 64 bits")
    return row


_TYPES: dict[str, Any] = {"i": int, "b": bytes, "a": list}


def check_length(field: bytes, length: int, what: str) -> bytes:
    if len(field) != length:
        raise Malformed(what, f"a field has {len(field)} bytes in place of {length}")
    return field


def check_natural(what: str, *numbers: int) -> None:
    """Counts, sizes and serials are never negative."""
    if min(numbers) < 0:
        raise Malformed(what, "a number is negative")


# --- two decoders ------------------------------------------------------------------------------
# cbor2 6 can be told what to refuse. Where only its older, interpreted releases can be installed,
# those would be slower than the few lines below, and would follow tags.


class _Bytes:
    """Bytes as the decoder wants them, which says afterwards how far it read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def read(self, count: int, /) -> bytes:
        part = self._data[self.at : self.at + count]
        self.at += len(part)
        return part

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.at = (0, self.at, len(self._data))[whence] + offset
        return self.at


def _refuse_tag(*_: object) -> NoReturn:
    raise ValueError("tags have no place here")


_KNOWN_TAGS = (*range(6), *range(21, 38), 100, 256, 258, 260, 261, 1004, 43000, 55799)
_REFUSED = dict.fromkeys(_KNOWN_TAGS, _refuse_tag)


def _decode_fast(data: bytes) -> tuple[Any, int]:
    source = _Bytes(data)
    decoder = cbor2.CBORDecoder(
        cast("IO[bytes]", source),
        read_size=len(data) + 1,
        max_depth=MAX_DEPTH,
        allow_indefinite=False,
        semantic_decoders=_REFUSED,
        tag_hook=_refuse_tag,
    )
    return decoder.decode(), source.at


_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}


def _decode_plainly(data: bytes, at: int = 0, depth: int = 0) -> tuple[Any, int]:
    """The item that begins at `at`, and where it ends."""
    kind, argument, at = _read_head(data, at)
    if kind == _NATURAL:
        return argument, at
    if kind == _NEGATIVE:
        return -1 - argument, at
    if kind == _BYTES and argument <= len(data) - at:
        return data[at : at + argument], at + argument
    if kind != _ARRAY or argument > len(data) - at or (argument and depth == MAX_DEPTH):
        raise ValueError("neither a whole number, nor a byte string, nor an array")
    items = []
    for _ in range(argument):
        item, at = _decode_plainly(data, at, depth + 1)
        items.append(item)
    return items, at


def _read_head(data: bytes, at: int) -> tuple[int, int, int]:
    if at >= len(data):
        raise ValueError("cut short")
    kind, argument = data[at] >> 5, data[at] & 31
    if argument < 24:
        return kind, argument, at + 1
    size = _SIZES.get(argument, 0)
    if not size or at + 1 + size > len(data):
        raise ValueError("cut short, or of indefinite length")
    return kind, int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size


_decode: Callable[[bytes], tuple[Any, int]]
_decode = _decode_fast if hasattr(cbor2, "shareable_decoder") else _decode_plainly
