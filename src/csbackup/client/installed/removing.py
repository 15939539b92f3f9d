"""What goes when the client goes, and what stays; then carrying that out."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
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
    "hooks.json",
    "journal.db*",
    "last-run.json",
    "logs",
    "orders-memory.lock",
    "orders.json",
    "orders.lock",
    "pause.json",
    "pushed.json",
    "server.json",
    "service.json",
    "service.lock",
    "settings.json",
    "settings.lock",
    "stills.json",
    "still-*",
    "update-wish",
    "update.json",
)
INSTALL_NAMES = (
    ".download",
    "csb",
    "csb.*",
    "current",
    "current.*",
    "managed-by",
    "rolled-back",
    "trial",
    "trial-*",
    "update.lock",
    "versions",
)


@dataclass(frozen=True, slots=True)
class Going:
    """One thing to remove: a path, and why it is ours, for the person."""

    path: Path
    what: str


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """`going` in the order in which it goes; `staying` with the reason.

    `folders` are ours, `shared` are not: both go when nothing is left in them, and of ours it is
    told when they do not.
    """

    going: tuple[Going, ...]
    staying: tuple[Going, ...] = ()
    folders: tuple[Path, ...] = ()
    shared: tuple[Path, ...] = ()


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
    return RemovalPlan(_there(places), shared=_around(layout, layout.wanted))


def plan_removal(layout: Layout, *, keep_state: bool, owned_by_package: bool) -> RemovalPlan:
    """Everything of ours on this machine; the program itself last, since it is what removes.

    A crash in between leaves a client that can be asked again, or nothing but its files.
    """
    going = list(plan_service_removal(layout).going)
    going += _there((entry, "starts with a session, or is in a menu") for entry in layout.desktop)
    staying: list[Going] = []
    folders: list[Path] = []
    state = _matching(layout.state, STATE_NAMES, "keys, settings and logs of this device")
    if not keep_state:
        going += state
        folders.append(layout.state)
    elif state:
        staying.append(Going(layout.state, "keys and settings of this device"))
    if owned_by_package:
        staying.append(Going(layout.install, "came as a package: `apt-get purge csb` removes it"))
    else:
        going += _program(layout)
        folders.append(layout.install)
    places = (layout.wanted, layout.link, layout.install, layout.state, *layout.desktop)
    shared = _around(layout, *places)
    return RemovalPlan(tuple(going), tuple(staying), tuple(folders), shared)


def remove(plan: RemovalPlan) -> Removed:
    """Carry it out; one thing that resists does not save the others."""
    done = Removed()
    for one in plan.going:
        try:
            _remove(one.path)
            done.gone.append(one.path)
        except OSError as problem:
            done.lost.append(f"{one.path} cannot be removed: {problem.strerror}.")
    for folder in (*plan.folders, *plan.shared):
        try:
            folder.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            done.left += [folder] if folder in plan.folders else []
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


def _program(layout: Layout) -> tuple[Going, ...]:
    """The installed client, and the link to it unless that leads to another one."""
    links = layout.link.is_symlink() and layout.link.readlink() == layout.start
    link = (Going(layout.link, "the command"),) if links else ()
    if not layout.start.is_file():
        return link
    return (*link, *_matching(layout.install, INSTALL_NAMES, "the program"))


def _around(layout: Layout, *places: Path) -> tuple[Path, ...]:
    """The folders above, innermost first, that a person need not have had before; root's come with
    the system, but for the one of links that systemd makes where it is missing."""
    if layout.for_root:
        return (layout.wanted.parent,)
    above = {folder for place in places for folder in place.parents}
    own = {folder for folder in above if layout.home in folder.parents}
    return tuple(sorted(own, key=lambda folder: -len(folder.parts)))
