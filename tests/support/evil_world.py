"""What a lying server is tried on: two devices of one account, another account, and who watches.

A scenario takes a copy of a device's state, has the server lie, runs `csb`, and checks what holds
whatever the lie was: see the checks of `EvilWorld`.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from csbackup.client.browse.chain import History, read_history
from csbackup.client.config import Home
from csbackup.client.connection import Connection, open_transport, read_address
from csbackup.client.connection.transport import API, Request
from csbackup.client.heads import Heads
from csbackup.client.keyring import EnrolledDevice, load_device
from csbackup.client.unlock import Secret, UnlockedAccount, unlock
from csbackup.format import packing
from csbackup.format.ids import NodeId, PackId
from csbackup.format.packing import Footer
from csbackup.format.recovery import parse_recovery_key
from csbackup.format.tree import unpack_node
from csbackup.protocol.messages import CheckIn
from support.processes import PASSWORD, Client, Server, clean_environment, start_server
from support.tampering_server import Asked, TamperingServer

MOST_BYTES = 400_000_000  # of memory, whatever the server sends
NEW_PASSWORD = "another horse, another battery"
MARK = b"only the owner may read this line"
STATE = ("device.json", "settings.json", "ca.crt")


Head = tuple[bytes, int, bytes]


@dataclass(frozen=True)
class DeviceState:
    """What a device must not lose, and which snapshots it has seen."""

    files: dict[str, bytes]
    heads: frozenset[Head]


@dataclass
class EvilWorld:
    """Ada's laptop has snapshots 1 to 3; her desktop has 2, the last of which has seen them all.

    `truth`: what each file of the laptop held at one time or another, by path below the source.
    """

    place: Path
    server: Server
    evil: TamperingServer
    laptop: Client
    desktop: Client
    stranger: Client
    source: Path
    truth: dict[str, set[bytes]] = field(default_factory=dict)

    # --- what the test knows, and the server must not ---

    @cached_property
    def unlocked(self) -> UnlockedAccount:
        device = self.device
        transport = open_transport(Home(self.laptop.home), read_address(device.url), device.pin)
        return unlock(transport, "ada", Secret(PASSWORD))

    @cached_property
    def secrets(self) -> dict[str, bytes]:
        key = self.laptop.recovery_key
        return {
            "the password": PASSWORD.encode(),
            "the new password": NEW_PASSWORD.encode(),
            "the master secret": self.unlocked.master_secret,
            "the recovery key as printed": key.encode(),
            "the recovery key without hyphens": key.replace("-", "").encode(),
            "the recovery key": parse_recovery_key(key),
            "the chunk id key": self.device.keys.id_key,
            "the hedge key": self.device.keys.hedge_key,
            "the signing key": self.device.signing_private,
            "contents": MARK,
        }

    # --- what the server knows ---

    @cached_property
    def device(self) -> EnrolledDevice:
        return load_device(Home(self.laptop.home))

    @cached_property
    def sibling(self) -> EnrolledDevice:
        return load_device(Home(self.desktop.home))

    @cached_property
    def foreign(self) -> EnrolledDevice:
        return load_device(Home(self.stranger.home))

    def history(self, client: Client) -> History:
        device = load_device(Home(client.home))
        with speaking_as(client) as connection:
            return read_history(connection, device.device, device.keys)

    def snapshots_json(self, client: Client) -> list[dict[str, Any]]:
        return self._list_json(client, "snapshots")

    def certificates_json(self, client: Client) -> list[dict[str, Any]]:
        return self._list_json(client, "certificates")

    def _list_json(self, client: Client, what: str) -> list[dict[str, Any]]:
        device = load_device(Home(client.home)).device
        with speaking_as(client) as connection:
            content = connection.transport.send(
                Request("GET", f"{API}devices/{device.hex()}/{what}")
            ).content
        listed: list[dict[str, Any]] = json.loads(content)[what]
        return listed

    def packs(self, device: EnrolledDevice, kind: int) -> list[tuple[PackId, bytes, Footer]]:
        """Packs of a device as they lie on the server's disk."""
        found = []
        for path in sorted((self.server.data / "packs" / device.account.hex()).glob("*/*")):
            content, id = path.read_bytes(), PackId(bytes.fromhex(path.name))
            start, end = packing.footer_span(content[-8:], len(content), id)
            footer = packing.read_footer(content[start:end], start, id)
            if footer.kind == kind and footer.owner.device == device.device:
                found.append((id, content, footer))
        return found

    @cached_property
    def nodes(self) -> dict[bytes, bytes]:
        """Every node of the laptop, plain, by id."""
        return dict(_nodes_of(self.packs(self.device, packing.TREES)))

    @cached_property
    def foreign_nodes(self) -> dict[bytes, bytes]:
        return dict(_nodes_of(self.packs(self.foreign, packing.TREES)))

    # --- running a scenario ---

    def copy_of(self, client: Client, place: Path) -> Client:
        """The same device once more, for one scenario."""
        home = Path(shutil.copytree(client.home, place / "home"))
        return Client(home, client.url, client.pin, recovery_key=client.recovery_key)

    def nobody(self, place: Path) -> Client:
        """A machine that was never set up."""
        return Client(place / "home", self.evil.url, self.evil.pin)

    def check_unharmed(self, client: Client, before: DeviceState) -> None:
        """Who it is and what it backs up stays; what it has seen is what there was."""
        after = state_of(client)
        assert after.files == before.files
        assert after.heads <= before.heads | self.true_heads

    @cached_property
    def true_heads(self) -> frozenset[Head]:
        """The newest snapshots of all devices of the account."""
        with speaking_as(self.laptop) as connection:
            heads = connection.check_in(CheckIn("", "")).heads
        return frozenset((head.device, head.sequence, head.snapshot) for head in heads)

    def check_restored(self, target: Path) -> int:
        """Whatever was written is right, or it is not there; how many files that are."""
        number = 0
        for folder, _, names in os.walk(target):
            for name in names:
                path = Path(folder, name)
                if path.is_symlink():
                    continue
                inner = path.relative_to(target).as_posix().partition("/")[2]
                assert inner in self.truth, f"{path} was never backed up"
                assert path.read_bytes() in self.truth[inner], f"{path} is wrong"
                number += 1
        return number

    def check_kept_secret(self, client: Client, asked: Iterable[Asked]) -> None:
        """Nothing that only the owner knows left the device, or went into its log."""
        check_unsaid(self.secrets, sent(asked))
        check_unsaid(self.secrets, logged(client))


