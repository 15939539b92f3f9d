"""Counts what patterns leave out of a preview, by pattern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from csbackup.client.files import FolderItem
from csbackup.client.platform.defaults import default_patterns, default_places
from csbackup.client.scan import Bounds, join
from csbackup.format.snapshot import Settings
from csbackup.rules.exclusion import CACHE_TAG, Exclusions, exclusions_of


@dataclass
class LeftOut:
    """Files and folders that match; what is in a folder that is left out is not looked at."""

    settings: Settings
    counts: Counter[str] = field(default_factory=Counter)
    caches: int = 0  # folders that a CACHEDIR.TAG marks
    other_file_systems: int = 0

    @property
    def own(self) -> dict[str, int]:
        """How often each of the person's patterns matched, those that never did as well."""
        patterns = self.settings.exclusions
        return {one: self.counts[one] for one in patterns if not one.startswith("!")}

    @property
    def by_default(self) -> dict[str, int]:
        """The platform's own patterns that matched."""
        return {one: number for one, number in self.counts.items() if one not in self.own}

    def counting(self, make: Callable[[bytes], Bounds]) -> Callable[[bytes], Bounds]:
        """The same bounds, which count what they leave out."""

        def counted(root: bytes) -> Bounds:
            bounds = make(root)
            return _CountingBounds(
                bounds.root, bounds.exclusions, bounds.honour_cache_tags, self._note(root)
            )

        return counted

    def saw_folder(self, bounds: Bounds, names: frozenset[bytes]) -> bool:
        """Whether it is a cache of which only the tag is kept."""
        tagged = bounds.honour_cache_tags and names == {CACHE_TAG}
        self.caches += tagged
        return tagged

    def _note(self, root: bytes) -> Callable[[bytes, bool], None]:
        causes = list(self._causes(root))

        def note(path: bytes, folder: bool) -> None:
            found = (name for name, one in causes if one.excludes(path, folder=folder))
            self.counts[next(found, "")] += 1

        return note

    def _causes(self, root: bytes) -> Iterator[tuple[str, Exclusions]]:
        """Each pattern by itself; the person's first, the last of them before."""
        for pattern in reversed(self.settings.exclusions):
            if not pattern.startswith("!"):
                yield pattern, exclusions_of(root, (pattern,))
        if self.settings.default_exclusions:
            for pattern in default_patterns():
                yield pattern, exclusions_of(root, (pattern,))
            for place in default_places():
                yield place, exclusions_of(root, (), places=(place,))


@dataclass(frozen=True, slots=True)
class _CountingBounds(Bounds):
    note: Callable[[bytes, bool], None] = lambda path, folder: None

    def leaves_out(self, path: bytes, item: FolderItem) -> bool:
        if not Bounds.leaves_out(self, path, item):
            return False
        below = path[len(self.root.rstrip(b"/")) + 1 :]
        self.note(join(below, item.name), item.is_dir(follow_symlinks=False))
        return True
