"""Which stills are there because of us: `stills.json` in the state folder, written before they are
made, so that a crash leaves none that nobody knows of."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
class Place:
    """A file system in which there were stills of ours at any time."""

    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class _File:
    stills: tuple[Note, ...] = ()
    places: tuple[Place, ...] = ()


class Notes:
    def __init__(self, home: Home) -> None:
        self._home = home

    def all(self) -> tuple[Note, ...]:
        return self._load().stills

    def places(self) -> tuple[Place, ...]:
        return self._load().places

    def add(self, note: Note) -> None:
        file = self._load()
        places = dict.fromkeys((*file.places, Place(note.kind, note.source)))
        self._keep(_File((*file.stills, note), tuple(places)))

    def drop(self, note: Note) -> None:
        file = self._load()
        self._keep(replace(file, stills=tuple(one for one in file.stills if one != note)))

    def _load(self) -> _File:
        """A damaged file is as none: then a still may be left, under a name that says whose."""
        try:
            found = self._home.read_json(FILE)
            return parse(_File, found.value, "It") if found else _File()
        except (ValueError, RequestError):
            return _File()

    def _keep(self, file: _File) -> None:
        self._home.write_json(FILE, render(file))
