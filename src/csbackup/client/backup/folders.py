"""The walk: depth first, each folder after what is below it, without recursion.

What did not change is taken from the journal by its digest, undecoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from csbackup.client.backup.context import OnFile
from csbackup.client.backup.entries import (
    ROW_CONTENT,
    ROW_FILES,
    ROW_KIND,
    ROW_NAME,
    ROW_SIZE,
    EntryMaker,
    Subtree,
)
from csbackup.client.backup.listings import (
    Listings,
    list_page,
    list_roots,
    list_whole,
    name_folder,
)
from csbackup.client.backup.pipeline import Pipeline
from csbackup.client.backup.roots import nothing_there
from csbackup.client.backup.rows import RowKeeper
from csbackup.client.backup.tally import Tally, kind_of
from csbackup.client.files import FileSource
from csbackup.client.journal import (
    DISTRUSTED,
    NEVER,
    Journal,
    Known,
    PageRow,
    Result,
    digest_of,
    pack_entries,
)
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
from csbackup.format.tree import FILE, FOLDER, Node

_VERY_LAST = b"\xff" * 300
_CONTENT = (ROW_KIND, ROW_SIZE, ROW_CONTENT)
ROOTS_FOLDER = b""  # where the roots themselves are listed; their names are paths


@dataclass(slots=True)
class Frame:
    """A folder on the way. `entries` are those done on the current page, files and links."""

    path: bytes
    status: Status | None
    bounds: Bounds | None
    pages: Iterator[Page]
    page: Page | None = None
    todo: list[Status] = field(default_factory=list)
    children: dict[bytes, Subtree] = field(default_factory=dict)
    entries: list[Known] = field(default_factory=list)
    listings: Listings = ()
    keys: list[bytes] = field(default_factory=list)
    told: bytes = b""  # the last name whose fate `on_file` knows
    files: int = 0
    folders: int = 1
    bytes: int = 0
    troubled: bool = False  # something is missing from the page: look again next time
    changed: bool = False
    absent: list[Known] = field(default_factory=list)  # roots to be known again when they are back

    @property
    def is_roots(self) -> bool:
        return not self.path

    def count(self, result: Result) -> None:
        self.files += result.files
        self.folders += result.folders
        self.bytes += result.bytes


@dataclass(frozen=True, slots=True)
class Walking:
    """What a walk works with. `bounds` of each root; `skipped` is never backed up (our state).

    `chosen`: the roots, also those that are not there.
    """

    files: FileSource
    journal: Journal
    rows: RowKeeper
    pipeline: Pipeline
    maker: EntryMaker
    tally: Tally
    bounds: Callable[[bytes], Bounds]
    chosen: frozenset[bytes]
    skipped: frozenset[tuple[int, int]]
    one_file_system: bool
    after_file: Callable[[list[Frame]], None]
    on_file: OnFile | None = None


class Walk:
    """One pass over all roots. `doubtful`: nodes the journal trusts are asked for again."""

    def __init__(self, walking: Walking, *, doubtful: bool = False) -> None:
        self._w = walking
        self._doubtful = doubtful
        self._stack: list[Frame] = []

    def run(self, roots: list[Status]) -> Subtree:
        """The roots' node, with the totals of everything."""
        top = Frame(ROOTS_FOLDER, None, None, iter([Page(b"", sorted(roots))]), folders=0)
        self._stack = [top]
        self._next_page(top)
        while True:
            frame = self._stack[-1]
            if frame.todo:
                self._enter(frame, frame.todo.pop())
            elif frame.page is not None:
                self._finish_page(frame, frame.page)
                self._next_page(frame)
            else:
                done = self._finish_folder(self._stack.pop())
                if not self._stack:
                    return done
                assert frame.status is not None  # noqa: S101  only the roots have none
                self._stack[-1].children[frame.status[NAME]] = done

    def _enter(self, parent: Frame, status: Status) -> None:
        path = join(parent.path, status[NAME])
        bounds = parent.bounds or self._w.bounds(path)
        if self._w.one_file_system and is_elsewhere(parent.status, status):
            parent.children[status[NAME]] = self._empty_folder()
            return
        frame = Frame(path, status, bounds, iter(()))

        def lost(path: bytes, failure: OSError) -> None:
            self._w.tally.failed(path, failure)
            frame.troubled = True

        try:
            frame.pages = scan_folder(self._w.files, path, bounds, lost)
        except OSError as failure:
            self._miss_folder(parent, status, path, failure)
            return
        self._next_page(frame)
        if parent.is_roots and self._is_unplugged(parent, frame, status):
            return
        self._stack.append(frame)

    def _is_unplugged(self, parent: Frame, frame: Frame, status: Status) -> bool:
        """Whether a root is only the empty place where a disk should be.

        What is known of it stays: when the disk is back, nothing is read again.
        """
        known = self._w.journal.entries(ROOTS_FOLDER, frame.path, frame.path).get(frame.path)
        if known is None or not known.row[ROW_FILES] or known.volume in (0, status[DEVICE]):
            return False
        if frame.page is None or frame.page.statuses:
            return False
        message = "It is empty, and on another disk than before. It is not part of this snapshot."
        self._w.tally.lost(Problem("root-missing", frame.path, message))
        parent.absent.append(known)
        parent.troubled = True
        return True

    def _miss_folder(self, parent: Frame, status: Status, path: bytes, failure: OSError) -> None:
        """A folder that cannot be listed stays, empty; one that vanished does not."""
        self._w.tally.failed(path, failure)
        parent.troubled = True
        if kind_of(failure) != "vanished":
            parent.children[status[NAME]] = self._empty_folder()

    def _empty_folder(self) -> Subtree:
        ((node, _),) = list_whole([], self._w.pipeline.node)
        return Subtree(node, 0, 1, 0)

    def _next_page(self, frame: Frame) -> None:
        frame.page = page = next(frame.pages, None)
        frame.children = {}
        frame.entries = []
        if page is None:
            return
        folders = [status for status in page.statuses if is_folder(status)]
        skipped = [one for one in folders if (one[INODE], one[DEVICE]) in self._w.skipped]
        for one in skipped:
            page.statuses.remove(one)
            folders.remove(one)
        frame.todo = folders[::-1]
        frame.keys.append(page.key)

    def _finish_page(self, frame: Frame, page: Page) -> None:
        below = [(name, *child) for name, child in frame.children.items()]
        digest = digest_of((page.statuses, below))
        found = self._w.journal.find(frame.path, page.key)
        if found is not None and found[0] == digest and not frame.troubled:
            result = found[1]
            self._count_unchanged(frame, result)
        else:
            result = self._list_changed(frame, page, digest)
            frame.changed = True
        if self._w.on_file is not None and (page.key or digest != (found and found[0])):
            self._name_gone(frame, page)
        frame.listings += result.nodes
        frame.count(result)
        frame.troubled = False

    def _count_unchanged(self, frame: Frame, result: Result) -> None:
        files = result.files - sum(child.files for child in frame.children.values())
        size = result.bytes - sum(child.bytes for child in frame.children.values())
        if files:
            self._w.tally.found(files, size)
            self._w.tally.stored(files, size)

    def _list_changed(self, frame: Frame, page: Page, digest: bytes) -> Result:
        statuses = page.statuses
        files = [status[SIZE] for status in statuses if is_file(status)]
        self._w.tally.found(len(files), sum(files))
        first, last = _span(page)
        known = self._w.journal.entries(frame.path, first, last)
        for status in statuses:
            self._add_entry(frame, status, known.pop(status[NAME], None))
        gone = [old for name, old in known.items() if first <= name <= last]
        if frame.is_roots:
            if frame.absent and not frame.entries:
                raise nothing_there([old.row[ROW_NAME] for old in frame.absent])
            frame.absent += [old for old in gone if old.row[ROW_NAME] in self._w.chosen]
            gone = [old for old in gone if old.row[ROW_NAME] not in self._w.chosen]
        self._forget_gone(frame.path, gone)
        send = self._w.pipeline.node
        make = list_roots if frame.is_roots else list_page if page.key else list_whole
        result = total(make(frame.entries, send), frame.entries, frame.children)
        young = any(entry.ctime_ns == DISTRUSTED for entry in frame.entries)
        digest = NEVER if frame.troubled or young else digest
        entries = pack_entries([*frame.entries, *frame.absent])
        self._w.rows.add(PageRow(frame.path, page.key, digest, result, entries))
        return result

    def _add_entry(self, frame: Frame, status: Status, known: Known | None) -> None:
        name = status[NAME]
        path = join(frame.path, name)
        maker = self._w.maker
        try:
            if is_folder(status):
                if name in frame.children:
                    child = frame.children[name]
                    frame.entries.append(maker.make_folder(path, status, known, child))
                    if known is None and not child.files:
                        self._name(path + b"/", "added")
                return
            entry = maker.make(path, status, known)
        except OSError as failure:
            self._w.tally.failed(path, failure, size=status[SIZE] if is_file(status) else 0)
            frame.troubled = True
            return
        frame.entries.append(entry)
        if entry is not known and self._w.on_file is not None:
            self._name(path, change_of(known, entry))
        if is_file(status):
            self._w.tally.stored(1, status[SIZE])
            self._w.after_file(self._stack)

    def _forget_gone(self, folder: bytes, gone: list[Known]) -> None:
        for old in gone:
            if old.row[ROW_KIND] == FOLDER:
                self._w.journal.forget_below(join(folder, old.row[ROW_NAME]))

    def _name(self, path: bytes, change: str) -> None:
        if change and self._w.on_file is not None:
            self._w.on_file(path, change)

    def _name_gone(self, frame: Frame, page: Page | None) -> None:
        """Name what is no longer there up to the end of a page; without one, to the very end.

        Not of the roots: one that is missing is a problem, one taken off was asked for.
        """
        there = {status[NAME] for status in page.statuses} if page else set()
        last = max(there) if page and page.key else _VERY_LAST
        known = self._w.journal.entries(frame.path, frame.told, last)
        for name in sorted(known.keys() - there):
            if frame.told < name <= last and not frame.is_roots:
                ending = b"/" if known[name].row[ROW_KIND] == FOLDER else b""
                self._name(join(frame.path, name) + ending, "removed")
        frame.told = last

    def _finish_folder(self, frame: Frame) -> Subtree:
        send = self._w.pipeline.node
        if self._w.on_file is not None and frame.told not in (b"", _VERY_LAST):
            self._name_gone(frame, None)
        if frame.changed or self._doubtful:
            gone = set(self._w.journal.page_keys(frame.path)).difference(frame.keys)
            self._w.journal.forget_pages(frame.path, gone)
        else:
            send = _keep_quiet
        node = name_folder(frame.listings or list_whole([], send), send)
        return Subtree(node, frame.files, frame.folders, frame.bytes)


def change_of(known: Known | None, entry: Known) -> str:
    """How an entry that was made anew differs from the one before; empty when it does not."""
    if known is None:
        return "added"
    before, now = known.row, entry.row
    if [before[at] for at in _CONTENT] != [now[at] for at in _CONTENT]:
        return "changed"
    return "metadata" if before != now else ""


def total(listings: Listings, entries: list[Known], children: Mapping[bytes, Subtree]) -> Result:
    """What a page became, with the totals of what is on it and below."""
    files = folders = size = 0
    for entry in entries:
        row = entry.row
        if row[ROW_KIND] == FILE:
            files += 1
            size += row[ROW_SIZE]
        elif row[ROW_KIND] == FOLDER:
            child = children[row[ROW_NAME]]
            files += child.files
            folders += child.folders
            size += child.bytes
    return Result(listings, files, folders, size)


def _span(page: Page) -> tuple[bytes, bytes]:
    """From which name to which a page reaches."""
    return (page.key, page.statuses[-1][NAME]) if page.key else (b"", b"\xff" * 16)


def _keep_quiet(node: Node) -> None:
    """The node is known: none of its pages changed."""
