"""Makes the nodes of folders, from rows to what names the folder."""

from __future__ import annotations

from collections.abc import Sequence

from csbackup.client.backup.content import SendNode
from csbackup.client.journal import Known
from csbackup.format.ids import NodeId
from csbackup.format.tree import ROOTS, build_folder, build_index, build_pages, make_node

Listings = tuple[tuple[bytes, bytes], ...]  # node id, first name


def list_whole(entries: Sequence[Known], send: SendNode) -> Listings:
    """A folder whose entries are all here: one node names it."""
    nodes = build_folder([entry.row for entry in entries])
    for node in nodes:
        send(node)
    return ((nodes[-1].id, b""),)


def list_page(entries: Sequence[Known], send: SendNode) -> Listings:
    """Some entries of a long folder."""
    pages = build_pages([entry.row for entry in entries])
    for node, _ in pages:
        send(node)
    return tuple((node.id, name) for node, name in pages)


def list_roots(entries: Sequence[Known], send: SendNode) -> Listings:
    node = make_node(ROOTS, [entry.row for entry in entries])
    send(node)
    return ((node.id, b""),)


def name_folder(listings: Listings, send: SendNode) -> bytes:
    """The one node that names a folder, from its listings."""
    if len(listings) == 1:
        return listings[0][0]
    index = build_index([(NodeId(id), name) for id, name in listings])
    send(index)
    return index.id
