"""Whether there is a network, and whether somebody pays for each byte of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS_TO_ANSWER = 3.0
_ROUTES = (Path("/proc/net/route"), Path("/proc/net/ipv6_route"))
_NETWORK_MANAGER = Path("/run/NetworkManager")
_NAME, _OBJECT = "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"
_METERED = {"1": True, "3": True}  # NM_METERED_YES, NM_METERED_GUESS_YES
_NOWHERE = ("fe80", "ff")  # link-local and multicast: an interface that is up has them

Ask = Callable[[tuple[str, ...]], str]


@dataclass(frozen=True, slots=True)
class Link:
    """What is not known stands against nothing: then there is a network, and it costs nothing.

    Other `routes` than before: another network, or one that is back.
    """

    online: bool = True
    metered: bool = False
    routes: frozenset[str] = frozenset()


def read_link(routes: tuple[Path, ...] = _ROUTES, ask: Ask | None = None) -> Link:
    """As the kernel and NetworkManager tell it; asks for three seconds at most."""
    if sys.platform != "linux":
        return Link()
    found = read_routes(routes)
    if found is None:
        return Link()
    if ask is None and not _NETWORK_MANAGER.is_dir():
        return Link(bool(found), False, found)
    return Link(bool(found), bool(found) and is_metered(ask or ask_system), found)


def read_routes(paths: tuple[Path, ...]) -> frozenset[str] | None:
    """Where the interfaces lead but the loopback; None where the kernel does not say."""
    found: set[str] = set()
    known = False
    for path in paths:
        try:
            lines = path.read_text().splitlines()
        except OSError:
            continue
        known = True
        found.update(filter(None, map(_route, lines)))
    return frozenset(found) if known else None


def _route(line: str) -> str:
    """A line of either file; they begin with the interface, or end with it."""
    fields = line.split()
    if len(fields) < 10 or fields[0] == "Iface":
        return ""
    if len(fields) == 10:
        target, interface = fields[0], fields[9]
    else:
        target, interface = fields[1], fields[0]
    if interface == "lo" or target.startswith(_NOWHERE):
        return ""
    return f"{interface} {target}"


def is_metered(ask: Ask) -> bool:
    """Whether NetworkManager says, or guesses, that the link is metered."""
    said = ask(("busctl", "--timeout=2", "get-property", _NAME, _OBJECT, _NAME, "Metered"))
    return _METERED.get(said.removeprefix("u ").strip(), False)


def ask_system(command: tuple[str, ...]) -> str:
    """What a program of the system says; nothing where it is missing, fails or hangs."""
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603  a fixed command
            (program, *command[1:]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS_TO_ANSWER,
            env=_plain(os.environ),
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what belongs to us only, and in one language."""
    kept = {name: value for name, value in environment.items() if not name.startswith("CSB_")}
    return kept | {"LC_ALL": "C"}
