"""The folders of the source, as a backup would walk them, for whoever only looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from blake3 import blake3

from csbackup.client.backup.context import Chosen
from csbackup.client.backup.roots import bounds_of, chosen_roots, own_state
from csbackup.client.journal import digest_of
from csbackup.client.scan import (
    DEVICE,
    INODE,
    NAME,
    Bounds,
    Page,
    Status,
    is_elsewhere,
    is_folder,
    join,
    scan_folder,
    status_of,
)

Enter = Callable[[bytes, Bounds], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a folder. `bounds`: what stays out below it."""

    path: bytes
    page: Page


class Folders:
    """What is backed up on this device."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._bounds = bounds_of(chosen)
        self._skipped = own_state(chosen)
        self._one_file_system = chosen.settings.one_file_system

    def roots(self) -> list[tuple[Status | None, bytes]]:
        """Each with its status; without one where it is not there."""
        return [(self._status(root), root) for root in sorted(chosen_roots(self._chosen))]

    def bounds(self, root: bytes) -> Bounds:
        return self._bounds(root)

    def below(
        self, path: bytes, status: Status, bounds: Bounds, enter: Enter | None = None
    ) -> Iterator[Place]:
        """A folder's pages and those of what is in it; `enter` hears of each before it is listed,
        and may keep out of it. What cannot be listed is passed by: the backup says so."""
        todo = [(path, status)]
        while todo:
            path, status = todo.pop()
            if (status[INODE], status[DEVICE]) in self._skipped:
                continue
            if enter is not None and not enter(path, bounds):
                continue
            try:
                for page in scan_folder(self._chosen.files, path, bounds, _pass_by):
                    yield Place(path, page)
                    todo += [
                        (join(path, one[NAME]), one)
                        for one in page.statuses
                        if is_folder(one) and not self._is_out(status, one)
                    ]
            except OSError:
                continue

    def fingerprint(self) -> bytes:
        """The same again while nothing changed that a backup would see."""
        found = blake3()
        for status, root in self.roots():
            found.update(digest_of((root, status)))
            if status is not None and is_folder(status):
                for place in self.below(root, status, self.bounds(root)):
                    found.update(digest_of((place.path, place.page.statuses)))
        return found.digest()

    def status(self, path: bytes) -> Status | None:
        """Of a folder below; None where there is none any more."""
        found = self._status(path)
        return found if found is not None and is_folder(found) else None

    def _status(self, path: bytes) -> Status | None:
        try:
            return status_of(self._chosen.files, path, path)
        except OSError:
            return None

    def _is_out(self, folder: Status, inner: Status) -> bool:
        return self._one_file_system and is_elsewhere(folder, inner)


def _pass_by(path: bytes, failure: OSError) -> None:
    """The backup tells of it."""
