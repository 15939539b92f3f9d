"""What goes when the client goes, and what stays; then carrying that out."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from csbackup.client.installed.layout import Layout

# Folders are taken away by the names that we gave, and then only when nothing else is in them:
# whoever named their own folder as CSB_HOME keeps what they have in it.
STATE_NAMES = (
    "*.json.????????",
    ".*.json.????????",
    "backup.lock",
    "ca.crt",
    "device.json",
    "heads.json",
    "hide-paths.salt",
    "journal.db*",
    "last-run.json",
    "logs",
    "orders-memory.lock",
    "orders.json",
    "orders.lock",
    "server.json",
    "service.json",
    "service.lock",
    "settings.json",
    "stills.json",
    "still-*",
)
INSTALL_NAMES = ("csb", "current", "trial", "previous", "versions", "*.lock", "*.json", "README*")


@dataclass(frozen=True, slots=True)
class Going:
    """One thing to remove: a path, and why it is ours, for the person."""

    path: Path
    what: str


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """`going` in the order in which it goes; `staying` with the reason; `emptied`: folders that
    go when nothing is left in them."""

    going: tuple[Going, ...]
    staying: tuple[Going, ...] = ()
    emptied: tuple[Path, ...] = ()


@dataclass(slots=True)
class Removed:
    gone: list[Path] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # what could not be removed, and why
    left: list[Path] = field(default_factory=list)  # folders in which something else is


def plan_service_removal(layout: Layout) -> RemovalPlan:
    """Whatever starts the service."""
    places = (
        (layout.wanted, "starts the service"),
        (layout.unit, "the service"),
        (layout.changes, "changes to the service"),
    )
    return RemovalPlan(_there(places), emptied=_unit_folders(layout))


def plan_removal(layout: Layout, *, keep_state: bool, owned_by_package: bool) -> RemovalPlan:
    """Everything of ours on this machine; the program itself last, since it is what removes.

    A crash in between leaves a client that can be asked again, or nothing but its files.
    """
    service = plan_service_removal(layout)
    going = list(service.going)
    staying: list[Going] = []
    emptied = list(service.emptied)
    going += _there((entry, "starts with a session, or is in a menu") for entry in layout.desktop)
    state = _matching(layout.state, STATE_NAMES, "keys, settings and logs of this device")
    if keep_state:
        staying += [Going(layout.state, "keys and settings of this device")] if state else []
    else:
        going += state
        emptied.append(layout.state)
    if owned_by_package:
        staying.append(Going(layout.install, "came as a package: `apt-get purge csb` removes it"))
        return RemovalPlan(tuple(going), tuple(staying), tuple(emptied))
    if layout.link.is_symlink() and layout.link.readlink() == layout.start:
        going.append(Going(layout.link, "the command"))
        emptied += () if layout.for_root else (layout.programs,)
    if layout.start.is_file():
        going += _matching(layout.install, INSTALL_NAMES, "the program")
        emptied.append(layout.install)
    return RemovalPlan(tuple(going), tuple(staying), tuple(emptied))


def remove(plan: RemovalPlan) -> Removed:
    """Carry it out; one thing that resists does not save the others."""
    done = Removed()
    for one in plan.going:
        try:
            _remove(one.path)
            done.gone.append(one.path)
        except OSError as problem:
            done.lost.append(f"{one.path} cannot be removed: {problem.strerror}.")
    for folder in plan.emptied:
        with suppress(FileNotFoundError):
            try:
                folder.rmdir()
            except OSError:
                done.left.append(folder)
    return done


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _there(places: Iterable[tuple[Path, str]]) -> tuple[Going, ...]:
    return tuple(Going(path, what) for path, what in places if path.exists() or path.is_symlink())


def _matching(folder: Path, names: tuple[str, ...], what: str) -> list[Going]:
    found = {path for name in names for path in folder.glob(name)}
    return [Going(path, what) for path in sorted(found)]


def _unit_folders(layout: Layout) -> tuple[Path, ...]:
    """Folders that a person who never had a unit would not have; systemd brings root's own."""
    wants = (layout.wanted.parent,)
    return wants if layout.for_root else (*wants, layout.units, layout.units.parent)
