"""Where an installed client lies: the program, the link to it, its state, its units."""

from __future__ import annotations

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
    """Where things are, or would be, for root or for the person whose environment this is."""
    person = Path(environment.get("HOME") or Path.home())
    data = _folder(environment, "XDG_DATA_HOME", person / ".local/share")
    config = _folder(environment, "XDG_CONFIG_HOME", person / ".config")
    install = _folder(
        environment, "CSB_INSTALL_HOME", Path("/opt/csb") if for_root else data / "csb"
    )
    if for_root:
        return Layout(
            for_root,
            person,
            install,
            Path("/usr/local/bin"),
            state,
            Path("/etc/systemd/system"),
            (
                Path("/etc/xdg/autostart") / DESKTOP_ENTRY,
                Path("/usr/local/share/applications") / DESKTOP_ENTRY,
            ),
        )
    return Layout(
        for_root,
        person,
        install,
        person / ".local/bin",
        state,
        config / "systemd/user",
        (config / "autostart" / DESKTOP_ENTRY, data / "applications" / DESKTOP_ENTRY),
    )


def command_of(layout: Layout) -> tuple[str, ...]:
    """What starts the client: the installed one, else the one that runs now."""
    if layout.start.is_file():
        return (str(layout.start),)
    beside = Path(sys.executable).parent / PROGRAM
    if beside.is_file():
        return (str(beside),)
    return (sys.executable, "-m", "csbackup.client.cli")


def _folder(environment: Mapping[str, str], name: str, usual: Path) -> Path:
    chosen = environment.get(name, "")
    return Path(chosen) if chosen.startswith("/") else usual
