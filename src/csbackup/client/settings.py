"""What this device backs up, when, and how fast, as its person chose it: `settings.json` in the
state folder."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from csbackup.client.config import Home
from csbackup.client.files.stills.holding import Mode
from csbackup.client.platform.locking import only_run
from csbackup.errors import PathProblem, RequestError, RunInProgress
from csbackup.format.ids import SHORT, SourceId
from csbackup.format.snapshot import Settings
from csbackup.protocol.adapter import Hex, parse, render
from csbackup.rules.limits import Limits, check_limits
from csbackup.rules.schedule import Schedule, check_schedule
from csbackup.rules.source import Folders, LeftOut, SourceSettings

FILE = "settings.json"
LOCK = "settings.lock"
_LOCK_TRIES = 15


@dataclass(frozen=True, slots=True)
class _File:
    """Roots are paths in which `%` and whatever is not UTF-8 stand as %XX."""

    source: Hex
    roots: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    one_file_system: bool = False
    default_exclusions: bool = True
    schedule: Schedule = Schedule()
    limits: Limits = Limits()
    stills: Mode = "auto"


def load_settings(home: Home) -> Settings | None:
    """What is backed up, or None before anything was chosen."""
    file = _load(home)
    if file is None:
        return None
    return Settings(
        SourceId(file.source),
        tuple(unquote_to_bytes(root) for root in file.roots),
        file.exclusions,
        file.one_file_system,
        file.default_exclusions,
    )


def save_settings(home: Home, settings: Settings) -> None:
    """Schedule and limits stay as they are; a damaged file is replaced."""
    kept = None
    with suppress(PathProblem):
        kept = _load(home)
    file = kept or _File(settings.source)
    chosen = replace(
        file,
        source=settings.source,
        roots=tuple(_to_text(root) for root in settings.roots),
        exclusions=settings.exclusions,
        one_file_system=settings.one_file_system,
        default_exclusions=settings.default_exclusions,
    )
    _save(home, chosen)


def load_schedule(home: Home) -> Schedule:
    """When backups run by themselves: as chosen, else as usual."""
    file = _load(home)
    return file.schedule if file else Schedule()


def save_schedule(home: Home, schedule: Schedule) -> None:
    """Everything else stays as it is; `check_schedule` has nothing against it."""
    _save(home, replace(_load(home) or _File(new_settings().source), schedule=schedule))


def load_limits(home: Home) -> Limits:
    """How fast backups may be: as chosen, else as usual."""
    file = _load(home)
    return file.limits if file else Limits()


def save_limits(home: Home, limits: Limits) -> None:
    """Everything else stays as it is; `check_limits` has nothing against them."""
    _save(home, replace(_load(home) or _File(new_settings().source), limits=limits))


def load_source(home: Home) -> SourceSettings:
    """All of it, as it is told to the server; the usual before anything was chosen."""
    file = _load(home)
    if file is None:
        return SourceSettings()
    return SourceSettings(
        Folders(tuple(unquote_to_bytes(root) for root in file.roots), file.one_file_system),
        LeftOut(file.exclusions, file.default_exclusions),
        file.schedule,
        file.limits,
    )


def save_source(home: Home, settings: SourceSettings) -> None:
    """All of it at once, as the server pushed it and `merge` put it together."""
    file = replace(
        _load(home) or _File(new_settings().source),
        roots=tuple(_to_text(root) for root in settings.folders.roots),
        exclusions=settings.exclusions.patterns,
        one_file_system=settings.folders.one_file_system,
        default_exclusions=settings.exclusions.defaults,
        schedule=settings.schedule,
        limits=settings.limits,
    )
    _save(home, file)


@contextmanager
def changing_settings(home: Home) -> Iterator[None]:
    """Nobody else changes the settings between what is read and what is written here."""
    with suppress(OSError):  # the lock names it
        home.make_folder()
    with ExitStack() as held:
        for _ in range(_LOCK_TRIES):
            with suppress(RunInProgress):
                held.enter_context(only_run(home.path / LOCK))
                break
        else:
            raise PathProblem(f"{home.path / LOCK} is held by another process.")
        yield


def load_stills(home: Home) -> Mode:
    """Whether file systems are to hold still while they are read."""
    file = _load(home)
    return file.stills if file else "auto"


def save_stills(home: Home, mode: Mode) -> None:
    """Everything else stays as it is."""
    _save(home, replace(_load(home) or _File(new_settings().source), stills=mode))


def new_settings() -> Settings:
    """A new source that backs up nothing yet."""
    return Settings(SourceId(secrets.token_bytes(SHORT)))


def _load(home: Home) -> _File | None:
    try:
        found = home.read_json(FILE)
        if found is None:
            return None
        file = parse(_File, found.value, "It")
        if why := check_schedule(file.schedule) or check_limits(file.limits):
            raise ValueError(f"{why[0].upper()}{why[1:]}.")
    except (ValueError, RequestError) as problem:
        raise PathProblem(
            f"{home.path / FILE} is damaged: {problem} "
            "Remove it and choose the folders again with `csb add`; if you changed it yourself, "
            "remove its checksum."
        ) from problem
    return file


def _save(home: Home, file: _File) -> None:
    home.write_json(FILE, render(file))


def _to_text(path: bytes) -> str:
    """Percent signs and what is not UTF-8 are escaped as %XX, so that JSON can hold any path."""
    plain = path.replace(b"%", b"%25").decode(errors="surrogateescape")
    return "".join(
        f"%{ord(letter) - 0xDC00:02X}" if "\udc80" <= letter <= "\udcff" else letter
        for letter in plain
    )
