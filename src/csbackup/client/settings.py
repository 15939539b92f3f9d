"""What this device backs up, as its person chose it: `settings.json` in the state folder."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from csbackup.client.config import Home
from csbackup.errors import PathProblem, RequestError
from csbackup.format.ids import SHORT, SourceId
from csbackup.format.snapshot import Settings
from csbackup.protocol.adapter import Hex, parse, render

FILE = "settings.json"


@dataclass(frozen=True, slots=True)
class _File:
    """Roots are paths in which `%` and whatever is not UTF-8 stand as %XX."""

    source: Hex
    roots: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    one_file_system: bool = False
    default_exclusions: bool = True


def load_settings(home: Home) -> Settings | None:
    """The settings kept here, or None before anything was chosen."""
    try:
        found = home.read_json(FILE)
        if found is None:
            return None
        file = parse(_File, found.value, "It")
        roots = tuple(unquote_to_bytes(root) for root in file.roots)
    except (ValueError, RequestError) as problem:
        raise PathProblem(
            f"{home.path / FILE} is damaged: {problem} "
            "Remove it and choose the folders again with `csb add`; if you changed it yourself, "
            "remove its checksum."
        ) from problem
    return Settings(
        SourceId(file.source),
        roots,
        file.exclusions,
        file.one_file_system,
        file.default_exclusions,
    )


def save_settings(home: Home, settings: Settings) -> None:
    file = _File(
        settings.source,
        tuple(_to_text(root) for root in settings.roots),
        settings.exclusions,
        settings.one_file_system,
        settings.default_exclusions,
    )
    home.write_json(FILE, render(file))


def new_settings() -> Settings:
    """A new source that backs up nothing yet."""
    return Settings(SourceId(secrets.token_bytes(SHORT)))


def _to_text(path: bytes) -> str:
    """Percent signs and what is not UTF-8 are escaped as %XX, so that JSON can hold any path."""
    plain = path.replace(b"%", b"%25").decode(errors="surrogateescape")
    return "".join(
        f"%{ord(letter) - 0xDC00:02X}" if "\udc80" <= letter <= "\udcff" else letter
        for letter in plain
    )
