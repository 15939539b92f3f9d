"""Where an installed client lies: the program, the link to it, its state, its units."""

from __future__ import annotations

import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

UNIT = "csbackup.service"
PROGRAM = "csb"
DESKTOP_ENTRY = "csbackup.desktop"


@dataclass(frozen=True, slots=True)
class Layout:
    """For root, or for one person. None of it need be there."""

    for_root: bool
    home: Path
    install: Path
    programs: Path
    state: Path
    units: Path
    desktop: tuple[Path, ...]  # entries that start something with a session, or show it in a menu

    @property
    def start(self) -> Path:
        """What starts the installed client, whichever version is the current one."""
        return self.install / PROGRAM

    @property
    def link(self) -> Path:
        return self.programs / PROGRAM

    @property
    def unit(self) -> Path:
        return self.units / UNIT

    @property
    def wanted(self) -> Path:
        """The link that has systemd start the service by itself."""
        target = "multi-user" if self.for_root else "default"
        return self.units / f"{target}.target.wants" / UNIT

    @property
    def changes(self) -> Path:
        """What `systemctl edit` makes."""
        return self.units / f"{UNIT}.d"


def find_layout(environment: Mapping[str, str], state: Path, *, for_root: bool) -> Layout:
    """Where things are, or would be, for root or for the person whose environment this is.

    An installed client's start script says where it lies, in CSB_INSTALL.
    """
    person = Path(environment.get("HOME") or Path.home())
    data = _folder(environment, "XDG_DATA_HOME", person / ".local/share")
    config = _folder(environment, "XDG_CONFIG_HOME", person / ".config")
    usual = Path("/opt/csb") if for_root else data / "csb"
    install = _folder(environment, "CSB_INSTALL", _folder(environment, "CSB_INSTALL_HOME", usual))
    programs = Path("/usr/local/bin") if for_root else person / ".local/bin"
    programs = _folder(environment, "CSB_INSTALL_BIN", programs)
    if for_root:
        units = Path("/etc/systemd/system")
        shown = (Path("/etc/xdg/autostart"), Path("/usr/local/share/applications"))
    else:
        units = config / "systemd/user"
        shown = (config / "autostart", data / "applications")
    desktop = (shown[0] / DESKTOP_ENTRY, shown[1] / DESKTOP_ENTRY)
    return Layout(for_root, person, install, programs, state, units, desktop)


def command_of(layout: Layout, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What starts the client that runs now: its start script, where it is installed."""
    if "CSB_INSTALL" in environment and layout.start.is_file():
        return (str(layout.start),)
    beside = Path(sys.executable).parent / PROGRAM
    if beside.is_file():
        return (str(beside),)
    return (sys.executable, "-m", "csbackup.client.cli")


def _folder(environment: Mapping[str, str], name: str, usual: Path) -> Path:
    chosen = environment.get(name, "")
    return Path(chosen) if chosen.startswith("/") else usual


def changed_by_others(program: Path) -> Path | None:
    """What on the way to a program somebody else than root may change; None where it is safe for
    root to have it started."""
    for path in (program, *program.parents, *_real(program)):
        status = path.stat()
        shared = status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX
        if status.st_uid != 0 or shared:
            return path
    return None


def _real(program: Path) -> tuple[Path, ...]:
    real = program.resolve()
    return (real, *real.parents)
