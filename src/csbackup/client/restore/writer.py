"""Carries out the steps of a restore below one base folder.

A file is written under a temporary name and gets its own when it is complete, so a crash leaves
whole files and at most one temporary one. A folder gets its metadata after all that is in it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence

from csbackup.client.platform.writing import (
    FAILURES,
    NO_EXTRAS,
    Ownership,
    Place,
    finish,
    without_list,
)
from csbackup.client.problems import Problem
from csbackup.client.restore.content import GrowingFile, create, write_whole
from csbackup.client.restore.existing import Rule, Verdict, judge, looks_same
from csbackup.client.restore.fetch import Content, Fetched
from csbackup.client.restore.folders import FolderStack
from csbackup.client.restore.items import CloseFolder, FilePart, Item, OpenFolder, Special
from csbackup.client.restore.links import Links
from csbackup.client.restore.special import same_special, write_special
from csbackup.client.restore.tally import ContentLacking, Tally, extras_lost
from csbackup.errors import FormatError
from csbackup.format.tree import FIFO, SOCKET, Entry, Extras, decode_extras

_FAILURES = (*FAILURES, FormatError)


class Writer:
    """`fetch_later` gets chunks that were not fetched ahead, because they seemed unnecessary."""

    def __init__(
        self,
        stack: FolderStack,
        tally: Tally,
        links: Links,
        fetch_later: Callable[[Iterable[bytes]], Fetched],
        rule: Rule,
    ) -> None:
        self._stack = stack
        self._tally = tally
        self._links = links
        self._fetch_later = fetch_later
        self._rule = rule
        self._ownership = Ownership()
        self._number = 0
        self._growing: GrowingFile | None = None
        self._closed_off = 0  # folders below one that could not be entered
        self._folder_extras: list[Extras | None] = []
        self._decoded: dict[bytes, Extras] = {}

    def carry_out(self, items: Iterable[Item], fetched: Fetched) -> None:
        for item in items:
            if self._closed_off:
                self._pass_by(item)
            elif type(item) is FilePart:
                self._write_part(item, fetched)
            elif type(item) is OpenFolder:
                self._enter(item, fetched)
            elif type(item) is CloseFolder:
                self._leave()
            elif type(item) is Special:
                self._make_special(item, fetched)

    def close(self) -> None:
        """Leave nothing half done behind, also after a failure."""
        self._give_up()
        self._stack.close()

    # --- folders ---

    def _enter(self, item: OpenFolder, fetched: Fetched) -> None:
        name: bytes | None = item.name
        try:
            if item.entry is not None and item.name and not self._stack.nothing_there:
                name = self._name_of_folder(item)
            if name is None:
                raise FileExistsError(None, "there are too many others of its name")
            self._stack.enter(name, item.path, item.entry, finish=item.selected)
        except _FAILURES as failure:
            self._tally.lament(item.path, failure)
            self._closed_off = 1
            return
        self._folder_extras.append(self._extras_of_folder(item, fetched))

    def _name_of_folder(self, item: OpenFolder) -> bytes | None:
        def same(_: bytes, there: os.stat_result) -> bool:
            return stat.S_ISDIR(there.st_mode)

        there = self._look(item.name)
        taken = self._stack.taken
        if taken is None or not taken.holds(item.name, there):
            if there is None:
                return item.name
            if stat.S_ISDIR(there.st_mode):
                return item.name
            if self._rule.overwrite:
                os.unlink(item.name, dir_fd=self._stack.handle)
                return item.name
        verdict = self._judge(item.name, same)
        self._tally.beside(item.path, verdict)
        return verdict.name or verdict.found

    def _extras_of_folder(self, item: OpenFolder, fetched: Fetched) -> Extras | None:
        """None, and a problem, when they cannot be had."""
        try:
            return NO_EXTRAS if item.entry is None else self._extras(item.entry, fetched)
        except ContentLacking as failure:
            self._tally.tell(item.path, [extras_lost(str(failure))])
        except FormatError as failure:
            self._tally.lament(item.path, failure)
        return None

    def _leave(self) -> None:
        level = self._stack.levels[-1]
        extras = self._folder_extras.pop()
        if level.finish and level.entry is not None:
            is_plain = level.fresh and level.surroundings.plain
            troubles = finish(
                Place(level.handle),
                level.entry if extras is not None else without_list(level.entry),
                extras or NO_EXTRAS,
                self._ownership,
                plain=is_plain,
                exact=level.surroundings.exact,
            )
            self._tally.tell(level.path, troubles)
        for lost in self._stack.leave():
            self._folder_extras.pop()
            self._closed_off += 1
            message = "It was replaced while it was restored. Run the restore again."
            self._tally.report(Problem("replaced", lost.path, message))

    def _pass_by(self, item: Item) -> None:
        """Below a folder that could not be entered: only count how deep."""
        if type(item) is OpenFolder:
            self._closed_off += 1
        elif type(item) is CloseFolder:
            self._closed_off -= 1

    # --- files ---

    def _write_part(self, item: FilePart, fetched: Fetched) -> None:
        try:
            if _is_plain(item) and self._stack.nothing_there:
                self._write_plain(item, fetched)
                return
            growing = self._begin(item, fetched) if item.first else self._growing
            if growing is None:
                return  # linked, there already, or given up
            self._growing = growing
            if not (item.chunks or item.first or item.last):
                self._give_up()  # the rest of its chunks cannot be known
                return
            self._append(growing, self._contents(item, fetched))
            if item.last:
                self._finish(growing)
        except _FAILURES as failure:
            self._give_up()
            self._tally.lament(item.path, failure)

    def _write_plain(self, item: FilePart, fetched: Fetched) -> None:
        """What most files are, in a folder that nobody else knows, goes the short way."""
        content = self._contents(item, fetched)[0] if item.chunks else b""
        troubles = write_whole(
            self._stack.handle,
            self._next_temporary(),
            item.entry,
            content,
            self._ownership,
            self._stack.surroundings,
        )
        self._tally.restored(item.path)
        self._tally.bytes += len(content)
        if troubles:
            self._tally.tell(item.path, troubles)

    def _next_temporary(self) -> bytes:
        self._number += 1
        return b"%s-%d" % (self._stack.temporary, self._number)

    def _begin(self, item: FilePart, fetched: Fetched) -> GrowingFile | None:
        """The file to write to, or None where nothing is to be written."""
        entry, extras, lost = item.entry, NO_EXTRAS, ""
        if entry.extras:
            try:
                extras = self._extras(entry, fetched)
            except ContentLacking as failure:
                entry, lost = without_list(entry), str(failure)
        name: bytes = item.name
        if not self._stack.nothing_there:
            verdict = self._judge(name, lambda _, there: looks_same(entry, there))
            self._tally.beside(item.path, verdict)
            if verdict.name is None:
                self._skip(item, extras, verdict)
                return None
            name = verdict.name
        if extras.link_group and self._link(item, extras.link_group, name):
            self._tally.restored(item.path)
            return None
        temporary = self._next_temporary()
        growing = create(self._stack.handle, temporary, name, item.path, entry, extras)
        growing.lost = lost
        return growing

    def _contents(self, item: FilePart, fetched: Fetched) -> Sequence[Content]:
        try:
            return [fetched.chunks[id] for id in item.chunks]
        except KeyError:
            if item.same or item.later or fetched.is_cut:
                fetched = self._fetch_later(item.chunks)
        for id in item.chunks:
            if id not in fetched.chunks:
                raise ContentLacking(fetched.lacking.get(id, "a part of it is missing"))
        return [fetched.chunks[id] for id in item.chunks]

    def _append(self, growing: GrowingFile, contents: Sequence[Content]) -> None:
        before = growing.written
        try:
            growing.append(contents)
        finally:
            self._tally.bytes += growing.written - before  # giving up takes them off again

    def _finish(self, growing: GrowingFile) -> None:
        troubles = growing.complete()
        surroundings = self._stack.surroundings
        troubles += finish(
            Place(growing.handle),
            growing.entry,
            growing.extras,
            self._ownership,
            plain=surroundings.plain,
            exact=surroundings.exact,
        )
        status = os.fstat(growing.handle)
        growing.keep()
        self._growing = None
        self._note(growing.extras, growing.name, status)
        self._tally.restored(growing.path)
        if troubles:
            self._tally.tell(growing.path, troubles)

    def _skip(self, item: FilePart, extras: Extras, verdict: Verdict) -> None:
        self._tally.skip(item.path)
        self._note_found(extras, verdict)

    def _give_up(self) -> None:
        if self._growing is not None:
            self._tally.bytes -= self._growing.written
            self._growing.discard()
            self._growing = None

    def _link(self, item: FilePart | Special, group: bytes, name: bytes) -> bool:
        """Give the file that came before under another name this one as well."""
        kind, stack = item.entry.kind, self._stack
        if not self._links.knows(group, kind, stack.device):
            return False
        if self._links.link(group, kind, stack, name):
            return True
        message = "It is a file of its own now: it could not be linked to its other name."
        self._tally.report(Problem("links", item.path, message))
        return False

    def _note_found(self, extras: Extras, verdict: Verdict) -> None:
        there = self._look(verdict.found) if verdict.found else None
        if verdict.found and there is not None:
            self._note(extras, verdict.found, there)

    def _note(self, extras: Extras, name: bytes, status: os.stat_result) -> None:
        """Remember what is under a name now, for its other names, and for other entries."""
        if extras.link_group:
            self._links.remember(extras.link_group, self._stack, name, status)
        if self._stack.taken is not None:
            self._stack.taken.add(name, status)

    # --- links, FIFOs, sockets, devices ---

    def _make_special(self, item: Special, fetched: Fetched) -> None:
        try:
            self._make_named(item, self._extras(item.entry, fetched))
        except ContentLacking as failure:
            self._make_without_extras(item, failure)
        except _FAILURES as failure:
            self._tally.lament(item.path, failure)

    def _make_without_extras(self, item: Special, lacking: ContentLacking) -> None:
        """A link is nothing without its target, nor a device without its number."""
        if item.entry.kind not in (FIFO, SOCKET):
            self._tally.lament(item.path, lacking)
            return
        try:
            self._make_named(item._replace(entry=without_list(item.entry)), NO_EXTRAS)
            self._tally.tell(item.path, [extras_lost(str(lacking))])
        except _FAILURES as failure:
            self._tally.lament(item.path, failure)

    def _make_named(self, item: Special, extras: Extras) -> None:
        name: bytes = item.name
        here = self._stack.handle
        if not self._stack.nothing_there:
            verdict = self._judge(name, same_special(item.entry, extras, here))
            self._tally.beside(item.path, verdict)
            if verdict.name is None:
                self._note_found(extras, verdict)
                return
            name = verdict.name
        if extras.link_group and self._link(item, extras.link_group, name):
            return
        troubles = write_special(self._stack, name, item.entry, extras, self._ownership)
        if extras.link_group or self._stack.surroundings.folds:
            self._note(extras, name, os.stat(name, dir_fd=here, follow_symlinks=False))
        self._tally.restored(item.path, files=0)
        self._tally.tell(item.path, troubles)

    # --- what all of them need ---

    def _look(self, name: bytes) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self._stack.handle, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _judge(self, name: bytes, same: Callable[[bytes, os.stat_result], bool]) -> Verdict:
        return judge(name, self._look, same, self._rule, taken=self._stack.taken)

    def _extras(self, entry: Entry, fetched: Fetched) -> Extras:
        """What few entries have; `ContentLacking` when it cannot be had."""
        if not entry.extras:
            return NO_EXTRAS
        known = self._decoded.get(entry.extras)
        if known is not None:
            return known
        content = fetched.chunks.get(entry.extras)
        if content is None and fetched.is_cut:
            fetched = self._fetch_later([entry.extras])
            content = fetched.chunks.get(entry.extras)
        if content is None:
            raise ContentLacking(fetched.lacking.get(entry.extras, "it was not fetched"))
        extras = decode_extras(bytes(content))
        if len(self._decoded) < 1_000:
            self._decoded[entry.extras] = extras
        return extras


def _is_plain(item: FilePart) -> bool:
    """Whether it is one small file, whole, with nothing beside its content."""
    return item.first and item.last and len(item.chunks) <= 1 and not item.entry.extras
