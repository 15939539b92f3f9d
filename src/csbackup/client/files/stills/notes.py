"""Which stills are there because of us: `stills.json` in the state folder, written before they are
made, so that a crash leaves none that nobody knows of."""

from __future__ import annotations

from dataclasses import dataclass

from csbackup.client.config import Home
from csbackup.errors import RequestError
from csbackup.protocol.adapter import parse, render

FILE = "stills.json"


@dataclass(frozen=True, slots=True)
class Note:
    """A still by its name, in a file system by what it is mounted from."""

    kind: str
    source: str
    name: str


@dataclass(frozen=True, slots=True)
class _File:
    stills: tuple[Note, ...] = ()


class Notes:
    def __init__(self, home: Home) -> None:
        self._home = home

    def all(self) -> tuple[Note, ...]:
        """A damaged file is as none: then a still may be left, and `csb stills` says where."""
        try:
            found = self._home.read_json(FILE)
            return parse(_File, found.value, "It").stills if found else ()
        except (ValueError, RequestError):
            return ()

    def add(self, note: Note) -> None:
        self._keep((*self.all(), note))

    def drop(self, note: Note) -> None:
        self._keep(tuple(one for one in self.all() if one != note))

    def _keep(self, notes: tuple[Note, ...]) -> None:
        if notes:
            self._home.write_json(FILE, render(_File(notes)))
        else:
            self._home.remove(FILE)
