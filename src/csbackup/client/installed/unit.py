"""The unit that has systemd run the service: our file, with this machine's paths in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from csbackup.errors import PathProblem

_PLAIN = re.compile(r"[A-Za-z0-9_./:@+,=-]+")
_MARK = re.compile(r"@([A-Z]+)@")


def render_unit(*, for_root: bool, command: Sequence[str], state: Path, device: str) -> str:
    """The whole file. `device`: the name of the state file without which there is nothing to do."""
    kind = "system" if for_root else "user"
    template = resources.files(f"{__package__}.units").joinpath(f"{kind}.service").read_text()
    values = {
        "COMMAND": " ".join((_program(command[0]), *(_word(one) for one in command[1:]))),
        "STATE": _word(str(state)),
        "SETTING": _word(f"CSB_HOME={state}"),
        "DEVICE": _path(state / device),
    }
    return _MARK.sub(lambda mark: values[mark[1]], template)


def _path(path: Path) -> str:
    """Where systemd takes one path as it stands, to the end of the line."""
    return _one_line(str(path)).replace("%", "%%")


def _program(path: str) -> str:
    """What systemd starts; it takes no quotes and backslashes in such a path, however written."""
    if any(letter in path for letter in "\"'\\"):
        raise PathProblem(
            f"{path} cannot be started by systemd: it has quotes or a backslash in it."
        )
    return _word(path)


def _word(text: str) -> str:
    """Text as one word of a unit, in quotes where it needs them."""
    text = _one_line(text).replace("%", "%%")
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise PathProblem(
            f"{text!r} cannot stand in a unit of systemd: it has letters that are not printed. "
            "Use another folder."
        )
    return text
