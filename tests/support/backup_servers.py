"""The servers that take backups: the one in memory, and the real one behind its connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.backup.server import BackupServer
from csbackup.client.config import Home
from csbackup.client.connection import Connection, open_transport, read_address
from csbackup.client.keyring import load_device
from csbackup.format.ids import DeviceId
from csbackup.format.keys import DeviceKeys
from support.backup_bench import DEVICE, make_bench
from support.processes import Client, start_server


@dataclass(frozen=True)
class ServerUnderTest:
    """A server that knows one device, which has sent nothing yet."""

    server: BackupServer
    keys: DeviceKeys
    device: DeviceId
    signing: Ed25519PrivateKey


@contextmanager
def in_memory(folder: Path) -> Iterator[ServerUnderTest]:
    bench = make_bench(folder)
    yield ServerUnderTest(bench.server, bench.keys.device, DEVICE, bench.signing)


@contextmanager
def over_https(folder: Path) -> Iterator[ServerUnderTest]:
    with start_server(folder / "server") as server:
        client = Client(folder / "laptop", server.url, server.pin)
        client.register("ada", device="laptop")
        home = Home(folder / "laptop")
        device = load_device(home)
        with closing(open_transport(home, read_address(device.url), device.pin)) as transport:
            transport = transport.with_token(device.token)
            signing = Ed25519PrivateKey.from_private_bytes(device.signing_private)
            connection = Connection(transport, device.device)
            yield ServerUnderTest(connection, device.keys, device.device, signing)


SERVERS: list[Callable[[Path], AbstractContextManager[ServerUnderTest]]] = [in_memory, over_https]
