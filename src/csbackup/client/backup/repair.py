"""Finds what the journal believes to be on the server and is not, and makes the run see to it."""

from __future__ import annotations

from collections.abc import Iterator

from csbackup.client.backup.entries import ROW_CONTENT, ROW_EXTRAS, ROW_KIND
from csbackup.client.backup.server import BackupServer, IdKind
from csbackup.client.journal import (
    DISTRUSTED,
    NEVER,
    Journal,
    Known,
    PageRow,
    Result,
    pack_entries,
)
from csbackup.format.ids import LONG, split_ids
from csbackup.format.tree import FILE
from csbackup.protocol.frames import MAX_HAVE

_Row = tuple[bytes, bytes, Result, list[Known]]


def distrust_missing(journal: Journal, server: BackupServer, upload: bytes) -> None:
    """Ask the server for everything the journal names; what is missing is read or made again.

    Only rows get weaker here, so a crash in between costs reading, never content.
    """
    for group in _groups(journal):
        chunks = {id for _, _, _, known in group for entry in known for id in _chunks(entry)}
        nodes = {id for _, _, _, known in group for entry in known for id in _chunk_lists(entry)}
        nodes.update(id for _, _, result, _ in group for id, _ in result.nodes)
        missing = _missing(server, upload, chunks, "chunks")
        missing |= _missing(server, upload, nodes, "nodes")
        if missing:
            journal.put(_weaker(row, missing) for row in group if _names(row, missing))
    journal.save()


def _groups(journal: Journal) -> Iterator[list[_Row]]:
    group: list[_Row] = []
    weight = 0
    for row in journal.all_entries():
        group.append(row)
        weight += 1 + len(row[3])
        if weight >= MAX_HAVE:
            yield group
            group, weight = [], 0
    if group:
        yield group


def _missing(server: BackupServer, upload: bytes, ids: set[bytes], kind: IdKind) -> set[bytes]:
    missing: set[bytes] = set()
    ordered = list(ids)
    for at in range(0, len(ordered), MAX_HAVE):
        asked = ordered[at : at + MAX_HAVE]
        answer = server.have(upload, asked, kind=kind, width=LONG)
        missing.update(id for id, here in zip(asked, answer, strict=True) if not here)
    return missing


def _names(row: _Row, missing: set[bytes]) -> bool:
    _, _, result, known = row
    return any(id in missing for id, _ in result.nodes) or any(
        _lacks(entry, missing) for entry in known
    )


def _weaker(row: _Row, missing: set[bytes]) -> PageRow:
    folder, page, result, known = row
    entries = [
        entry._replace(ctime_ns=DISTRUSTED) if _lacks(entry, missing) else entry for entry in known
    ]
    return PageRow(folder, page, NEVER, result, pack_entries(entries))


def _lacks(entry: Known, missing: set[bytes]) -> bool:
    return not missing.isdisjoint(_chunks(entry)) or not missing.isdisjoint(_chunk_lists(entry))


def _chunks(entry: Known) -> list[bytes]:
    row = entry.row
    extras = [row[ROW_EXTRAS]] if row[ROW_EXTRAS] else []
    content = row[ROW_CONTENT]
    if row[ROW_KIND] == FILE and type(content) is bytes:
        return split_ids(content) + extras
    return extras


def _chunk_lists(entry: Known) -> list[bytes]:
    content = entry.row[ROW_CONTENT]
    return content if type(content) is list else []
