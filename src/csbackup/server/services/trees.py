"""What lies in a snapshot's trees: its roots, a folder's entries, the entry of a name."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from csbackup.errors import Malformed, NotFound
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, AnyNode, Entry, Folder, FolderIndex
from csbackup.server.services.node_reader import NodeReader

Roots = tuple[Entry, ...]


def read_roots(reader: NodeReader, roots: NodeId) -> Roots:
    return listing_entries(reader.read(roots), roots=True)


def entries(reader: NodeReader, tree: NodeId) -> Iterator[Entry]:
    """A folder's entries, in order, page by page."""
    node = reader.read(tree)
    if not isinstance(node, FolderIndex):
        yield from listing_entries(node)
        return
    for number, page in enumerate(node.pages):
        yield from node.check_page(number, reader.read(page)).entries


def child(reader: NodeReader, tree: NodeId, name: bytes) -> Entry | None:
    """The entry called `name` in a folder; of a long folder one page is read."""
    node = reader.read(tree)
    if isinstance(node, FolderIndex):
        number = bisect_right(node.first_names, name) - 1
        if number < 0:
            return None
        node = node.check_page(number, reader.read(node.pages[number]))
    return next((entry for entry in listing_entries(node) if entry.name == name), None)


def find(reader: NodeReader, roots: Roots, path: bytes) -> Entry | None:
    """The entry at a path; None where nothing is, and for a folder above the roots."""
    found = way(reader, roots, path)
    return found[-1] if found else None


def way(reader: NodeReader, roots: Roots, path: bytes) -> list[Entry]:
    """The entries from the root down to a path; empty where `find` has none."""
    root = root_of(roots, path)
    if root is None:
        return []
    found = [root]
    for name in parts(path[len(root.name) :]):
        folder = found[-1]
        inner = child(reader, folder.tree, name) if folder.kind == FOLDER else None
        if inner is None:
            return []
        found.append(inner)
    return found


def root_of(roots: Iterable[Entry], path: bytes) -> Entry | None:
    """The root that holds a path: of several the longest."""
    holding = [root for root in roots if path and _holds(root.name, path)]
    return max(holding, key=lambda root: len(root.name), default=None)


def listing_entries(node: AnyNode, *, roots: bool = False) -> tuple[Entry, ...]:
    if not isinstance(node, Folder) or node.roots != roots:
        raise Malformed("A listing", "something else is kept under its id")
    return node.entries


def parts(path: bytes) -> Iterator[bytes]:
    return (part for part in path.split(b"/") if part)


def join(folder: bytes, name: bytes) -> bytes:
    return folder + name if folder.endswith(b"/") else folder + b"/" + name


def shown(path: bytes) -> str:
    """A path for people: what is not text is marked."""
    return path.decode(errors="replace")


def no_such_path(path: bytes) -> NotFound:
    return NotFound(f"There is no {shown(path)} in this snapshot.")


def _holds(root: bytes, path: bytes) -> bool:
    folder = root.rstrip(b"/") + b"/"
    return path.rstrip(b"/") == root.rstrip(b"/") or path.startswith(folder)
