"""What nodes name is looked up before the transaction that keeps them, and some at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from csbackup.format.packing import PackItem
from csbackup.format.tree import Node, read_node, references
from csbackup.server.catalog.database import Connection
from csbackup.server.catalog.nodes import NewNode
from csbackup.server.services.references import Drafts, ReadNode
from support.server_data import Device, Plane, backed_up


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    plane = Plane(tmp_path / "data")
    device = plane.account().device()
    device.begin()
    yield device
    plane.close()


def as_read(nodes: list[Node]) -> list[ReadNode]:
    found = []
    for node in nodes:
        named = references(read_node(node.plain))
        found.append(ReadNode(PackItem(node.id, 0, 0), named.chunks, named.nodes, 0, False))
    return found


def rows(device: Device, drafts: Drafts) -> list[NewNode]:
    return device.plane.database.write(lambda connection: drafts.rows(connection, 1))


def delete_something(connection: Connection) -> None:
    connection.execute("update state set deletions = deletions + 1")


def test_more_chunks_than_are_looked_up_at_once_are_all_found(device: Device) -> None:
    chunks = device.chunks(12_000)
    tree = {b"%02d" % folder: {b"file": chunks[folder::20]} for folder in range(20)}
    device.put(device.block_pack([chunks]))
    drafts = Drafts(device.caller.account_number)

    drafts.look_up(device.plane.database.read(), as_read(backed_up(tree).nodes))

    assert all(row.complete for row in rows(device, drafts))


def test_nothing_counts_as_complete_when_something_was_deleted_meanwhile(device: Device) -> None:
    chunks = device.chunks(2)
    device.put(device.block_pack([chunks]))
    drafts = Drafts(device.caller.account_number)
    drafts.look_up(device.plane.database.read(), as_read(backed_up({b"a": chunks}).nodes))

    device.plane.database.write(delete_something)

    assert not any(row.complete for row in rows(device, drafts))
