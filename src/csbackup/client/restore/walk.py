"""Walking a selected tree in the order in which it was backed up, with its listings at hand."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

from csbackup.client.browse.nodes import NodeReader
from csbackup.client.platform.far_paths import status_at
from csbackup.client.problems import Problem
from csbackup.client.restore.context import Limits
from csbackup.client.restore.existing import Look, Rule, judge, looks_same
from csbackup.client.restore.items import CloseFolder, FilePart, Item, OpenFolder, Special
from csbackup.client.restore.plan import Selection
from csbackup.errors import ContentMissing, FormatError
from csbackup.format.chunking import AVERAGE_CHUNK, MIN_CHUNK
from csbackup.format.ids import LONG, ChunkId, split_ids
from csbackup.format.tree import FILE, FOLDER, Entry


@dataclass(slots=True)
class _Frame:
    """A folder on the way down: the subfolders still to come (last first), and what it is like
    at the target, as far as a look from here can tell."""

    path: bytes
    place: bytes
    exists: bool
    folders: list[Entry] = field(default_factory=list)


class Walk:
    """Yields the steps of a restore. Looks at the target, so as not to fetch what is there; the
    writer looks again, by safe ways, before it touches anything."""

    def __init__(
        self,
        reader: NodeReader,
        report: Callable[[Problem], None],
        limits: Limits,
        rule: Rule,
    ) -> None:
        self._reader = reader
        self._report = report
        self._limits = limits
        self._rule = rule
        self._frames: list[_Frame] = []
        self._seen: set[bytes] = set()

    def items(self, selection: Selection) -> Iterator[Item]:
        """Everything of a selection, between the folders on the way to it."""
        for step in selection.steps:
            yield OpenFolder(step.name, step.path, step.entry, selected=False)
        place, entry = selection.place, selection.entry
        top = _Frame(selection.path.rpartition(b"/")[0], os.path.dirname(place), exists=True)  # noqa: PTH120
        if entry.kind == FOLDER:
            yield from self._folder(entry, selection, top)
        else:
            yield from self._leaf(entry._replace(name=selection.name), selection.path, top)
        for _ in selection.steps:
            yield CloseFolder()

    def _folder(self, entry: Entry, selection: Selection, top: _Frame) -> Iterator[Item]:
        yield OpenFolder(selection.name, selection.path, entry, selected=True)
        self._frames = [_Frame(selection.path, selection.place, _is_folder(selection.place))]
        yield from self._listing(entry, self._frames[0])
        while self._frames:
            frame = self._frames[-1]
            if not frame.folders:
                self._frames.pop()
                yield CloseFolder()
                continue
            inner = frame.folders.pop()
            path = frame.path.rstrip(b"/") + b"/" + inner.name
            place = frame.place.rstrip(b"/") + b"/" + inner.name
            yield OpenFolder(inner.name, path, inner, selected=True)
            self._frames.append(_Frame(path, place, frame.exists and _is_folder(place)))
            yield from self._listing(inner, self._frames[-1])

    def _listing(self, folder: Entry, frame: _Frame) -> Iterator[Item]:
        """What is no folder at once; folders wait in the frame."""
        self._reader.read_ahead(folder, self._coming())
        try:
            for entry in self._reader.entries(folder.tree):
                path = frame.path + b"/" + entry.name
                if entry.kind == FOLDER:
                    frame.folders.append(entry)
                elif entry.kind == FILE and _is_small(entry):
                    yield self._small_file(entry, path, frame)
                else:
                    yield from self._leaf(entry, path, frame)
        except (FormatError, ContentMissing) as problem:
            self._report(Problem("listing-damaged", frame.path, str(problem)))
        frame.folders.reverse()

    def _leaf(self, entry: Entry, path: bytes, frame: _Frame) -> Iterator[Item]:
        if entry.kind != FILE:
            yield Special(entry.name, path, entry)
            return
        if _is_small(entry):
            yield self._small_file(entry, path, frame)
        else:
            same = frame.exists and self._is_there(entry, frame)
            yield from self._parts(entry, path, same=same)

    def _small_file(self, entry: Entry, path: bytes, frame: _Frame) -> FilePart:
        same = frame.exists and self._is_there(entry, frame)
        later = bool(entry.extras) and self._seen_before(entry)
        chunks = (cast("bytes", entry.content),) if entry.content else ()
        return FilePart(entry.name, path, entry, chunks, True, True, same, later)

    def _parts(self, entry: Entry, path: bytes, *, same: bool) -> Iterator[Item]:
        """A file of several chunks, as many at once as fit a window."""
        later = bool(entry.extras) and self._seen_before(entry)
        try:
            first = True
            for chunks, last in _with_last(self._gather(entry)):
                yield FilePart(entry.name, path, entry, chunks, first, last, same, later)
                first = False
        except (FormatError, ContentMissing) as problem:
            # A part without chunks that is neither first nor last tells the writer to give up.
            self._report(Problem("listing-damaged", path, str(problem)))
            yield FilePart(entry.name, path, entry, (), first=False, last=False)

    def _gather(self, entry: Entry) -> Iterator[list[ChunkId]]:
        if type(entry.content) is bytes:
            ids = [ChunkId(id) for id in split_ids(entry.content)]
            average = max(entry.size // len(ids), MIN_CHUNK)  # whatever size a listing claims
        else:
            ids, average = None, 2 * AVERAGE_CHUNK
        chunks = iter(ids) if ids is not None else self._reader.chunks(entry)
        number = max(self._limits.window_bytes // average, 1)
        while several := list(itertools.islice(chunks, min(number, self._limits.window_chunks))):
            yield several

    def _seen_before(self, entry: Entry) -> bool:
        """Whether an entry with the same extras and contents came before: perhaps the same file."""
        key = entry.extras + (entry.chunk_list or cast("bytes", entry.content)[:LONG])
        if key in self._seen:
            return True
        self._seen.add(key)
        return False

    def _is_there(self, entry: Entry, frame: _Frame) -> bool:
        verdict = judge(
            entry.name,
            _looking_into(frame.place),
            lambda _, there: looks_same(entry, there),
            self._rule,
        )
        return verdict.name is None

    def _coming(self) -> Iterator[Entry]:
        for frame in reversed(self._frames):
            yield from reversed(frame.folders)


def _is_small(entry: Entry) -> bool:
    """Whether a file is one chunk, or none."""
    return type(entry.content) is bytes and len(entry.content) <= LONG


def _with_last(parts: Iterator[list[ChunkId]]) -> Iterator[tuple[list[ChunkId], bool]]:
    """Each part, and whether it is the last one."""
    part = next(parts, None)
    while part is not None:
        following = next(parts, None)
        yield part, following is None
        part = following


def _looking_into(place: bytes) -> Look:
    def look(name: bytes) -> os.stat_result | None:
        return _status(place.rstrip(b"/") + b"/" + name)

    return look


def _is_folder(place: bytes) -> bool:
    there = _status(place)
    return there is not None and stat.S_ISDIR(there.st_mode)


def _status(place: bytes) -> os.stat_result | None:
    try:
        return status_at(place)
    except (OSError, ValueError):
        return None
