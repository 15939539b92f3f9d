"""Entries: one file, folder, link or special file each, as they stand in a listing.

    entry = [name, kind, size, mtime_ns, mode, uid, gid, owner, group, content, subtree files,
             subtree bytes, extras]

`content`: a file's chunk ids joined, or `[chunk list id]`; a folder's node id; else empty.
The subtree's totals are a folder's only. `extras`: empty, or the chunk id of
`format.extras.Extras`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, cast

from csbackup.errors import Malformed, UnknownVersion
from csbackup.format.ids import LONG, ChunkId, NodeId, split_ids

FILE, FOLDER, SYMLINK, FIFO, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE = range(7)
KIND_NAMES = ("file", "folder", "symlink", "fifo", "socket", "char-device", "block-device")

MAX_NAME = 4096
MAX_ROOT_NAME = 32 * 1024
MAX_OWNER = 1024


class Entry(NamedTuple):
    """A file, folder, link or special file in a tree. The order of the fields is the format."""

    name: bytes
    kind: int
    size: int
    mtime_ns: int
    mode: int  # permission bits, with setuid, setgid and sticky
    uid: int
    gid: int
    owner: bytes
    group: bytes
    content: bytes | list[bytes] = b""
    subtree_files: int = 0
    subtree_bytes: int = 0
    extras: bytes = b""

    @property
    def tree(self) -> NodeId:
        """A folder's listing."""
        return NodeId(cast("bytes", self.content))

    @property
    def inline_chunks(self) -> list[ChunkId] | None:
        """A file's chunk ids, or None where they stand in a chunk list."""
        if type(self.content) is bytes:
            return [ChunkId(chunk) for chunk in split_ids(self.content)]
        return None

    @property
    def chunk_list(self) -> NodeId | None:
        return NodeId(self.content[0]) if type(self.content) is list else None


Columns = tuple[tuple[Any, ...], ...]
_FIELDS = len(Entry._fields)
_TYPES = (bytes, int, int, int, int, int, int, bytes, bytes, None, int, int, bytes)
_INT64 = 2**63
_INT32 = 2**32
_RANGES = {  # field: least, most
    2: (0, _INT64 - 1),
    3: (-_INT64, _INT64 - 1),
    4: (0, 0o7777),
    5: (0, _INT32 - 1),
    6: (0, _INT32 - 1),
    10: (0, _INT64 - 1),
    11: (0, _INT64 - 1),
}
_make_entry = cast("Callable[[Iterable[Any]], Entry]", partial(tuple.__new__, Entry))


def read_entries(payload: object, *, roots: bool = False) -> tuple[Entry, ...]:
    """The entries of a listing, checked field by field and in order.

    Checks go by column, not by row: that is what makes a folder of 100,000 files bearable.
    """
    if type(payload) is not list:
        raise Malformed("A listing", "it is not an array")
    if not payload:
        return ()
    if set(map(type, payload)) != {list} or set(map(len, payload)) != {_FIELDS}:
        raise Malformed("An entry", "its fields are not those of the format")
    columns: Columns = tuple(zip(*payload, strict=True))
    _check_types(columns)
    _check_numbers(columns)
    _check_contents(columns)
    _check_names(columns[0], roots=roots)
    return tuple(map(_make_entry, payload))


def make_entries(payload: Iterable[Iterable[Any]]) -> tuple[Entry, ...]:
    """The entries of a listing that `read_entries` accepted before: nothing is checked again."""
    return tuple(map(_make_entry, payload))


def _check_types(columns: Columns) -> None:
    for column, expected in zip(columns, _TYPES, strict=True):
        if expected is not None and set(map(type, column)) != {expected}:
            raise Malformed("An entry", "its fields are not those of the format")


def _check_numbers(columns: Columns) -> None:
    kinds = set(columns[1])
    if min(kinds) < 0 or max(kinds) >= len(KIND_NAMES):
        raise UnknownVersion("An entry's kind", max(kinds, key=abs))
    for field, (least, most) in _RANGES.items():
        if min(columns[field]) < least or max(columns[field]) > most:
            raise Malformed("An entry", f"its {Entry._fields[field]} is out of range")


def _check_contents(columns: Columns) -> None:
    contents = columns[9]
    if not set(map(type, contents)) <= {bytes, list}:
        raise Malformed("An entry", "its content is not what its kind has")
    shapes = set(zip(columns[1], map(type, contents), map(len, contents), strict=True))
    if not all(_fits(*shape) for shape in shapes):
        raise Malformed("An entry", "its content is not what its kind has")
    if any(kind is list for _, kind, _ in shapes):
        lists = [content for content in contents if type(content) is list]
        if not all(is_id(content[0]) for content in lists):
            raise Malformed("An entry", "its chunk list has no id")
    if not set(map(len, columns[12])) <= {0, LONG}:
        raise Malformed("An entry", "its extras are no chunk id")
    if max(map(len, columns[7])) > MAX_OWNER or max(map(len, columns[8])) > MAX_OWNER:
        raise Malformed("An entry", "its owner's name is too long")


def _fits(kind: int, content: type, length: int) -> bool:
    if content is list:
        return kind == FILE and length == 1
    if kind == FILE:
        return not length % LONG
    return length == (LONG if kind == FOLDER else 0)


def _check_names(names: tuple[bytes, ...], *, roots: bool) -> None:
    if not all(map(operator.lt, names, islice(names, 1, None))):
        raise Malformed("A listing", "its entries are not in order")
    check = _root_names_hold if roots else _file_names_hold
    if not check(names):
        wrong = next(name for name in names if not check((name,)))
        what = "the path of a root" if roots else "the name of a file"
        raise Malformed("A listing", f"{wrong[:100]!r} cannot be {what}")


def _file_names_hold(names: tuple[bytes, ...]) -> bool:
    lengths = set(map(len, names))
    if min(lengths) == 0 or max(lengths) > MAX_NAME:
        return False
    joined = b"".join(names)
    if b"/" in joined or b"\0" in joined:
        return False
    return min(lengths) > len(b"..") or not {b".", b".."}.intersection(names)


def _root_names_hold(names: tuple[bytes, ...]) -> bool:
    return not any(
        not 0 < len(name) <= MAX_ROOT_NAME
        or b"\0" in name
        or {b".", b".."}.intersection(name.split(b"/"))
        for name in names
    )


def is_id(value: object) -> bool:
    return type(value) is bytes and len(value) == LONG
