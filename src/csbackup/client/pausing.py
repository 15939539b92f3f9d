"""A person's wish to be left alone for some hours: `pause.json` in the state folder."""

from __future__ import annotations

from csbackup.client.config import Home
from csbackup.errors import RequestError
from csbackup.protocol.adapter import parse, render
from csbackup.rules.schedule import Pause

FILE = "pause.json"


def load_pause(home: Home) -> Pause | None:
    """None without one, and where the file is damaged: then backups go on."""
    try:
        found = home.read_json(FILE)
        return parse(Pause, found.value, "It") if found else None
    except (ValueError, RequestError):
        return None


def save_pause(home: Home, pause: Pause) -> None:
    home.write_json(FILE, render(pause))


def end_pause(home: Home) -> None:
    home.remove(FILE)
