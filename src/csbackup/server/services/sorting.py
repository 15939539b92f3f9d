"""In which order a folder is shown."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

from csbackup.errors import TooLarge
from csbackup.format.tree import FOLDER, Entry
from csbackup.protocol.messages import ListingEntry
from csbackup.rules.comparing import size_of
from csbackup.rules.finding import folded

MOST_SORTED = 20_000  # entries at once; so many take about 15 MB

Item = TypeVar("Item", Entry, ListingEntry)


@dataclass(frozen=True, slots=True)
class Order:
    """`by` None: as the listing is kept, by the bytes of the names."""

    by: Literal["name", "size", "time"] | None = None
    descending: bool = False
    folders_first: bool = False

    @property
    def as_kept(self) -> bool:
        return self.by is None and not self.descending and not self.folders_first

    @property
    def by_name(self) -> bool:
        return self.by in (None, "name")

    def first(self, items: Iterable[Item], count: int) -> list[Item]:
        """The first `count` of them in this order; memory for so many only."""
        if self.descending:
            return heapq.nlargest(count, items, key=self._key)
        return heapq.nsmallest(count, items, key=self._key)

    def _key(self, item: Entry | ListingEntry) -> tuple[object, ...]:
        """Names without case, as people read them; what is equal then, by its bytes."""
        if isinstance(item, Entry):
            folder, name, size, time = (
                item.kind == FOLDER,
                item.name,
                size_of(item),
                item.mtime_ns,
            )
        else:
            folder, name = item.kind == "folder", item.name_bytes
            size, time = item.size, item.mtime
        group = folder == self.descending if self.folders_first else False
        shown = folded(name.decode(errors="replace")) if self.by == "name" else ""
        value = {"size": size, "time": time}.get(self.by or "", 0)
        return group, value, shown, name


AS_KEPT = Order()


def not_sorted_so_far() -> TooLarge:
    return TooLarge(
        f"Only the first {MOST_SORTED} entries of a long folder are sorted by size or time. "
        "Ask for the other direction, or by name."
    )
