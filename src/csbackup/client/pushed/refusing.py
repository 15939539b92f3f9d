"""What a person at the device says to settings from the server: seen, taken back, locked out."""

from __future__ import annotations

from dataclasses import replace

from csbackup.client.config import Home
from csbackup.client.pushed.memory import Taken, load_memory, save_memory
from csbackup.client.settings import changing_settings, load_source, save_source
from csbackup.errors import NoSuchChange
from csbackup.rules.source import merge


def refuse(home: Home, revision: int | None) -> Taken:
    """Take a change back, the newest by somebody else without `revision`; all else stays.

    The settings first, then the memory: a crash in between leaves the change to be refused once
    more, which changes nothing.
    """
    with changing_settings(home):
        memory = load_memory(home)
        found = [one for one in memory.taken if revision in (None, one.revision)]
        chosen = [one for one in found if revision is not None or not one.by_owner]
        chosen = [one for one in chosen if not one.refused]
        if not chosen:
            raise NoSuchChange
        taken = chosen[-1]
        save_source(home, merge(taken.after, taken.before, load_source(home)))
        refused = replace(taken, refused=True, seen=True, told=False)
        save_memory(home, memory.with_taken(refused))
        return refused


def accept(home: Home) -> tuple[Taken, ...]:
    """A person here has seen what others changed, and leaves it so."""
    with changing_settings(home):
        memory = load_memory(home)
        unseen = memory.unseen
        for taken in unseen:
            memory = memory.with_taken(replace(taken, seen=True, told=False))
        if unseen:
            save_memory(home, memory)
        return unseen


def set_lock(home: Home, *, locked: bool) -> None:
    """Whether settings from the server are turned down from now on."""
    with changing_settings(home):
        save_memory(home, replace(load_memory(home), locked=locked))
