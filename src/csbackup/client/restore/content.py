"""Writing one file's contents under a temporary name, and giving it its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass

from csbackup.client.platform.writing import (
    NO_EXTRAS,
    Ownership,
    Place,
    Trouble,
    finish,
    first_mode,
)
from csbackup.client.restore.fetch import Content
from csbackup.client.restore.surroundings import Surroundings
from csbackup.client.restore.tally import ContentLacking, extras_lost
from csbackup.errors import Malformed
from csbackup.format.tree import Entry, Extras

_CREATE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


@dataclass(slots=True)
class GrowingFile:
    """A file that is being written; nobody sees it under its name before `keep`.

    `lost`: why its extras cannot be had, where they cannot.
    """

    folder: int
    temporary: bytes
    name: bytes
    path: bytes
    entry: Entry
    extras: Extras
    handle: int
    extents: list[tuple[int, int]]  # still to fill, the first one last
    lost: str = ""
    written: int = 0

    def append(self, contents: Iterable[Content]) -> None:
        """The next chunks, into the extents where the file has holes."""
        handle = self.handle
        for content in contents:
            if self.extras.is_sparse:
                self._append_sparse(memoryview(content))
            elif os.write(handle, content) != len(content):
                self._write_rest(content)
            self.written += len(content)

    def _write_rest(self, content: Content) -> None:
        """A write may take less than it was given, for instance at two gigabytes."""
        done = os.lseek(self.handle, 0, os.SEEK_CUR) - self.written
        rest = memoryview(content)[done:]
        while rest:
            rest = rest[os.write(self.handle, rest) :]

    def _append_sparse(self, rest: memoryview) -> None:
        while rest:
            if not self.extents:
                raise Malformed("A sparse file", "it has more content than extents")
            offset, length = self.extents.pop()
            done = os.pwrite(self.handle, rest[:length], offset)
            rest = rest[done:]
            if done < length:
                self.extents.append((offset + done, length - done))

    def complete(self) -> list[Trouble]:
        """The holes at the end. What is longer or shorter than it should be is not kept.

        A file with holes that shrank while it was read lacks some of its content: it is kept, with
        zeros, and told.
        """
        if not self.extras.is_sparse:
            if self.lost and self.written < self.entry.size:
                raise ContentLacking(f"where its holes are is lost ({self.lost})")
            if self.written != self.entry.size:
                raise Malformed("A file", f"it has {self.written:,} bytes, not {self.entry.size:,}")
            return [extras_lost(self.lost)] if self.lost else []
        os.ftruncate(self.handle, self.entry.size)
        return [("damaged", "It has less content than its listing says.")] if self.extents else []

    def keep(self) -> None:
        """Under its own name from now on; what had that name is gone."""
        os.close(self.handle)
        self.handle = -1
        os.rename(self.temporary, self.name, src_dir_fd=self.folder, dst_dir_fd=self.folder)

    def discard(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1
        with contextlib.suppress(OSError):
            os.unlink(self.temporary, dir_fd=self.folder)


def create(
    folder: int, temporary: bytes, name: bytes, path: bytes, entry: Entry, extras: Extras
) -> GrowingFile:
    """A new file with the permissions it is to have, none of them special."""
    extents = _checked(extras.sparse, entry.size) if extras.is_sparse else []
    handle = os.open(temporary, _CREATE, first_mode(entry, extras), dir_fd=folder)
    return GrowingFile(folder, temporary, name, path, entry, extras, handle, extents)


def write_whole(
    folder: int,
    temporary: bytes,
    entry: Entry,
    content: Content,
    ownership: Ownership,
    surroundings: Surroundings,
) -> list[Trouble]:
    """A small file without extras at once; nor is it seen under its name before it is whole."""
    if len(content) != entry.size:
        raise Malformed("A file", f"it has {len(content):,} bytes, not {entry.size:,}")
    handle = os.open(temporary, _CREATE, entry.mode & 0o777, dir_fd=folder)
    try:
        try:
            done = os.write(handle, content) if content else 0
            while done < len(content):
                done += os.write(handle, memoryview(content)[done:])
            plain, exact = surroundings.plain, surroundings.exact
            troubles = finish(Place(handle), entry, NO_EXTRAS, ownership, plain=plain, exact=exact)
        finally:
            os.close(handle)
        os.rename(temporary, entry.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    return troubles


def _checked(extents: Iterable[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """Extents, the first one last; `Malformed` where they do not lie in the file, in order."""
    found = list(extents)
    end = 0
    for offset, length in found:
        if offset < end or length <= 0 or offset + length > size:
            raise Malformed("A sparse file", "its extents do not fit its size")
        end = offset + length
    return found[::-1]
