"""Nodes: what is kept in tree packs, read back and checked. `format.tree` says what they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import zstandard

from csbackup.errors import Malformed, NodeMismatch
from csbackup.format.encoding import decode_versioned, fields
from csbackup.format.entries import FOLDER, Entry, is_id, make_entries, read_entries
from csbackup.format.ids import LONG, NodeId, node_id, split_ids

VERSION = 1
LISTING, INDEX, CHUNK_PAGE, CHUNK_LIST, ROOTS, REPORT, SETTINGS = range(7)
MAX_NODE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Folder:
    """A listing or roots page."""

    entries: tuple[Entry, ...]
    roots: bool = False


@dataclass(frozen=True, slots=True)
class FolderIndex:
    """The pages of a long folder, in order; each is a listing, never an index again."""

    pages: tuple[NodeId, ...]
    first_names: tuple[bytes, ...]

    def check_page(self, number: int, page: AnyNode) -> Folder:
        """`page` as the listing it must be: it begins as named here and ends before the next."""
        following = self.first_names[number + 1 : number + 2]
        if (
            not isinstance(page, Folder)
            or page.roots
            or not page.entries
            or page.entries[0].name != self.first_names[number]
            or (following and page.entries[-1].name >= following[0])
        ):
            raise Malformed("A folder's index", "a page is not what it names")
        return page


@dataclass(frozen=True, slots=True)
class ChunkPage:
    chunks: bytes  # ids joined


@dataclass(frozen=True, slots=True)
class ChunkList:
    pages: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One problem of a run."""

    problem: str
    path: bytes
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    lines: tuple[ReportLine, ...]


@dataclass(frozen=True, slots=True)
class SettingsNode:
    payload: list[Any]


AnyNode = Folder | FolderIndex | ChunkPage | ChunkList | Report | SettingsNode


def unpack_node(packed: bytes | memoryview, expected: NodeId) -> bytes:
    """The plain bytes of a node, checked against its id."""
    try:
        size = zstandard.frame_content_size(packed)
        if not 0 < size <= MAX_NODE:
            raise Malformed("A listing", "it says it is longer than a listing may be")
        plain = zstandard.ZstdDecompressor().decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError as problem:
        raise NodeMismatch(expected) from problem
    if node_id(plain) != expected:
        raise NodeMismatch(expected)
    return plain


def read_node(plain: bytes) -> AnyNode:
    """The node that `plain` holds, every field checked: names are those of files, order holds."""
    what = "A listing"
    value = decode_versioned(plain, VERSION, what)
    if len(value) != 3 or type(value[1]) is not int or value[1] not in _READERS:
        raise Malformed(what, "its kind is unknown")
    return _READERS[value[1]](value[2])


def reread_node(plain: bytes) -> AnyNode:
    """The node that `read_node` made of the same bytes before; checks take most of its time."""
    _, kind, payload = decode_versioned(plain, VERSION, "A listing")
    if kind in (LISTING, ROOTS):
        return Folder(make_entries(payload), roots=kind == ROOTS)
    return _READERS[kind](payload)


def _read_listing(payload: Any) -> Folder:
    return Folder(read_entries(payload))


def _read_roots(payload: Any) -> Folder:
    return Folder(read_entries(payload, roots=True), roots=True)


def _array(payload: Any, what: str) -> list[Any]:
    if type(payload) is not list:
        raise Malformed(what, "it is not an array")
    return payload


def _read_index(payload: Any) -> FolderIndex:
    what = "A folder's index"
    rows = [fields(row, "bb", what) for row in _array(payload, what)]
    names = tuple(row[1] for row in rows)
    if not rows or not all(is_id(row[0]) for row in rows):
        raise Malformed(what, "a page has no id")
    if any(a >= b for a, b in zip(names, names[1:], strict=False)):
        raise Malformed(what, "its pages are not in order")
    return FolderIndex(tuple(NodeId(row[0]) for row in rows), names)


def _read_chunk_page(payload: Any) -> ChunkPage:
    if type(payload) is not bytes or not payload or len(payload) % LONG:
        raise Malformed("A chunk list", "its ids are cut short")
    return ChunkPage(payload)


def _read_chunk_list(payload: Any) -> ChunkList:
    pages = _array(payload, "A chunk list")
    if not pages or not all(is_id(page) for page in pages):
        raise Malformed("A chunk list", "a page has no id")
    return ChunkList(tuple(NodeId(page) for page in pages))


def _read_report(payload: Any) -> Report:
    what = "A report"
    rows = [fields(row, "bbb", what) for row in _array(payload, what)]
    return Report(
        tuple(
            ReportLine(row[0].decode(errors="replace"), row[1], row[2].decode(errors="replace"))
            for row in rows
        )
    )


def _read_settings(payload: Any) -> SettingsNode:
    return SettingsNode(_array(payload, "Settings"))


_READERS: dict[int, Callable[[Any], AnyNode]] = {
    LISTING: _read_listing,
    INDEX: _read_index,
    CHUNK_PAGE: _read_chunk_page,
    CHUNK_LIST: _read_chunk_list,
    ROOTS: _read_roots,
    REPORT: _read_report,
    SETTINGS: _read_settings,
}


@dataclass(frozen=True, slots=True)
class References:
    """What a node needs to be whole: chunks (in order, with repeats) and other nodes."""

    chunks: tuple[bytes, ...]
    nodes: tuple[NodeId, ...]


def references(node: AnyNode) -> References:
    if isinstance(node, Folder):
        return _folder_references(node)
    if isinstance(node, FolderIndex | ChunkList):
        return References((), node.pages)
    if isinstance(node, ChunkPage):
        return References(tuple(split_ids(node.chunks)), ())
    return References((), ())


def _folder_references(folder: Folder) -> References:
    chunks: list[bytes] = []
    nodes: list[NodeId] = []
    for entry in folder.entries:
        content = entry.content
        if entry.kind == FOLDER:
            nodes.append(entry.tree)
        elif type(content) is list:
            nodes.append(NodeId(content[0]))
        elif len(content) == LONG:  # as most files have it
            chunks.append(content)  # type: ignore[arg-type]
        elif content:
            chunks.extend(split_ids(content))  # type: ignore[arg-type]
        if entry.extras:
            chunks.append(entry.extras)
    return References(tuple(chunks), tuple(nodes))
