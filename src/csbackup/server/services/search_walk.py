"""Walking snapshots for names: of each only what is in no newer one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from csbackup.errors import FormatError, NotFound
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, AnyNode, Entry, Folder, FolderIndex
from csbackup.rules.finding import NamePattern, last_name
from csbackup.server.services.node_reader import NodeReader
from csbackup.server.services.reaching import Reach

Trail = tuple[bytes, ...]  # from the root, by its whole path, down: the names on the way


class Position(NamedTuple):
    """How far a walk has come in the order of paths. `inside`: what is below is done too."""

    trail: Trail = ()
    inside: bool = False


class Step(NamedTuple):
    """What a walk has come to. `hit`: found, and in no newer snapshot."""

    position: Position
    entry: Entry | None = None
    hit: bool = False
    inner: Place | None = None  # the folder it enters next


class Place(NamedTuple):
    """A folder to look through. `newer`: what the next newer snapshot has there, if anything.

    `elsewhere`: whether still newer snapshots may have something there. `start`: what of it was
    done before.
    """

    trail: Trail
    tree: NodeId
    newer: NodeId | None = None
    elsewhere: bool = False
    start: Position = Position()


class SearchWalk:
    """Looks through one snapshot after the other, newest first."""

    def __init__(self, reader: NodeReader, reach: Reach | None, pattern: NamePattern) -> None:
        self._reader = reader
        self._reach = reach
        self._pattern = pattern
        self._newer: Sequence[NodeId] = ()
        self._trees: dict[tuple[NodeId, bytes], NodeId | None] = {}

    def steps(self, roots: NodeId, newer: Sequence[NodeId], start: Position) -> Iterator[Step]:
        """Through a snapshot from `start` on, in the order of paths. `newer`: the roots of all
        newer snapshots, the next one last. A step is made for every page of a folder, too."""
        self._newer = newer
        # A stack in place of recursion: folders may be nested deeper than Python calls may be.
        top = Place((), roots, newer[-1] if newer else None, bool(newer), start)
        waiting = [self._through(top)]
        while waiting:
            step = next(waiting[-1], None)
            if step is None:
                waiting.pop()
                continue
            resumed = step.entry is not None and step.position.trail <= start.trail
            if not resumed and step.position != start:
                yield step
            if step.inner is not None:
                waiting.append(self._through(step.inner))

    def _through(self, place: Place) -> Iterator[Step]:
        for page, holds in self._pages(place):
            for entry, hit, inner in self._on_page(place, page, holds=holds):
                trail = (*place.trail, entry.name)
                yield Step(Position(trail), entry, hit, inner)
            if page:
                yield Step(Position((*place.trail, page[-1].name), inside=True))

    def _on_page(
        self, place: Place, page: Sequence[Entry], *, holds: bool
    ) -> Iterator[tuple[Entry, bool, Place | None]]:
        there = self._named(place.newer, [entry.name for entry in page])
        found = {entry.name for entry in page if holds and self._matches(entry)}
        entered = self._entered(page, there)
        interesting = found | entered.keys()
        missing = interesting - there.keys()
        elsewhere = self._elsewhere(place.trail, missing) if place.elsewhere else set()
        for entry in page if interesting else ():
            if entry.name not in interesting:
                continue
            name, resumed = entry.name, _resumed(place, entry)
            gone = name not in there and name not in elsewhere
            hit = gone and name in found and resumed is None
            inner = None
            if name in entered and resumed != Position(inside=True):
                start = resumed or Position()
                inner = Place((*place.trail, name), entry.tree, entered[name], not gone, start)
            if hit or inner is not None:
                yield entry, hit, inner

    def _pages(self, place: Place) -> Iterator[tuple[Sequence[Entry], bool]]:
        """The entries to look at, and whether a name may be among them.

        A page that the newer snapshot has too has nothing gone.
        """
        node = self._open(place.tree)
        first = place.start.trail[0] if place.start.trail else b""
        if not isinstance(node, FolderIndex):
            if isinstance(node, Folder):
                yield _from(node, first), self._holds(place.tree)
            return
        at = max(0, bisect_right(node.first_names, first) - 1)
        newer = self._open(place.newer) if place.newer is not None else None
        common = set(newer.pages) if isinstance(newer, FolderIndex) else set()
        pages = [page for page in node.pages[at:] if page not in common]
        leading = self._leading(pages)
        for page in pages:
            opened = self._open(page) if page in leading else None
            if isinstance(opened, Folder):
                yield _from(opened, first), self._holds(page)

    def _entered(
        self, page: Sequence[Entry], there: dict[bytes, Entry]
    ) -> dict[bytes, NodeId | None]:
        """The folders to look into, with what the newer snapshot has in their place."""
        folders = {entry.name: entry.tree for entry in page if entry.kind == FOLDER}
        newer = {
            name: there[name].tree if name in there and there[name].kind == FOLDER else None
            for name in folders
        }
        differing = [name for name, tree in folders.items() if tree != newer[name]]
        leading = self._leading([folders[name] for name in differing])
        return {name: newer[name] for name in differing if folders[name] in leading}

    def _elsewhere(self, trail: Trail, names: Iterable[bytes]) -> set[bytes]:
        """Which of these names a folder has in snapshots that are newer than the next newer."""
        wanted, found = set(names), set[bytes]()
        trees = {self._tree_at(one, trail) for one in self._newer[:-1]} if wanted else set()
        for tree in trees:
            found |= self._named(tree, sorted(wanted - found)).keys()
        return found

    def _tree_at(self, roots: NodeId, trail: Trail) -> NodeId | None:
        tree: NodeId | None = roots
        for name in trail:
            if tree is None:
                break
            if (tree, name) not in self._trees:
                entry = self._named(tree, [name]).get(name)
                inner = entry.tree if entry is not None and entry.kind == FOLDER else None
                self._trees[tree, name] = inner
            tree = self._trees[tree, name]
        return tree

    def _named(self, tree: NodeId | None, names: Sequence[bytes]) -> dict[bytes, Entry]:
        """Those of these names, which are sorted, that a folder has."""
        if tree is None or not names:
            return {}
        node = self._open(tree)
        if not isinstance(node, FolderIndex):
            return _select(node, names)
        found: dict[bytes, Entry] = {}
        for number in sorted({bisect_right(node.first_names, name) - 1 for name in names}):
            if number >= 0:
                found |= _select(self._open(node.pages[number]), names)
        return found

    def _leading(self, trees: Sequence[NodeId]) -> set[bytes]:
        return set(trees) if self._reach is None else self._reach.leading(trees)

    def _holds(self, tree: NodeId) -> bool:
        return self._reach is None or self._reach.holds(tree)

    def _matches(self, entry: Entry) -> bool:
        return self._pattern.matches(last_name(entry.name))

    def _open(self, tree: NodeId) -> AnyNode | None:
        """None for a listing that is lost or damaged: what can be found elsewhere is found."""
        try:
            return self._reader.read(tree)
        except (NotFound, FormatError):
            return None


def _resumed(place: Place, entry: Entry) -> Position | None:
    """How much was done before of an entry and what is in it; None: nothing of it."""
    trail = place.start.trail
    if not trail or entry.name != trail[0]:
        return None
    return Position(trail[1:], place.start.inside)


def _from(folder: Folder, first: bytes) -> Sequence[Entry]:
    if not first:
        return folder.entries
    return [entry for entry in folder.entries if entry.name >= first]


def _select(node: AnyNode | None, names: Sequence[bytes]) -> dict[bytes, Entry]:
    if not isinstance(node, Folder):
        return {}
    wanted = set(names)
    return {entry.name: entry for entry in node.entries if entry.name in wanted}
