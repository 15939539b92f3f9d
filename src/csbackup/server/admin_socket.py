"""The socket in the data folder: how `csb-server admin ...` asks the server that runs.

Who may open the folder (mode 0700) is the admin. One line of JSON each way.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from csbackup.errors import CsbError, RequestError
from csbackup.server.folder import SOCKET
from csbackup.server.services.invitations import LIFE_MINUTES
from csbackup.server.services.services import Services

_LINE = 64 * 1024
_SECONDS = 30


class SocketRefused(CsbError):
    """What the running server answered instead."""

    code = "server-refused"


def create_admin(services: Services, url: str, name: str, now: int) -> dict[str, Any]:
    """Make an existing account an admin, or a link with which a new one can be made."""
    if services.accounts.make_admin(name):
        return {"admin": name, "link": "", "minutes": 0}
    code = services.invitations.invite_admin(name, now)
    return {"admin": name, "link": f"{url}/#/setup?code={code}", "minutes": LIFE_MINUTES}


@asynccontextmanager
async def admin_socket(
    folder: Path, services: Services, url: str, clock: Callable[[], int]
) -> AsyncIterator[None]:
    """Answer on the socket; the lock of the folder is held, so an old one is nobody's."""

    def carry_out(line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            if request.get("command") != "admin-create":
                raise RequestError("The running server does not know this command. Update it.")
            return create_admin(services, url, str(request.get("name", "")), clock())
        except CsbError as failure:
            return {"problem": str(failure)}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError):
            line = await asyncio.wait_for(reader.readline(), _SECONDS)
            outcome = await asyncio.to_thread(carry_out, line)
            writer.write(json.dumps(outcome).encode() + b"\n")
            await writer.drain()
        writer.close()

    path = folder / SOCKET
    path.unlink(missing_ok=True)
    with _short(folder) as short:
        server = await asyncio.start_unix_server(answer, short, limit=_LINE)
        path.chmod(0o600)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


def ask_running(folder: Path, request: dict[str, Any]) -> dict[str, Any] | None:
    """The running server's answer, or None when none runs; `SocketRefused` when it says no."""
    with socket.socket(socket.AF_UNIX) as asking, _short(folder) as short:
        asking.settimeout(_SECONDS)
        try:
            asking.connect(short)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        asking.sendall(json.dumps(request).encode() + b"\n")
        with asking.makefile("rb") as answers:
            answer: dict[str, Any] = json.loads(answers.readline(_LINE))
    if "problem" in answer:
        raise SocketRefused(answer["problem"])
    return answer


def is_running(folder: Path) -> bool:
    """Whether a server answers in this folder."""
    with socket.socket(socket.AF_UNIX) as asking, _short(folder) as short:
        return asking.connect_ex(short) == 0


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A name for the socket: the system takes about 100 bytes, folders have longer names."""
    if not Path("/proc/self/fd").is_dir():
        yield str(folder / SOCKET)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)
