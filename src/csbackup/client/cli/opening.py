"""The file systems, as a command looks at them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from csbackup.client.config import Home, seconds_from
from csbackup.client.files import FileSource, LiveFiles
from csbackup.client.files.live import PATIENCE_SECONDS
from csbackup.client.files.stills.holding import Mode, Stills, is_root, usual_holders
from csbackup.client.keyring import EnrolledDevice, load_device
from csbackup.client.settings import load_settings
from csbackup.errors import NothingToBackUp
from csbackup.format.snapshot import Settings


@dataclass(frozen=True, slots=True)
class ChosenHere:
    """What is backed up on this device, for who only looks at it."""

    home: Path
    device: EnrolledDevice
    settings: Settings
    files: FileSource
    clock: Callable[[], int] = time.time_ns


def choose(home: Home) -> ChosenHere:
    """As the settings say now; `NothingToBackUp` when they name nothing."""
    device = load_device(home)
    settings = load_settings(home)
    if settings is None or not settings.roots:
        raise NothingToBackUp
    return ChosenHere(home.path, device, settings, open_files(settings.roots))


def open_files(roots: Sequence[bytes]) -> LiveFiles:
    """With the patience that `CSB_FILE_TIMEOUT` sets, in seconds, for what does not answer."""
    patience = seconds_from(os.environ, "CSB_FILE_TIMEOUT", PATIENCE_SECONDS)
    return LiveFiles(roots, patience_seconds=patience)


def open_stills(home: Home, mode: Mode) -> Stills | None:
    """What is to hold still while it is read: nothing where only root could have that, unless a
    person insists."""
    if mode == "off" or (mode == "auto" and not is_root()):
        return None
    return Stills(home, usual_holders(home) if is_root() else ())
