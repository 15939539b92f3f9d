"""Paths inside a snapshot: which root a path is in, and the entry it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from csbackup.client.browse.nodes import NodeReader
from csbackup.errors import NoSuchPath
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, Entry


class Found(NamedTuple):
    """An entry and where it lies. Above the roots there are folders without an entry."""

    path: bytes
    entry: Entry | None
    root: Entry | None


def show(path: bytes) -> str:
    """A path for people: what is not text is marked."""
    return path.decode(errors="replace")


def clean(path: bytes) -> bytes:
    """Without repeated and trailing slashes; `/` is empty."""
    parts = [part for part in path.split(b"/") if part not in (b"", b".")]
    start = b"/" if path.startswith(b"/") else b""
    return start + b"/".join(parts) if parts else b""


def find(reader: NodeReader, roots: NodeId, path: bytes) -> Found:
    """What lies at `path`; `NoSuchPath` when nothing does."""
    wanted = clean(path)
    entries = reader.roots(roots)
    for root in entries:
        if wanted == root.name:
            return Found(wanted, root, root)
        if _is_below(wanted, root.name):
            return _descend(reader, root, wanted)
    if not wanted or any(_is_below(root.name, wanted) for root in entries):
        return Found(wanted, None, None)
    raise NoSuchPath(f"{show(path)} is not in this snapshot.")


def children(reader: NodeReader, roots: NodeId, found: Found) -> Iterator[Found]:
    """What lies in a folder; of a folder above the roots, the roots below it."""
    if found.entry is None:
        for root in reader.roots(roots):
            if not found.path or _is_below(root.name, found.path):
                yield Found(root.name, root, root)
    elif found.entry.kind == FOLDER:
        for entry in reader.entries(found.entry.tree):
            yield Found(join(found.path, entry.name), entry, found.root)


def join(folder: bytes, name: bytes) -> bytes:
    return folder + name if folder.endswith(b"/") else folder + b"/" + name


def _descend(reader: NodeReader, root: Entry, wanted: bytes) -> Found:
    entry = root
    rest = wanted[len(root.name) :].strip(b"/")
    for name in rest.split(b"/"):
        inner = reader.entry(entry.tree, name) if entry.kind == FOLDER else None
        if inner is None:
            raise NoSuchPath(f"{show(wanted)} is not in this snapshot.")
        entry = inner
    return Found(wanted, entry, root)


def _is_below(path: bytes, folder: bytes) -> bool:
    return path.startswith(folder if folder.endswith(b"/") else folder + b"/")
