"""Trees: the listing of a folder, content-addressed, readable by the server.

A *node* is anything kept in a tree pack, named by BLAKE3 of its plain bytes:

    listing   [1, 0, [entry, ...]]                   entries sorted by name
    index     [1, 1, [[listing id, first name], ...]]          the pages of a long folder
    chunks    [1, 2, chunk ids joined]               a page of a chunk list
    chunk list[1, 3, [chunks id, ...]]               the pages of a file of more than 1,000 chunks
    roots     [1, 4, [entry, ...]]                   what a source backs up; names are whole paths
    report    [1, 5, [[class, path, message], ...]]  a run's problems
    settings  [1, 6, ...]                            see `format.snapshot`

    entry = [name, kind, size, mtime_ns, mode, uid, gid, owner, group, content, subtree files,
             subtree bytes, extras]

`content`: a file's chunk ids joined, or `[chunk list id]`; a folder's node id; else empty.
The subtree's totals are a folder's only. `extras`: empty, or the chunk id of
`Extras`. A node is a pure function of the folder, so equal folders give equal ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import zstandard
from blake3 import blake3

from csbackup.errors import Malformed, NodeMismatch, UnknownVersion
from csbackup.format.encoding import decode, encode, fields
from csbackup.format.ids import LONG, ChunkId, NodeId, node_id, split_ids

VERSION = 1
LISTING, INDEX, CHUNK_PAGE, CHUNK_LIST, ROOTS, REPORT, SETTINGS = range(7)

FILE, FOLDER, SYMLINK, FIFO, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE = range(7)
KIND_NAMES = ("file", "folder", "symlink", "fifo", "socket", "char-device", "block-device")

MAX_NODE = 16 * 1024 * 1024
MAX_NAME = 4096
MAX_DEPTH = 4096
INLINE_CHUNKS = 1000
ONE_PAGE = 2000  # folders of up to so many entries are one page
_PAGE_MASK = 1023
_PAGE_LIMIT = 8192


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


_PLAIN_ENTRY = (bytes, int, int, int, int, int, int, bytes, bytes, bytes, int, int, bytes)
_LISTED_ENTRY = (*_PLAIN_ENTRY[:9], list, *_PLAIN_ENTRY[10:])


@dataclass(frozen=True, slots=True)
class Extras:
    """What few entries have; kept sealed, as a chunk of its own.

    `sparse`: the extents of data as (offset, length) in the file, when it has holes; the
    content is those extents joined. `link_group`: BLAKE3 keyed with K_id of device and inode,
    for a file with several names. Times in nanoseconds since 1970.
    """

    target: bytes = b""
    xattrs: tuple[tuple[bytes, bytes], ...] = ()
    sparse: tuple[tuple[int, int], ...] = ()
    is_sparse: bool = False
    link_group: bytes = b""
    device: tuple[int, int] | None = None
    born_ns: int = 0
    windows_attributes: int = 0
    streams: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def empty(self) -> bool:
        return self == _NO_EXTRAS


_NO_EXTRAS = Extras()


def encode_extras(extras: Extras) -> bytes:
    return encode(
        [
            VERSION,
            extras.target,
            [list(pair) for pair in sorted(extras.xattrs)],
            [[list(extent) for extent in extras.sparse]] if extras.is_sparse else [],
            extras.link_group,
            list(extras.device) if extras.device else [],
            extras.born_ns,
            extras.windows_attributes,
            [list(pair) for pair in sorted(extras.streams)],
        ]
    )


def decode_extras(data: bytes) -> Extras:
    what = "An entry's extras"
    value = decode(data, what)
    if value and value[0] != VERSION:
        raise UnknownVersion(what, value[0])
    _, target, xattrs, sparse, group, device, born, attributes, streams = fields(
        value, "ibaabaiia", what
    )
    return Extras(
        target=target,
        xattrs=_pairs(xattrs, "bb", what),
        sparse=_pairs(sparse[0], "ii", what) if sparse else (),
        is_sparse=bool(sparse),
        link_group=group,
        device=_device(device, what),
        born_ns=born,
        windows_attributes=attributes,
        streams=_pairs(streams, "bb", what),
    )


def _device(value: list[Any], what: str) -> tuple[int, int] | None:
    if not value:
        return None
    major, minor = fields(value, "ii", what)
    return major, minor


def _pairs(values: list[Any], kinds: str, what: str) -> tuple[tuple[Any, Any], ...]:
    return tuple((a, b) for a, b in (fields(value, kinds, what) for value in values))


def link_group(id_key: bytes, device: bytes, volume: int, inode: int) -> bytes:
    """32 bytes that are equal for the names of one file and say nothing else."""
    message = b"csb1/link" + device + volume.to_bytes(8, "big") + inode.to_bytes(16, "big")
    return blake3(message, key=id_key).digest()


# --- building ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """Bytes ready for a tree pack."""

    id: NodeId
    plain: bytes


def make_node(kind: int, payload: Any) -> Node:
    plain = encode([VERSION, kind, payload])
    return Node(node_id(plain), plain)


def build_folder(rows: Sequence[Sequence[Any]]) -> list[Node]:
    """The nodes of one folder, pages first; the last one names the folder.

    `rows`: entries, or their fields in order, sorted by name.
    """
    if len(rows) <= ONE_PAGE:
        return [make_node(LISTING, rows)]
    pages = []
    index = []
    for page in _pages(rows):
        node = make_node(LISTING, page)
        pages.append(node)
        index.append([node.id, page[0][0]])
    return [*pages, make_node(INDEX, index)]


def _pages(rows: Sequence[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    """Cut where the hash of a name says so: one changed file rewrites one page."""
    page: list[Sequence[Any]] = []
    for row in rows:
        page.append(row)
        ends = not int.from_bytes(blake3(row[0]).digest(2), "big") & _PAGE_MASK
        if ends or len(page) >= _PAGE_LIMIT:
            yield page
            page = []
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


# --- reading -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Folder:
    """A listing or roots page."""

    entries: tuple[Entry, ...]
    roots: bool = False


@dataclass(frozen=True, slots=True)
class FolderIndex:
    pages: tuple[NodeId, ...]
    first_names: tuple[bytes, ...]


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


def build_report(lines: Iterable[ReportLine]) -> Node:
    rows = [[line.problem.encode(), line.path, line.message.encode()] for line in lines]
    return make_node(REPORT, rows)


def pack_node(plain: bytes, compressor: Any) -> bytes:
    """A node as it lies in a tree pack: one zstd frame."""
    packed: bytes = compressor.compress(plain)
    return packed


def unpack_node(packed: bytes | memoryview, expected: NodeId) -> bytes:
    """The plain bytes of a node, checked against its id."""
    try:
        size = zstandard.frame_content_size(packed)
        if not 0 < size <= MAX_NODE:
            raise Malformed("A listing", "it says it is longer than a listing may be")
        plain = zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)
    except zstandard.ZstdError as problem:
        raise NodeMismatch(expected) from problem
    if node_id(plain) != expected:
        raise NodeMismatch(expected)
    return plain


def read_node(plain: bytes) -> AnyNode:
    """The node that `plain` holds, every field checked: names are those of files, order holds."""
    what = "A listing"
    value = decode(plain, what)
    if not value or value[0] != VERSION:
        raise UnknownVersion(what, value[0] if value else "none")
    if len(value) != 3 or type(value[1]) is not int or value[1] not in _READERS:
        raise Malformed(what, "its kind is unknown")
    return _READERS[value[1]](value[2])


def _read_listing(payload: Any) -> Folder:
    return Folder(_read_entries(payload, _check_name))


def _read_roots(payload: Any) -> Folder:
    return Folder(_read_entries(payload, _check_root_name), roots=True)


def _read_entries(payload: Any, check_name: Callable[[bytes], None]) -> tuple[Entry, ...]:
    entries = []
    before = b""
    for row in _array(payload, "A listing"):
        entry = _read_entry(row)
        check_name(entry.name)
        if entry.name <= before:
            raise Malformed("A listing", "its entries are not in order")
        before = entry.name
        entries.append(entry)
    return tuple(entries)


def _read_entry(row: Any) -> Entry:
    what = "An entry"
    if type(row) is not list or tuple(map(type, row)) not in (_PLAIN_ENTRY, _LISTED_ENTRY):
        raise Malformed(what, "its fields are not those of the format")
    entry = Entry(*row)
    if not 0 <= entry.kind < len(KIND_NAMES):
        raise UnknownVersion("An entry's kind", entry.kind)
    if not 0 <= entry.mode <= 0o7777 or entry.size < 0:
        raise Malformed(what, "a number is out of range")
    if entry.subtree_files < 0 or entry.subtree_bytes < 0 or len(entry.extras) not in (0, LONG):
        raise Malformed(what, "a field is out of range")
    if not _fits(entry.kind, entry.content):
        raise Malformed(what, "its content is not what its kind has")
    return entry


def _fits(kind: int, content: bytes | list[bytes]) -> bool:
    if type(content) is list:
        return kind == FILE and len(content) == 1 and _is_id(content[0])
    if kind == FILE:
        return not len(content) % LONG
    return len(content) == (LONG if kind == FOLDER else 0)


def _check_name(name: bytes) -> None:
    if not 0 < len(name) <= MAX_NAME or b"/" in name or b"\0" in name or name in (b".", b".."):
        raise Malformed("A listing", f"{name!r} cannot be the name of a file")


def _check_root_name(name: bytes) -> None:
    parts = name.split(b"/")
    if not name or b"\0" in name or b".." in parts or b"." in parts:
        raise Malformed("A listing", f"{name!r} cannot be the path of a root")


def _is_id(value: object) -> bool:
    return type(value) is bytes and len(value) == LONG


def _array(payload: Any, what: str) -> list[Any]:
    if type(payload) is not list:
        raise Malformed(what, "it is not an array")
    return payload


def _read_index(payload: Any) -> FolderIndex:
    what = "A folder's index"
    rows = [fields(row, "bb", what) for row in _array(payload, what)]
    names = tuple(row[1] for row in rows)
    if not rows or not all(_is_id(row[0]) for row in rows):
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
    if not pages or not all(_is_id(page) for page in pages):
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
        elif content:
            chunks.extend(split_ids(content))  # type: ignore[arg-type]
        if entry.extras:
            chunks.append(entry.extras)
    return References(tuple(chunks), tuple(nodes))
