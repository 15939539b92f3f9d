"""Running the server: listen, greet, answer until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from types import FrameType

import uvicorn

from csbackup.errors import ConfigInvalid, CsbError
from csbackup.server.admin_socket import admin_socket
from csbackup.server.api.proxies_only import for_proxies_only
from csbackup.server.app import Server, clock, open_server
from csbackup.server.config import Config
from csbackup.server.names import names_of_this_machine
from csbackup.server.patience import PatientProtocol
from csbackup.server.services.erasing import Eraser
from csbackup.server.services.invitations import LIFE_MINUTES
from csbackup.server.trust import Identity

_RENEWAL_SECONDS = 3600
_ERASING_SECONDS = 3600
_GRACE_SECONDS = 30  # for requests that run when we are told to stop
_KEEP_ALIVE_SECONDS = 75
_log = logging.getLogger("csbackup.server")

Say = Callable[[str], None]


def serve(config: Config, say: Say) -> None:
    """Answer until a signal says stop; `say` gets the lines of the greeting."""
    with open_server(config) as server, listen(config) as listening:
        url = public_url(config, listening.getsockname()[1])

        def greet() -> None:
            for line in greeting(server, url, listening):
                say(line)

        asyncio.run(_run(server, listening, url, greet))


async def _run(
    server: Server, listening: socket.socket, url: str, greet: Callable[[], None]
) -> None:
    chores = (
        asyncio.create_task(_renew_for_ever(server.identity)),
        asyncio.create_task(_erase_for_ever(server.eraser)),
    )
    async with admin_socket(server.config.folder, server.services, url, clock):
        try:
            await _Uvicorn(_settings(server), greet, server.leave).serve(sockets=[listening])
        finally:
            server.eraser.stop()
            for chore in chores:
                chore.cancel()
                with suppress(asyncio.CancelledError):
                    await chore


def greeting(server: Server, url: str, listening: socket.socket) -> Iterator[str]:
    host, port = listening.getsockname()[:2]
    own = _https(host, port)
    yield f"Listening on {own.replace('https', 'http', 1) if server.config.tls == 'none' else own}"
    yield f"Pin: {server.identity.authority.pin}"
    if ip_address(host).is_unspecified or server.config.url:
        yield f"Open {url} in a browser."
    code = server.services.invitations.invite_first_admin(clock())
    if code is not None:
        yield f"No admin yet. For {LIFE_MINUTES} minutes, one can be made here:"
        yield f"  {setup_link(url, code)}"


def setup_link(url: str, code: str) -> str:
    return f"{url}/#/setup?code={code}"


def public_url(config: Config, port: int) -> str:
    """Under which address people can reach this server: as configured, else as we are found."""
    if config.url:
        return config.url.rstrip("/")
    host = config.address[0]
    with suppress(ValueError):
        if ip_address(host).is_unspecified:
            host = str(names_of_this_machine().addresses[0])
    return _https(host, port or config.address[1])


def _https(host: str, port: int) -> str:
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


@contextmanager
def listen(config: Config) -> Iterator[socket.socket]:
    """A socket whose answers leave at once.

    asyncio does that by itself only for sockets made with the protocol's number. Without it the
    second half of an answer waits 40 ms for the client to acknowledge the first.
    """
    host, port = config.address
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        both = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
        listening = socket.create_server(address, family=family, backlog=128, dualstack_ipv6=both)
    except OSError as problem:
        raise ConfigInvalid(
            f"The server cannot listen on {config.listen}: {problem.strerror}. "
            "Stop what uses that port, or choose another with --listen."
        ) from None
    with contextlib.closing(listening):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted ones inherit it
        yield listening


def _settings(server: Server) -> uvicorn.Config:
    secure = server.config.tls == "own"
    settings = uvicorn.Config(
        server.application if secure else for_proxies_only(server.application, server.way),
        http=PatientProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # who calls, the API finds out
        limit_concurrency=server.config.connections or None,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    settings.load()
    if secure:
        settings.ssl = server.identity.context  # renewed in place, which a file name cannot be
    return settings


class _Uvicorn(uvicorn.Server):
    """Greets once it accepts connections, and ends quietly: a stop is no failure."""

    def __init__(
        self, settings: uvicorn.Config, greet: Callable[[], None], leave: Callable[[], None]
    ) -> None:
        super().__init__(settings)
        self._greet = greet
        self._leave = leave

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._greet()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._leave()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


async def _renew_for_ever(identity: Identity) -> None:
    while True:
        await asyncio.sleep(_RENEWAL_SECONDS)
        try:
            if await asyncio.to_thread(identity.renew, datetime.now(UTC)):
                _log.info("The server's certificate was renewed; its pin stays.")
        except OSError as problem:
            _log.warning("The server's certificate was not renewed: %s", problem)


async def _erase_for_ever(eraser: Eraser) -> None:
    """At start, and then each hour. A thread that is at it when we stop is waited for."""
    while True:
        try:
            for line in await asyncio.to_thread(lambda: list(eraser.erase_due(clock()))):
                _log.info("%s", line)
        except (CsbError, OSError) as problem:
            _log.warning("An account that is due was not deleted: %s", problem)
        await asyncio.sleep(_ERASING_SECONDS)
