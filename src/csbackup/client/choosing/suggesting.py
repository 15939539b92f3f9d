"""Which folders of this machine are worth a backup, before a person says anything."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Why = Literal["documents", "home", "settings", "data", "chosen", "added"]

_LINE = re.compile(r'XDG_([A-Z]+)_DIR="(\$HOME/)?([^"]*)"')
_OWN = ("DESKTOP", "DOCUMENTS", "PICTURES", "MUSIC", "VIDEOS")  # what people keep
_PASSING = ("DOWNLOAD",)  # what mostly can be had again
_USUAL = {
    "DESKTOP": "Desktop",
    "DOCUMENTS": "Documents",
    "PICTURES": "Pictures",
    "MUSIC": "Music",
    "VIDEOS": "Videos",
    "DOWNLOAD": "Downloads",
}
_MOVIES = {"VIDEOS": "Movies"}  # as macOS calls it


@dataclass(frozen=True, slots=True)
class Suggestion:
    path: bytes
    why: Why
    ticked: bool


def suggest(environment: Mapping[str, str], *, system: bool) -> list[Suggestion]:
    """What is there of it, best first. `system`: the whole machine can be read."""
    found = list(_of_the_machine() if system else _of_a_person(Path.home(), environment))
    return [one for one in found if _has_something(one.path)]


def _of_the_machine() -> Iterator[Suggestion]:
    yield Suggestion(b"/home", "home", ticked=True)
    yield Suggestion(b"/root", "home", ticked=True)
    yield Suggestion(b"/etc", "settings", ticked=True)
    yield Suggestion(b"/srv", "data", ticked=True)
    yield Suggestion(b"/usr/local", "data", ticked=False)
    yield Suggestion(b"/opt", "data", ticked=False)
    yield Suggestion(b"/var/lib", "data", ticked=False)


def _of_a_person(home: Path, environment: Mapping[str, str]) -> Iterator[Suggestion]:
    named = user_folders(home, environment)
    own = [named[kind] for kind in _OWN if kind in named and named[kind].is_dir()]
    for path in dict.fromkeys(own):
        yield Suggestion(os.fsencode(path), "documents", ticked=True)
    for kind in _PASSING:
        if kind in named and named[kind] not in own:
            yield Suggestion(os.fsencode(named[kind]), "documents", ticked=False)
    yield Suggestion(os.fsencode(home), "home", ticked=not own)


def user_folders(home: Path, environment: Mapping[str, str]) -> dict[str, Path]:
    """Where a person's desktop keeps documents, pictures and so on; as usual where it says
    nothing. One that stands for the whole home folder is not used."""
    settings = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "user-dirs.dirs"
    named = {kind: home / name for kind, name in _usual(home).items()}
    try:
        lines = settings.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return named
    for found in filter(None, map(_LINE.match, lines)):
        kind, below, rest = found.groups()
        path = Path(os.path.normpath(home / rest if below else rest))
        named.pop(kind, None)
        if path.is_absolute() and path != home:
            named[kind] = path
    return named


def _usual(home: Path) -> dict[str, str]:
    return _USUAL | (_MOVIES if (home / "Movies").is_dir() else {})


def _has_something(path: bytes) -> bool:
    try:
        with os.scandir(path) as items:
            return next(items, None) is not None
    except OSError:
        return False
