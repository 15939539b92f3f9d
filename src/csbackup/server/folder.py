"""The data folder: whose it is, which version it has, and who holds it.

version    the format of this folder, a number
lock       held (flock) by the one server that writes here
socket     where `csb-server admin ...` asks the running server
secret/    the server's identity
releases/  releases of the client, which `csb-server releases` puts there, see `services.releases`
catalog.db, records/, packs/, incoming/    see `catalog` and `store`
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from csbackup.errors import ConfigInvalid, FolderInUse, FolderTooNew
from csbackup.server.durable import replace_file

VERSION = 1
IDENTITY = "secret"
SOCKET = "socket"
_HARMLESS = {"lost+found", ".gitkeep", "releases", IDENTITY}


def prepare_folder(folder: Path) -> None:
    """Make the folder ready for a server, or say why it cannot be one.

    The version is written last: a crash before leaves a folder that is prepared again.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = (folder / "version").exists()
        if not known and not all(_is_harmless(one.name) for one in folder.iterdir()):
            raise ConfigInvalid(
                f"{folder} is not empty and no data folder. Name an empty or a new folder."
            )
        folder.chmod(0o700)
        (folder / IDENTITY).mkdir(mode=0o700, exist_ok=True)
        if not known:
            replace_file(folder / "version", f"{VERSION}\n".encode())
    except OSError as problem:
        raise ConfigInvalid(
            f"The data folder {folder} cannot be used: {problem.strerror}.{_whose(folder)}"
        ) from None
    check_version(folder)


def _whose(folder: Path) -> str:
    """What to do where the folder is somebody else's, as one that a container is given may be."""
    try:
        owner = folder.stat().st_uid
    except OSError:
        return ""
    if owner == os.geteuid():
        return ""
    return (
        f" It belongs to user {owner}, and the server runs as user {os.geteuid()}."
        f" Run: chown -R {os.geteuid()}:{os.getegid()} FOLDER. Or start the server as user {owner}."
    )


def _is_harmless(name: str) -> bool:
    """Whether it may lie in a folder that is to become a data folder: also a version half made."""
    return name in _HARMLESS or (name.startswith("version.") and name.endswith(".new"))


def check_version(folder: Path) -> None:
    """Refuse what is no data folder, or one of a newer release."""
    try:
        found = int((folder / "version").read_text("ascii"))
    except FileNotFoundError:
        raise ConfigInvalid(f"There is no data folder at {folder}. Check --data.") from None
    except (OSError, ValueError):
        raise ConfigInvalid(f"{folder / 'version'} cannot be read. Check --data.") from None
    if found > VERSION:
        raise FolderTooNew(str(folder), found, VERSION)


class FolderLock:
    """Who holds it is the only program that writes in the folder; it ends with the process."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise FolderInUse(str(folder)) from None
        os.truncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
