"""Which entries a restore takes from a snapshot, and where each of them goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.paths import Found, clean, find
from csbackup.format.ids import NodeId
from csbackup.format.tree import FOLDER, Entry


@dataclass(frozen=True, slots=True)
class Step:
    """A folder on the way to what is restored; `entry` where the snapshot knows it."""

    name: bytes
    path: bytes
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Selection:
    """One thing to restore. `base` is opened as the person named it; below it no link is followed.

    `name` is empty for the whole of `/`: its contents go into the base itself.
    """

    path: bytes
    base: bytes
    steps: tuple[Step, ...]
    name: bytes
    entry: Entry

    @property
    def place(self) -> bytes:
        parts = [step.name for step in self.steps] + ([self.name] if self.name else [])
        return b"/".join((self.base.rstrip(b"/"), *parts)) or b"/"

    @property
    def files(self) -> int:
        return self.entry.subtree_files if self.entry.kind == FOLDER else 1

    @property
    def bytes(self) -> int:
        return self.entry.subtree_bytes if self.entry.kind == FOLDER else self.entry.size


def select(
    reader: NodeReader, roots: NodeId, paths: tuple[bytes, ...], to: bytes | None
) -> list[Selection]:
    """What the paths name (all roots without any), each thing once."""
    found: dict[bytes, Found] = {}
    for path in paths or (b"",):
        for one in _entries(reader, roots, find(reader, roots, path)):
            found[one.path] = one
    outermost = [one for one in found.values() if not _inside_another(one, found.values())]
    if to is None:
        return [_at_home(reader, one) for one in outermost]
    return _below(outermost, to)


def _entries(reader: NodeReader, roots: NodeId, found: Found) -> list[Found]:
    """Above the roots, all the roots below."""
    if found.entry is not None:
        return [found]
    within = found.path.rstrip(b"/") + b"/"
    return [
        Found(root.name, root, root)
        for root in reader.roots(roots)
        if not found.path or root.name.startswith(within)
    ]


def _inside_another(found: Found, others: Iterable[Found]) -> bool:
    """Whether it comes along with another selected thing. Roots come on their own."""
    return any(
        _known(found.root).name == _known(other.root).name
        and found.path != other.path
        and found.path.startswith(other.path.rstrip(b"/") + b"/")
        for other in others
    )


def _at_home(reader: NodeReader, found: Found) -> Selection:
    """Where it was. Up to the root the machine's own links are followed, below it none."""
    root, entry = _known(found.root), _known(found.entry)
    base, _, root_name = root.name.rpartition(b"/")
    if found.path == root.name:
        return Selection(found.path, base or b"/", (), root_name, entry)
    inner = clean(found.path)[len(root.name) :].strip(b"/").split(b"/")
    steps = [Step(root_name, root.name, root)] if root_name else []
    at, here = root, root.name.rstrip(b"/")
    for name in inner[:-1]:
        at = _known(reader.entry(at.tree, name))
        here += b"/" + name
        steps.append(Step(name, here, at))
    return Selection(found.path, base or b"/", tuple(steps), inner[-1], entry)


def _below(found: list[Found], to: bytes) -> list[Selection]:
    """`DIR/<last name>`, or the full path below DIR where two last names are alike."""
    names = Counter(_last_name(one.path) for one in found)
    selections = []
    for one in found:
        name = _last_name(one.path)
        steps: tuple[Step, ...] = ()
        if names[name] > 1:
            parts = clean(one.path).strip(b"/").split(b"/")[:-1]
            steps = tuple(Step(part, part, None) for part in parts)
        selections.append(Selection(one.path, to, steps, name, _known(one.entry)))
    return selections


def _last_name(path: bytes) -> bytes:
    return path.rstrip(b"/").rpartition(b"/")[2]


def _known(entry: Entry | None) -> Entry:
    if entry is None:
        raise ValueError("a path above the roots has no entry")
    return entry
