"""What a backup would find and read, by looking only: no server, and nothing is written."""

from __future__ import annotations

import heapq
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from csbackup.client.backup.context import Chosen, Progress
from csbackup.client.backup.entries import ROW_FILES, ROW_KIND, is_unchanged, looks_unchanged
from csbackup.client.backup.left_out import LeftOut
from csbackup.client.backup.roots import bounds_of, find_roots, own_state
from csbackup.client.backup.tally import Tally, kind_of
from csbackup.client.files import FileSource
from csbackup.client.journal import Journal, Known
from csbackup.client.platform.attributes import may_be_sparse
from csbackup.client.problems import Problem
from csbackup.client.scan import (
    DEVICE,
    INODE,
    NAME,
    SIZE,
    Bounds,
    Page,
    Status,
    is_elsewhere,
    is_file,
    is_folder,
    join,
    scan_folder,
)
from csbackup.format.tree import FILE, FOLDER
from csbackup.rules.junk import NEED_A_SIGN, Junk, judge_file, judge_folder

BIGGEST = 10
JUNK_KEPT = 1_000
_LINKS_KEPT = 100_000
_MOSTLY = 0.9  # a folder that has so much of its size in one of its folders is told by that one
_LAST = b"\xff" * 300


@dataclass(frozen=True, slots=True, order=True)
class Sized:
    """A place with what is in it and below."""

    size: int
    path: bytes
    files: int = 1


@dataclass(frozen=True, slots=True, order=True)
class FoundJunk:
    sized: Sized
    kind: str = field(compare=False)
    pattern: str = field(compare=False)
    is_folder: bool = field(compare=False)


@dataclass(slots=True)
class Pile:
    """Junk of one kind that one pattern leaves out, wherever it stands."""

    kind: str
    pattern: str
    places: int = 0
    files: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """`bytes_changed`: what would be read at most; `links`: names that share a file with another.

    `bytes` counts as the snapshot will: every name of a file, with its holes.
    """

    files: int
    folders: int
    bytes: int
    files_new: int
    files_changed: int
    bytes_changed: int
    removed: int
    links: int
    bytes_in_links: int
    bytes_in_holes: int
    compared: bool
    roots: tuple[Sized, ...]
    biggest_folders: tuple[Sized, ...]
    biggest_files: tuple[Sized, ...]
    junk: tuple[FoundJunk, ...]  # the largest places
    piles: tuple[Pile, ...]  # all of what has a pattern
    left_out: LeftOut
    problems: tuple[Problem, ...]
    problem_counts: tuple[tuple[str, int], ...]
    complete: bool = True  # nobody stopped it on the way


