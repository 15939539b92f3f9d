"""Finding files by name in a snapshot."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator

from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.paths import Found, children, clean
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER

NODES_AHEAD = 200


def search(reader: NodeReader, roots: NodeId, pattern: str) -> Iterator[Found]:
    """Everything whose name matches; a pattern with a slash is compared with the whole path.

    `*`, `?` and `[...]` as in a shell. Without them, any name that contains the text; case
    matters only where the pattern has capitals.
    """
    matches = _matcher(pattern)
    waiting = list(children(reader, roots, Found(b"", None, None)))
    while waiting:
        found, waiting = waiting[:NODES_AHEAD], waiting[NODES_AHEAD:]
        folders = [one for one in found if one.entry is not None and one.entry.kind == FOLDER]
        reader.several(one.entry.tree for one in folders if one.entry is not None)
        for one in found:
            if matches(one.path):
                yield one
        waiting = [inner for one in folders for inner in children(reader, roots, one)] + waiting


def _matcher(pattern: str) -> Callable[[bytes], bool]:
    whole = "/" in pattern
    wanted = pattern if any(letter in pattern for letter in "*?[") else f"*{pattern}*"
    if whole and wanted == pattern and not pattern.startswith(("/", "*")):
        wanted = f"*/{wanted}"
    flags = 0 if pattern != pattern.lower() else re.IGNORECASE
    compiled = re.compile(fnmatch.translate(wanted), flags)

    def matches(path: bytes) -> bool:
        text = clean(path).decode(errors="surrogateescape")
        return bool(compiled.match(text if whole else text.rpartition("/")[2]))

    return matches