def sent(asked: Iterable[Asked]) -> bytes:
    """All that the server was told."""
    return b"\n".join(
        b"\n".join((one.path.encode(), str(dict(one.headers)).encode(), one.body)) for one in asked
    )


def logged(client: Client) -> bytes:
    return b"".join(path.read_bytes() for path in client.home.glob("logs/*"))


def check_unsaid(secrets: Mapping[str, bytes], said: bytes) -> None:
    """None of these stands there, in any usual spelling."""
    for name, secret in secrets.items():
        for spelling in spellings(secret):
            assert spelling not in said, f"{name} is there for others to read"


def spellings(secret: bytes) -> Iterator[bytes]:
    """As it is, in hexadecimal, and in base64 wherever in a longer text it may begin."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for skip in range(3):
        padded = base64.b64encode(bytes(skip) + secret)
        inner = padded[(0, 2, 3)[skip] : len(padded) - 4]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def environment_of(client: Client) -> dict[str, str]:
    """What a command needs to ask nobody."""
    return clean_environment(
        CSB_HOME=str(client.home),
        CSB_PASSWORD=client.password,
        CSB_NEW_PASSWORD=NEW_PASSWORD,
        COLUMNS="200",
    )


@contextmanager
def speaking_as(client: Client) -> Iterator[Connection]:
    device = load_device(Home(client.home))
    opened = open_transport(Home(client.home), read_address(device.url), device.pin)
    with closing(opened) as transport:
        yield Connection(transport.with_token(device.token), device.device)


def check_honest(client: Client) -> None:
    """With the truth told again, a device sees all that it saw before."""
    device = load_device(Home(client.home))
    with speaking_as(client) as connection:
        history = read_history(connection, device.device, device.keys)
        Heads(Home(client.home)).check_device(device.device, history.newest)
        assert history.whole


def state_of(client: Client) -> DeviceState:
    kept = {name: Home(client.home).read(name) for name in STATE}
    heads = json.loads(Home(client.home).read("heads.json") or b"{}").get("heads", ())
    return DeviceState(
        {name: content for name, content in kept.items() if content is not None},
        frozenset(
            (bytes.fromhex(head["device"]), head["sequence"], bytes.fromhex(head["snapshot"]))
            for head in heads
        ),
    )


@contextmanager
def evil_world(place: Path) -> Iterator[EvilWorld]:
    with start_server(place / "data") as server, TamperingServer(server) as evil:
        source = place / "source"
        names = ("laptop", "desktop", "stranger")
        laptop, desktop, stranger = (Client(place / name, evil.url, evil.pin) for name in names)
        world = EvilWorld(place, server, evil, laptop, desktop, stranger, source)
        _fill(source)
        laptop.register("ada", device="laptop")
        laptop.run("add", str(source))
        laptop.backup()
        desktop.login("ada", device="desktop")
        _back_up_something(desktop, place / "desktop files")
        for number in (2, 3):
            (source / "changing.txt").write_bytes(MARK + b" %d" % number)
            laptop.backup()
        (place / "desktop files" / "more").write_bytes(b"more")
        desktop.backup()
        stranger.register("eve", device="laptop")
        _back_up_something(stranger, place / "stranger files")
        for path in source.rglob("*"):
            if path.is_file() and not path.is_symlink():
                world.truth[path.relative_to(source).as_posix()] = {path.read_bytes()}
        world.truth["changing.txt"] |= {MARK + b" 1", MARK + b" 2"}
        yield world


def _fill(source: Path) -> None:
    """Files in one block, a file of several chunks, folders in folders, an awkward name."""
    drawn = random.Random(1)
    (source / "folder" / "inner").mkdir(parents=True)
    (source / "changing.txt").write_bytes(MARK + b" 1")
    (source / "big").write_bytes(drawn.randbytes(2_500_000))
    for number in range(12):
        (source / f"file {number}").write_bytes(drawn.randbytes(200 + number))
        (source / "folder" / f"{number}.txt").write_bytes(MARK + b" in file %d" % number)
        (source / "folder" / "inner" / f"{number}").write_bytes(drawn.randbytes(20_000))
    (source / "folder" / "\x1b[31mred\nname").write_bytes(b"careful")
    (source / "link").symlink_to("folder")


def _back_up_something(client: Client, folder: Path) -> None:
    folder.mkdir()
    (folder / "a").write_bytes(b"a of " + folder.name.encode())
    (folder / "b").write_bytes(random.Random(folder.name).randbytes(700_000))
    client.run("add", str(folder))
    client.backup()


def _nodes_of(packs: Iterable[tuple[PackId, bytes, Footer]]) -> Iterator[tuple[bytes, bytes]]:
    for _, content, footer in packs:
        for item in footer.items:
            packed = content[item.offset : item.offset + item.length]
            plain = unpack_node(packed, NodeId(item.id))
            yield item.id, plain