def preview(
    chosen: Chosen,
    journal: Journal | None,
    progress: Progress,
    may_read: Callable[[bytes], bool] | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Preview:
    """Walk as the backup would, compared with what the last run on this machine saw.

    Once `goes_on` says no, what was seen so far is the answer.
    """
    tally = Tally(progress)
    roots = find_roots(chosen, tally)
    look = _Look(chosen, journal, tally, may_read or _may_read)
    look.walk(roots, goes_on)
    return look.result()


@dataclass(slots=True)
class _Folder:
    """A folder on the way. `last`: the last name that was looked at on the pages so far."""

    path: bytes
    bounds: Bounds | None
    pages: Iterator[Page]
    status: Status | None = None
    junk: Junk | None = None
    in_junk: bool = False
    beside: frozenset[bytes] = frozenset()  # names, for a folder that only they betray
    is_root: bool = False
    page: Page | None = None
    todo: list[Status] = field(default_factory=list)
    last: bytes = b""
    judged: bool = False
    files: int = 0
    bytes: int = 0
    direct: int = 0  # bytes of the files right in it
    biggest: int = 0  # bytes of the largest folder in it


Ranked = TypeVar("Ranked", Sized, FoundJunk)


class _Biggest(Generic[Ranked]):
    """The largest of many, in little memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[Ranked] = []

    def add(self, one: Ranked) -> None:
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, one)
        elif one > self._heap[0]:
            heapq.heapreplace(self._heap, one)

    def found(self) -> tuple[Ranked, ...]:
        return tuple(sorted(self._heap, reverse=True))


class _Look:
    def __init__(
        self,
        chosen: Chosen,
        journal: Journal | None,
        tally: Tally,
        may_read: Callable[[bytes], bool],
    ) -> None:
        self._files: FileSource = chosen.files
        self._journal = journal
        self._tally = tally
        self._may_read = may_read
        self._one_file_system = chosen.settings.one_file_system
        self._skipped = own_state(chosen)
        self._left_out = LeftOut(chosen.settings)
        self._bounds = self._left_out.counting(bounds_of(chosen))
        self._folders = self._new = self._changed = self._to_read = self._removed = 0
        self._links = self._in_links = self._in_holes = 0
        self._linked: set[tuple[int, int]] = set()
        self._big_folders: _Biggest[Sized] = _Biggest(BIGGEST)
        self._big_files: _Biggest[Sized] = _Biggest(BIGGEST)
        self._junk: _Biggest[FoundJunk] = _Biggest(JUNK_KEPT)
        self._piles: dict[tuple[str, str], Pile] = {}
        self._roots: list[Sized] = []
        self._top = _Folder(b"", None, iter(()))
        self._complete = True

    def result(self) -> Preview:
        return Preview(
            files=self._top.files,
            folders=self._folders,
            bytes=self._top.bytes,
            files_new=self._new,
            files_changed=self._changed,
            bytes_changed=self._to_read,
            removed=self._removed,
            links=self._links,
            bytes_in_links=self._in_links,
            bytes_in_holes=self._in_holes,
            compared=self._journal is not None,
            roots=tuple(self._roots),
            biggest_folders=self._big_folders.found(),
            biggest_files=self._big_files.found(),
            junk=self._junk.found(),
            piles=tuple(self._piles.values()),
            left_out=self._left_out,
            problems=tuple(self._tally.problems),
            problem_counts=self._tally.counts(),
            complete=self._complete,
        )

    def walk(self, roots: list[Status], goes_on: Callable[[], bool]) -> None:
        top = self._top
        top.pages = iter([Page(b"", sorted(roots))])
        stack = [top]
        self._next_page(top)
        while stack:
            folder = stack[-1]
            if self._complete and not goes_on():
                self._complete = False
            if not self._complete:
                stack.pop()
                self._leave(folder, stack[-1] if stack else None)
            elif folder.todo:
                inner = self._enter(folder, folder.todo.pop())
                if inner is not None:
                    stack.append(inner)
                    self._next_page(inner)
            elif folder.page is not None:
                self._next_page(folder)
            else:
                stack.pop()
                self._leave(folder, stack[-1] if stack else None)

    def _enter(self, parent: _Folder, status: Status) -> _Folder | None:
        path = join(parent.path, status[NAME])
        self._folders += 1
        if self._one_file_system and is_elsewhere(parent.status, status):
            self._left_out.other_file_systems += 1
            return None
        bounds = parent.bounds or self._bounds(path)
        try:
            pages = scan_folder(self._files, path, bounds, self._tally.failed)
        except OSError as failure:
            self._tally.failed(path, failure)
            self._folders -= kind_of(failure) == "vanished"
            return None
        return _Folder(
            path,
            bounds,
            pages,
            status,
            in_junk=parent.in_junk or (parent.junk is not None and not parent.junk.look_inside),
            beside=_beside(parent, status[NAME]),
            is_root=not parent.path,
        )

    def _next_page(self, folder: _Folder) -> None:
        page = next(folder.pages, None)
        folder.page = page
        if page is None:
            if folder.last != _LAST:
                self._count_gone(folder, _LAST, frozenset())
            return
        folders = [
            one
            for one in page.statuses
            if is_folder(one) and (one[INODE], one[DEVICE]) not in self._skipped
        ]
        folder.todo = folders[::-1]
        self._look_at(folder, page)

    def _look_at(self, folder: _Folder, page: Page) -> None:
        names = frozenset(status[NAME] for status in page.statuses)
        if not folder.judged and folder.bounds is not None:
            is_tagged = self._left_out.saw_folder(folder.bounds, names)
            if not (is_tagged or folder.in_junk or folder.is_root):
                folder.junk = judge_folder(folder.path, names, folder.beside)
        folder.judged = True
        last = page.statuses[-1][NAME] if page.key else _LAST
        known = self._count_gone(folder, last, names)
        files, size = folder.files, folder.bytes
        for status in page.statuses:
            if is_file(status):
                self._look_at_file(folder, status, known.get(status[NAME]))
        self._tally.found(folder.files - files, folder.bytes - size)

    def _count_gone(
        self, folder: _Folder, last: bytes, names: frozenset[bytes]
    ) -> dict[bytes, Known]:
        """What is known up to the name `last`; counts what of it is no longer there."""
        if self._journal is None:
            return {}
        known = self._journal.entries(folder.path, folder.last, last)
        for name in known.keys() - names:
            if folder.last < name <= last:
                self._removed += _files_of(known[name])
        folder.last = last
        return known

    def _look_at_file(self, folder: _Folder, status: Status, known: Known | None) -> None:
        path = join(folder.path, status[NAME])
        size = status[SIZE]
        if known is None or not (is_unchanged(status, known) or looks_unchanged(status, known)):
            try:
                self._look_at_changed(path)
            except OSError as failure:
                self._tally.failed(path, failure)
                return
            if known is None:
                self._new += 1
            else:
                self._changed += 1
        folder.files += 1
        folder.bytes += size
        folder.direct += size
        self._big_files.add(Sized(size, path))
        if not folder.path:
            self._roots.append(Sized(size, path))
        if folder.path and not folder.in_junk and (not folder.junk or folder.junk.look_inside):
            junk = judge_file(status[NAME], size)
            if junk is not None:
                self._keep_junk(junk, Sized(size, path), is_folder=False)

    def _look_at_changed(self, path: bytes) -> None:
        """How much of a file that is new or changed would be read."""
        if self._files.is_local(path) and not self._may_read(path):
            raise PermissionError(13, "Permission denied")
        now = self._files.status(path)
        if now.st_nlink > 1 and self._is_linked(now):
            self._links += 1
            self._in_links += now.st_size
            return
        holes = self._holes(path, now) if may_be_sparse(now) else 0
        self._in_holes += holes
        self._to_read += now.st_size - holes

    def _is_linked(self, now: os.stat_result) -> bool:
        """Whether another name of the same file came before: it is read once."""
        key = (now.st_ino, now.st_dev)
        if key in self._linked:
            return True
        if len(self._linked) < _LINKS_KEPT:
            self._linked.add(key)
        return False

    def _holes(self, path: bytes, now: os.stat_result) -> int:
        file = self._files.open(path)
        try:
            extents = file.extents(now.st_size)
        finally:
            file.close()
        if extents is None:
            return 0
        return max(now.st_size - sum(length for _, length in extents), 0)

    def _leave(self, folder: _Folder, parent: _Folder | None) -> None:
        if parent is None:
            return
        sized = Sized(folder.bytes, folder.path, folder.files)
        parent.files += folder.files
        parent.bytes += folder.bytes
        parent.biggest = max(parent.biggest, folder.bytes)
        if folder.is_root:
            self._roots.append(sized)
        if folder.bytes and self._says_something(folder):
            self._big_folders.add(sized)
        if folder.junk is not None and folder.files:
            self._keep_junk(folder.junk, sized, is_folder=True)

    def _says_something(self, folder: _Folder) -> bool:
        """Whether a folder's size is news beside those of the folders in it."""
        if folder.in_junk or folder.junk is not None:
            return not folder.in_junk
        if folder.is_root and folder.direct < folder.bytes * (1 - _MOSTLY):
            return False
        return folder.biggest < folder.bytes * _MOSTLY

    def _keep_junk(self, junk: Junk, sized: Sized, *, is_folder: bool) -> None:
        if junk.pattern:
            pile = self._piles.setdefault((junk.kind, junk.pattern), Pile(junk.kind, junk.pattern))
            pile.places += 1
            pile.files += sized.files
            pile.size += sized.size
        self._junk.add(FoundJunk(sized, junk.kind, junk.pattern, is_folder))


def _beside(parent: _Folder, name: bytes) -> frozenset[bytes]:
    if name not in NEED_A_SIGN or parent.page is None:
        return frozenset()
    return frozenset(status[NAME] for status in parent.page.statuses)


def _files_of(gone: Known) -> int:
    kind = gone.row[ROW_KIND]
    if kind == FILE:
        return 1
    return int(gone.row[ROW_FILES]) if kind == FOLDER else 0


def _may_read(path: bytes) -> bool:
    return os.access(path, os.R_OK)
