"""Starting a new version once, before it is trusted with anything: it must find its own parts,
and read what this one keeps.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from csbackup import client
from csbackup.client.config import Home
from csbackup.client.keyring import is_enrolled, load_device
from csbackup.client.settings import load_settings
from csbackup.client.update.failures import SelfCheckFailed
from csbackup.client.update.installation import VARIABLE, Installation
from csbackup.client.update.memory import load_memory
from csbackup.format.releases import Version

COMMAND = ("self-check", "--json")
SECONDS = 300  # the slowest machines read everything from a card
_NOT_PASSED_ON = ("PYTHON", "LD_", "SYSTEMD_", "NOTIFY_", "WATCHDOG_")
_OF_THE_SYSTEM = ("hashlib", "lzma", "sqlite3", "ssl", "zlib")


def check_ourselves(home: Home) -> int:
    """Import every part of the client and read the state; how many parts there are.

    Nothing is opened but for reading, and no server is asked.
    """
    names = [one.name for one in pkgutil.walk_packages(client.__path__, f"{client.__name__}.")]
    parts = [name for name in names if not name.endswith(".__main__")]
    for name in (*_OF_THE_SYSTEM, *parts):
        importlib.import_module(name)
    if is_enrolled(home):
        load_device(home)
    load_settings(home)
    load_memory(home)
    return len(parts)


def start_once(installation: Installation, version: Version, home: Home) -> None:
    """Have the new version check itself; `SelfCheckFailed` says what came of it."""
    program = installation.version_folder(version) / "csb"
    try:
        finished = subprocess.run(  # noqa: S603  signed, and unpacked by us
            [program, *COMMAND],
            env=environment_of(installation.folder, home, os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except OSError as problem:
        raise SelfCheckFailed(version, str(problem.strerror)) from problem
    except subprocess.TimeoutExpired as problem:
        raise SelfCheckFailed(version, f"it took more than {SECONDS} seconds") from problem
    said = finished.stderr.decode(errors="replace").strip().splitlines()[-1:]
    if finished.returncode:
        why = f"it ended with {finished.returncode}"
        raise SelfCheckFailed(version, ": ".join([why, *said])[:500])
    if _version_in(finished.stdout) != str(version):
        raise SelfCheckFailed(version, "it calls itself by another version")


def environment_of(folder: Path, home: Home, environment: Mapping[str, str]) -> dict[str, str]:
    """What another version is started with: nothing of this one's Python or service manager."""
    kept = {
        name: value for name, value in environment.items() if not name.startswith(_NOT_PASSED_ON)
    }
    return kept | {VARIABLE: str(folder), "CSB_HOME": str(home.path)}


def _version_in(output: bytes) -> str:
    try:
        return str(json.loads(output)["version"])
    except (ValueError, KeyError, TypeError):
        return ""
