"""Trees: the listing of a folder, content-addressed, readable by the server.

A *node* is anything kept in a tree pack, named by BLAKE3 of its plain bytes:

    listing   [1, 0, [entry, ...]]                   entries sorted by name
    index     [1, 1, [[listing id, first name], ...]]          the pages of a long folder
    chunks    [1, 2, chunk ids joined]               a page of a chunk list
    chunk list[1, 3, [chunks id, ...]]               the pages of a file of more than 1,000 chunks
    roots     [1, 4, [entry, ...]]                   what a source backs up; names are whole paths
    report    [1, 5, [[class, path, message], ...]]  a run's problems
    settings  [1, 6, ...]                            see `format.snapshot`

`format.entries` says what an entry is. A node is a pure function of the folder, so equal folders
give equal ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from blake3 import blake3

from csbackup.errors import Malformed
from csbackup.format.encoding import encode
from csbackup.format.entries import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FIFO,
    FILE,
    FOLDER,
    KIND_NAMES,
    MAX_NAME,
    SOCKET,
    SYMLINK,
    Entry,
)
from csbackup.format.extras import Extras, decode_extras, encode_extras, link_group
from csbackup.format.ids import ChunkId, NodeId, node_id
from csbackup.format.nodes import (
    CHUNK_LIST,
    CHUNK_PAGE,
    INDEX,
    LISTING,
    MAX_NODE,
    REPORT,
    ROOTS,
    SETTINGS,
    VERSION,
    AnyNode,
    ChunkList,
    ChunkPage,
    Folder,
    FolderIndex,
    References,
    Report,
    ReportLine,
    SettingsNode,
    read_node,
    references,
    reread_node,
    unpack_node,
)

__all__ = [
    "AnyNode",
    "BLOCK_DEVICE",
    "CHARACTER_DEVICE",
    "CHUNK_LIST",
    "CHUNK_PAGE",
    "ChunkList",
    "ChunkPage",
    "Entry",
    "Extras",
    "FIFO",
    "FILE",
    "FOLDER",
    "Folder",
    "FolderIndex",
    "INDEX",
    "KIND_NAMES",
    "LISTING",
    "MAX_NAME",
    "MAX_NODE",
    "REPORT",
    "ROOTS",
    "References",
    "Report",
    "ReportLine",
    "SETTINGS",
    "SOCKET",
    "SYMLINK",
    "SettingsNode",
    "decode_extras",
    "encode_extras",
    "ends_page",
    "link_group",
    "read_node",
    "references",
    "reread_node",
    "unpack_node",
]

MAX_DEPTH = 4096
INLINE_CHUNKS = 1000
ONE_PAGE = 2000  # folders of up to so many entries are one page
_PAGE_MASK = 1023
_PAGE_LIMIT = 8192
_PAGE_WEIGHT = 4 * 1024 * 1024  # a page is cut here at the latest, long before `MAX_NODE`
_MAX_REPORT = 4 * 1024 * 1024


# --- building ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """Bytes ready for a tree pack."""

    id: NodeId
    plain: bytes


def make_node(kind: int, payload: Any) -> Node:
    plain = encode([VERSION, kind, payload])
    if len(plain) > MAX_NODE:
        raise Malformed("A listing", "it is longer than a listing may be")
    return Node(node_id(plain), plain)


def build_folder(rows: Sequence[Sequence[Any]]) -> list[Node]:
    """The nodes of one folder, pages first; the last one names the folder.

    `rows`: entries, or their fields in order, sorted by name.
    """
    if len(rows) <= ONE_PAGE and sum(map(_weight, rows)) <= _PAGE_WEIGHT:
        return [make_node(LISTING, rows)]
    pages = build_pages(rows)
    return [*(page for page, _ in pages), build_index([(page.id, name) for page, name in pages])]


def build_pages(rows: Sequence[Sequence[Any]]) -> list[tuple[Node, bytes]]:
    """The pages of a long folder, or of some of it, each with its first name."""
    return [(make_node(LISTING, page), page[0][0]) for page in _pages(rows)]


def build_index(pages: Sequence[tuple[NodeId, bytes]]) -> Node:
    """The node that names a long folder, from its pages and their first names."""
    return make_node(INDEX, [list(page) for page in pages])


def ends_page(name: bytes, count: int) -> bool:
    """Whether a page ends behind its entry number `count`, called `name`.

    The hash of the name says so: one changed file rewrites one page.
    """
    return count >= _PAGE_LIMIT or not int.from_bytes(blake3(name).digest(2), "big") & _PAGE_MASK


def _weight(row: Sequence[Any]) -> int:
    """About what an entry takes: many long files in one folder have very many chunk ids."""
    return 160 + len(row[0]) + len(row[9])


def _pages(rows: Sequence[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    page: list[Sequence[Any]] = []
    weight = 0
    for row in rows:
        page.append(row)
        weight += _weight(row)
        if weight >= _PAGE_WEIGHT or ends_page(row[0], len(page)):
            yield page
            page = []
            weight = 0
    if page:
        yield page


def build_chunk_list(chunks: Sequence[ChunkId]) -> list[Node]:
    """The nodes of a long file's chunk list, pages first; the last one names it."""
    pages = [make_node(CHUNK_PAGE, b"".join(page)) for page in _chunk_pages(chunks)]
    return [*pages, make_node(CHUNK_LIST, [page.id for page in pages])]


def _chunk_pages(chunks: Sequence[ChunkId]) -> Iterator[list[ChunkId]]:
    page: list[ChunkId] = []
    for chunk in chunks:
        page.append(chunk)
        if not int.from_bytes(chunk[:2], "big") & _PAGE_MASK or len(page) >= _PAGE_LIMIT:
            yield page
            page = []
    if page:
        yield page


def build_roots(entries: Iterable[Entry]) -> Node:
    return make_node(ROOTS, sorted(entries, key=lambda entry: entry.name))


def build_report(lines: Iterable[ReportLine]) -> Node:
    """As many lines as a node may hold; the snapshot counts all of them."""
    rows = []
    weight = 0
    for line in lines:
        row = [line.problem.encode(), line.path, line.message.encode(errors="replace")]
        weight += 16 + sum(map(len, row))
        if weight > _MAX_REPORT:
            break
        rows.append(row)
    return make_node(REPORT, rows)


def pack_node(plain: bytes, compressor: Any) -> bytes:
    """A node as it lies in a tree pack: one zstd frame."""
    packed: bytes = compressor.compress(plain)
    return packed
