"""What this device remembers of settings from the server: `pushed.json` in the state folder.

A change is written down, with the settings as they were, before it is taken: so it can be refused
afterwards, also without the server.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from csbackup.client.config import Home
from csbackup.errors import PathProblem, RequestError
from csbackup.protocol.adapter import Hex, parse, render
from csbackup.rules.source import Part, SourceSettings

FILE = "pushed.json"
MOST = 20  # changes that can still be refused


@dataclass(frozen=True, slots=True)
class Taken:
    """A change that was taken. `told`: the server knows what became of it."""

    revision: int
    changed: int
    by: str
    by_owner: bool
    before: SourceSettings
    after: SourceSettings
    warnings: tuple[str, ...] = ()
    refused: bool = False
    seen: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """`locked`: a person here takes no settings from the server. `told_id`: the settings that the
    server heard of. `kept`: what the admin does not let the person change in the web."""

    locked: bool = False
    told_id: Hex = b""
    kept: tuple[Part, ...] = ()
    taken: tuple[Taken, ...] = ()  # oldest first

    def find(self, revision: int) -> Taken | None:
        return next((one for one in self.taken if one.revision == revision), None)

    def with_taken(self, taken: Taken) -> Memory:
        others = tuple(one for one in self.taken if one.revision != taken.revision)
        every = sorted((*others, taken), key=lambda one: one.revision)
        return replace(self, taken=tuple(every[-MOST:]))

    @property
    def unseen(self) -> tuple[Taken, ...]:
        """What somebody else changed, and nobody here has seen yet; newest first."""
        found = (one for one in self.taken if not (one.by_owner or one.seen or one.refused))
        return tuple(reversed(tuple(found)))


def load_memory(home: Home) -> Memory:
    try:
        found = home.read_json(FILE)
        return parse(Memory, found.value, "It") if found else Memory()
    except (ValueError, RequestError) as problem:
        raise PathProblem(
            f"{home.path / FILE} is damaged: {problem} Remove it to go on; settings that were "
            "locked against the server are not any more then."
        ) from problem


def save_memory(home: Home, memory: Memory) -> None:
    home.write_json(FILE, render(memory))
