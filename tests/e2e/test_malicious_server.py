"""A malicious server: whatever it says, it is caught by name, and nothing is lost, written or told.

The real client meets a real server behind a liar that has the server's identity and everything on
its disk. `docs/malicious-server.md` is this table for people.
"""

from __future__ import annotations

import base64
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.browse.nodes import NodeReader
from csbackup.client.browse.paths import find
from csbackup.client.config import Home
from csbackup.client.heads import Heads
from csbackup.format import packing
from csbackup.format.keys import sign
from csbackup.format.snapshot import SIGN_CERTIFICATE, Certificate
from csbackup.protocol.adapter import render
from csbackup.protocol.frames import BlockLocation
from csbackup.protocol.messages import DeviceHead
from support import lies
from support.evil_world import (
    MOST_BYTES,
    NEW_PASSWORD,
    EvilWorld,
    check_honest,
    environment_of,
    evil_world,
    speaking_as,
    state_of,
)
from support.tampering_server import Answer, Asked, Change, Forward, Lie, bytes_told, instead
from support.warm_client import WarmClient

DOCUMENT = Path(__file__).parents[2] / "docs" / "malicious-server.md"
RECOVER = Path(__file__).parents[2] / "recover.py"
Making = Callable[[EvilWorld], list[Lie]]

LS = ("ls", "{source}", "--json")
SNAPSHOTS = ("snapshots", "--json")
BACKUP = ("backup", "--json")
RESTORE = ("restore", "--to", "{target}", "--json")
RESTORE_2 = ("restore", "--snapshot", "2", "--to", "{target}", "--json")
WITH_KEY = (*RESTORE, "--recovery-key", "{key}")
AS_GUEST = (
    "restore", "{url}", "--account", "ada", "--device", "laptop", "--accept-pin", "{pin}",
    "--to", "{target}", "--json",
)  # fmt: skip
LOGIN = ("login", "{url}", "--account", "ada", "--device", "new", "--accept-pin", "{pin}", "--json")
TAKE_OVER = (
    "login", "{url}", "--account", "ada", "--take-over", "laptop", "--accept-pin", "{pin}",
    "--json",
)  # fmt: skip
REGISTER = (
    "register", "{url}", "--account", "new-{name}", "--device", "new", "--accept-pin", "{pin}",
    "--json",
)  # fmt: skip
PASSWORD = ("password", "--json")
KIT = ("recovery-kit", "--json")
ACCEPT = ("accept-server", "--json")


@dataclass(frozen=True)
class Scenario:
    """A lie, who meets it doing what, and the name it is caught by.

    `exit`: 2, nothing was done; 1, the rest was restored.
    """

    name: str
    making: Making
    command: tuple[str, ...]
    code: str
    exit: int = 2
    says: str = ""

    @property
    def from_nowhere(self) -> bool:
        return "{url}" in self.command


def one(method: str, route: str, change: Change, skip: int = 0) -> Making:
    """A scenario of one lie that needs to know nothing."""
    return lambda world: [Lie(method, route, change, skip)]


def history_told(
    change: Callable[[EvilWorld, list[dict[str, Any]]], list[dict[str, Any]]],
    what: str = "snapshots",
) -> Making:
    """Another list of the laptop's snapshots (or certificates) than the true one."""

    def making(world: EvilWorld) -> list[Lie]:
        route = f"devices/{world.device.device.hex()}/{what}"
        return [Lie("GET", route, lies.listed(what, lambda found: change(world, found)))]

    return making


# --- the password and the keys -----------------------------------------------------------------

ACCOUNT_LIES = {
    "another account's id": lambda world: {"account_id": world.foreign.account.hex()},
    "another account's wrap": lambda world: {
        "wrap_password": _foreign_account(world)["wrap_password"]
    },
    "a spoiled wrap": lambda world: {
        "wrap_password": lies.flipped(_own_account(world)["wrap_password"], 60)
    },
    "no wrap at all": lambda world: {"wrap_password": ""},
    "another sealing key": lambda world: {
        "sealing_public": _foreign_account(world)["sealing_public"]
    },
    "another account key": lambda world: {
        "account_public": _foreign_account(world)["account_public"]
    },
}


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _own_account(world: EvilWorld) -> dict[str, str]:
    return {"wrap_password": _b64(world.unlocked.account.wrap_password)}


def _foreign_account(world: EvilWorld) -> dict[str, str]:
    keys = world.foreign.keys
    return {
        "wrap_password": _b64(bytes(reversed(world.unlocked.account.wrap_password))),
        "sealing_public": _b64(keys.sealing_public),
        "account_public": _b64(keys.account_public),
    }


def _session_lie(fields: Callable[[EvilWorld], dict[str, Any]]) -> Making:
    return lambda world: [Lie("POST", "sessions", lies.in_account(**fields(world)))]


def _unchanged(route: str) -> Making:
    """The account as it was before, as if the change had been made."""
    return lambda world: [Lie("PUT", route, instead(200, render(world.unlocked.account)))]


UNLOCKING = [
    Scenario(
        "less memory to stretch the password with",
        one("POST", "kdf", lies.weaker(memory=8 * 1024)), RESTORE, "kdf-too-weak",
    ),
    Scenario(
        "fewer passes to stretch the password with",
        one("POST", "kdf", lies.weaker(passes=1)), LOGIN, "kdf-too-weak",
    ),
    Scenario(
        "no lanes to stretch the password with",
        one("POST", "kdf", lies.weaker(lanes=0)), PASSWORD, "kdf-too-weak",
    ),
    Scenario(
        "another, older way to stretch the password",
        one("POST", "kdf", lies.weaker(kind=1)), AS_GUEST, "unknown-version",
    ),
    Scenario(
        "a way to stretch the password that takes all memory",
        one("POST", "kdf", lies.weaker(memory=2**31)), RESTORE, "kdf-too-costly",
    ),
    Scenario(
        "a way to stretch the password that takes for ever",
        one("POST", "kdf", lies.weaker(passes=2**31)), RESTORE, "kdf-too-costly",
    ),
    Scenario(
        "another account's id before the sign-in",
        lambda world: [
            Lie("POST", "kdf", lies.with_fields(account_id=world.foreign.account.hex()))
        ],
        RESTORE, "keys-mismatch",
    ),
    Scenario(
        "an account id of another length",
        one("POST", "kdf", lies.with_fields(account_id="ab")), LOGIN, "keys-mismatch",
    ),
    *(
        Scenario(f"{what} after the sign-in", _session_lie(fields), RESTORE, "keys-mismatch")
        for what, fields in ACCOUNT_LIES.items()
    ),
    Scenario(
        "another wrap by the recovery key",
        _session_lie(lambda world: {"wrap_recovery": _foreign_account(world)["wrap_password"]}),
        WITH_KEY, "keys-mismatch",
    ),
    Scenario(
        "a refusal of the right password",
        one("POST", "sessions", instead(401, {"code": "sign-in-failed", "detail": "No."})),
        RESTORE, "wrong-password",
    ),
    Scenario(
        "a session token that would end the header it stands in",
        one("POST", "sessions", lies.with_fields(token="csbs_x\r\nX-Injected: yes")),
        RESTORE, "server-incompatible",
    ),
    Scenario(
        "a new account that is kept with another wrap",
        one("POST", "accounts", lies.in_account(wrap_recovery=_b64(b"w" * 92))),
        REGISTER, "keys-mismatch",
    ),
    Scenario(
        "a new account that is kept with another sealing key",
        one("POST", "accounts", lies.in_account(sealing_public=_b64(b"p" * 32))),
        REGISTER, "keys-mismatch",
    ),
    Scenario(
        "a new password that is not kept",
        _unchanged("account/password"),
        PASSWORD, "keys-mismatch",
    ),
    Scenario(
        "a new recovery key that is not kept",
        _unchanged("account/recovery"),
        KIT, "keys-mismatch",
    ),
]  # fmt: skip

# --- certificates and snapshots ----------------------------------------------------------------

Infos = list[dict[str, Any]]


def _forged_certificate(world: EvilWorld, found: Infos) -> Infos:
    """One more certificate of this device, by a key that the server made."""
    own = Ed25519PrivateKey.generate()
    content = Certificate(
        world.device.account, world.device.device, 2, own.public_key().public_bytes_raw(),
        b"x" * 32, 0,
    ).encode()  # fmt: skip
    signature = sign(own, SIGN_CERTIFICATE, content)
    forged = {"serial": 2, "certificate": _b64(content), "signature": _b64(signature)}
    return [*found, {**forged, "revoked": None}]


def _as_stub(info: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**info, "expired": True, "signed": "", **more}


def _older_as_newest(world: EvilWorld, found: Infos) -> Infos:
    old = {name: found[1][name] for name in ("snapshot", "signed", "signature")}
    return [*found[:-1], {**found[-1], **old}]


def _of_the_sibling(world: EvilWorld, found: Infos) -> Infos:
    return world.snapshots_json(world.desktop)


HISTORIES = [
    Scenario("no certificate", history_told(lambda world, found: [], "certificates"),
             SNAPSHOTS, "history-broken"),
    Scenario("a sibling's certificate",
             history_told(lambda world, found: world.certificates_json(world.desktop),
                          "certificates"), SNAPSHOTS, "history-broken"),
    Scenario("another account's certificate",
             history_told(lambda world, found: world.certificates_json(world.stranger),
                          "certificates"), SNAPSHOTS, "signature-invalid"),
    Scenario("one certificate more, which the server signed",
             history_told(_forged_certificate, "certificates"), RESTORE, "signature-invalid"),
    Scenario("a certificate under another serial",
             history_told(lambda world, found: [*found, {**found[0], "serial": 2}],
                          "certificates"), SNAPSHOTS, "history-broken"),
    Scenario("a snapshot left out", history_told(lambda world, found: [found[0], found[2]]),
             LS, "history-broken"),
    Scenario("the first snapshots left out", history_told(lambda world, found: found[1:]),
             LS, "history-broken"),
    Scenario("an older snapshot as the newest there is",
             history_told(lambda world, found: found[:-1]), RESTORE, "server-went-back"),
    Scenario("no snapshot at all", history_told(lambda world, found: []),
             SNAPSHOTS, "server-went-back"),
    Scenario("an older root under the newest number", history_told(_older_as_newest),
             RESTORE, "history-broken"),
    Scenario("snapshots in another order",
             history_told(lambda world, found: [found[1], found[0], found[2]]),
             SNAPSHOTS, "history-broken"),
    Scenario("a snapshot twice",
             history_told(lambda world, found: [*found[:2], *found[1:]]),
             SNAPSHOTS, "history-broken"),
    Scenario("a snapshot that another one was before",
             history_told(lambda world, found: [
                 found[0], _as_stub(found[1], snapshot="ab" * 32), found[2]]),
             SNAPSHOTS, "history-broken"),
    Scenario("a sibling's snapshots as this device's", history_told(_of_the_sibling),
             SNAPSHOTS, "signature-invalid"),
    Scenario("one byte of a snapshot changed",
             history_told(lambda world, found: [
                 *found[:2], {**found[2], "signed": lies.flipped(found[2]["signed"], 120)}]),
             SNAPSHOTS, "signature-invalid"),
    Scenario("a snapshot under another id",
             history_told(lambda world, found: [*found[:2], {**found[2], "snapshot": "cd" * 32}]),
             SNAPSHOTS, "history-broken"),
    Scenario("everything said to have expired",
             history_told(lambda world, found: [_as_stub(info) for info in found]),
             SNAPSHOTS, "history-broken"),
    Scenario("a newest snapshot that nobody made, said to have expired",
             history_told(lambda world, found: [
                 *found, _as_stub(found[2], sequence=4, snapshot="ab" * 32)]),
             RESTORE, "history-broken"),
    Scenario("a snapshot said to have expired",
             history_told(lambda world, found: [found[0], _as_stub(found[1]), found[2]]),
             RESTORE_2, "no-such-snapshot", says="expired"),
    Scenario("a snapshot received in the year 2262",
             history_told(lambda world, found: [*found[:2], {**found[2], "received": 2**63 - 1}]),
             RESTORE, "history-broken"),
    Scenario("a snapshot received long before there were computers",
             history_told(lambda world, found: [
                 {**found[0], "received": -(2**62)}, *found[1:]]),
             ("ls", "--at", "2 days ago", "--json"), "history-broken"),
    Scenario("an older snapshot as the newest there is, to a machine that remembers nothing",
             history_told(lambda world, found: found[:-1]), AS_GUEST, "server-went-back",
             exit=1, says="snapshot 3"),
    Scenario("a sibling that is not mentioned, to a machine that remembers nothing",
             one("GET", "devices", lies.listed("devices", lambda found: [
                 info for info in found if info["name"] != "desktop"])),
             AS_GUEST, "server-went-back", exit=1),
    Scenario("an older snapshot to a machine that takes over",
             history_told(lambda world, found: found[:-1]), TAKE_OVER, "server-went-back"),
    Scenario("other settings to a machine that takes over",
             one("POST", "nodes", lies.each_node(lies.relisted(
                 lambda payload: [payload[0], [], *payload[2:]]))),
             TAKE_OVER, "tree-mismatch"),
    Scenario("certificates with an absurd serial to a machine that takes over",
             history_told(lambda world, found: [{**found[0], "serial": 2**62}], "certificates"),
             TAKE_OVER, "history-broken"),
    Scenario("no certificate to a machine that takes over",
             history_told(lambda world, found: [], "certificates"), TAKE_OVER, "history-broken"),
    Scenario("two devices of one name",
             one("GET", "devices", lies.listed("devices", lambda found: [
                 {**info, "name": "laptop"} for info in found])),
             TAKE_OVER, "no-such-device", says="Several devices"),
    Scenario("a device whose name redraws the terminal",
             one("GET", "devices", lies.listed("devices", lambda found: [
                 {**info, "name": f"\x1b]0;{info['name']}\x07"} for info in found])),
             AS_GUEST, "server-incompatible"),
    Scenario("a device whose name has ten megabytes",
             one("GET", "devices", lies.listed("devices", lambda found: [
                 {**info, "name": "x" * 10_000_000} for info in found])),
             TAKE_OVER, "server-incompatible"),
    Scenario("a device whose id is no id",
             one("GET", "devices", lies.listed("devices", lambda found: [
                 {**info, "device": "abcd"} for info in found])),
             TAKE_OVER, "server-incompatible"),
]  # fmt: skip

# --- listings ----------------------------------------------------------------------------------


def _inner(world: EvilWorld) -> bytes:
    """The listing of `folder/inner`."""
    with speaking_as(world.laptop) as connection:
        reader = NodeReader(connection)
        roots = world.history(world.laptop).last().snapshot.roots
        path = bytes(world.source / "folder" / "inner")
        entry = find(reader, roots, path).entry
        assert entry is not None
        return entry.tree


def inner_node(change: Callable[[bytes], bytes]) -> Making:
    return lambda world: [Lie("POST", "nodes", lies.each_node(change, only=_inner(world)))]


def _without_inner(world: EvilWorld) -> list[Lie]:
    inner = _inner(world)
    return [
        Lie("POST", "nodes", lies.nodes_told(
            lambda found: {id: packed for id, packed in found.items() if id != inner}))
    ]  # fmt: skip


def nodes(change: Callable[[bytes], bytes]) -> Making:
    """The listing below the roots."""
    return one("POST", "nodes", lies.each_node(change), skip=1)


def _renamed(payload: list[lies.Row]) -> list[lies.Row]:
    return [[b"!" + payload[0][0], *payload[0][1:]], *payload[1:]]


def _foreign_node(world: EvilWorld) -> list[Lie]:
    packed = zstandard.ZstdCompressor().compress(next(iter(world.foreign_nodes.values())))
    return [Lie("POST", "nodes", lies.each_node(lambda _: packed))]


LISTINGS = [
    Scenario("a renamed entry", nodes(lies.relisted(_renamed)), LS, "tree-mismatch"),
    Scenario("an entry left out", nodes(lies.relisted(lambda found: found[1:])), LS,
             "tree-mismatch"),
    Scenario("an entry twice", nodes(lies.relisted(lambda found: [found[0], *found])), LS,
             "tree-mismatch"),
    Scenario("entries in another order", inner_node(lies.relisted(lambda found: found[::-1])),
             ("ls", "{source}/folder/inner", "--json"), "tree-mismatch"),
    Scenario("an entry that leads out of its folder",
             nodes(lies.relisted(lambda found: [[b"../../up", *found[0][1:]], *found[1:]])), LS,
             "tree-mismatch"),
    Scenario("another account's listing", _foreign_node, LS, "tree-mismatch"),
    Scenario("a listing cut short", nodes(lambda packed: packed[:-5]), LS, "tree-mismatch"),
    Scenario("a listing that says it has sixteen gigabytes",
             nodes(lambda packed: lies.zstd_bomb(2**34, 100_000)), LS, "malformed"),
    Scenario("a listing that unpacks to a thousand times what it says",
             nodes(lambda packed: lies.zstd_bomb(2**20, 100_000)), LS, "tree-mismatch"),
    Scenario("a listing nested ten thousand deep",
             nodes(lambda packed: zstandard.ZstdCompressor().compress(
                 b"\x81" * 10_000 + b"\x80")), LS, "tree-mismatch"),
    Scenario("no listing", one("POST", "nodes", instead(200, b"\x80")), LS, "content-missing"),
    Scenario("an answer nested ten thousand deep",
             one("POST", "nodes", instead(200, b"\x81" * 10_000 + b"\x80")), LS, "malformed"),
    Scenario("thirty million lists in one answer",
             one("POST", "nodes", instead(200, b"\x9a" + (30_000_000).to_bytes(4, "big")
                                          + b"\x80" * 30_000_000)), LS, "malformed"),
    Scenario("an answer that says it has a trillion rows",
             one("POST", "nodes", instead(200, b"\x9b" + (10**12).to_bytes(8, "big") + b"\x80")),
             LS, "malformed"),
    Scenario("a renamed entry in the middle of a restore", inner_node(lies.relisted(_renamed)),
             WITH_KEY, "listing-damaged", exit=1),
    Scenario("a listing left out in the middle of a restore",
             _without_inner, WITH_KEY, "listing-damaged", exit=1),
]  # fmt: skip

# --- contents ----------------------------------------------------------------------------------


def places(change: Callable[[list[BlockLocation]], list[lies.Row]]) -> Making:
    return one("POST", "locate", lies.located(change))


def blocks(change: Callable[[bytes], bytes]) -> Making:
    return one("GET", "packs/[0-9a-f]+", bytes_told(change))


def _foreign_blocks(world: EvilWorld) -> list[Lie]:
    ((_, content, footer), *_) = world.packs(world.foreign, packing.BLOCKS)
    item = footer.items[0]
    return lies.served_as(lambda _: content[item.offset : item.offset + item.length])


def _one_block_for_all(world: EvilWorld) -> list[Lie]:
    _, content, footer = world.packs(world.sibling, packing.BLOCKS)[0]
    item = footer.items[0]
    return lies.served_as(lambda _: content[item.offset : item.offset + item.length])


def _stolen(body: Callable[[int], bytes]) -> Making:
    """Blocks that open, made with the keys of a stolen device: `body` for so many chunks."""

    def making(world: EvilWorld) -> list[Lie]:
        keys = world.device.keys
        return lies.served_as(lambda ids: lies.sealed_by_a_thief(keys, body(len(ids))))

    return making


def _bomb(count: int) -> bytes:
    lengths = [4 * 1024 * 1024 // count] * count
    return lies.body(1, lengths, lies.zstd_bomb(sum(lengths), 100_000))


def _huge(count: int) -> bytes:
    return lies.body(1, [2**32 - 1] * count, lies.zstd_bomb(2**32 - 1, 100_000))


def _plausible(count: int) -> bytes:
    return lies.body(0, [100] * count, b"w" * 100 * count)


def _many(found: list[BlockLocation]) -> list[lies.Row]:
    return [lies.row(found[0], offset=at) for at in range(100_000)]


def _swapped(found: list[BlockLocation]) -> list[lies.Row]:
    return [lies.row(one, chunks=b"".join(one.chunks[::-1])) for one in found]


def _shared_out(found: list[BlockLocation]) -> list[lies.Row]:
    """Each block in the place of the next one."""
    return [
        lies.row(other, chunks=b"".join(one.chunks))
        for one, other in zip(found, [*found[1:], found[0]], strict=True)
    ]


LACKING = "content-lacking"
CONTENTS = [
    Scenario("no place for any chunk", places(lambda found: []), WITH_KEY, LACKING, 1),
    Scenario("a pack that is not there",
             places(lambda found: [lies.row(one, pack=b"p" * 32) for one in found]),
             WITH_KEY, LACKING, 1),
    Scenario("a block one byte further on",
             places(lambda found: [lies.row(one, offset=one.offset + 1) for one in found]),
             WITH_KEY, LACKING, 1),
    Scenario("a block shorter than it is",
             places(lambda found: [lies.row(one, length=one.length - 1) for one in found]),
             WITH_KEY, LACKING, 1),
    Scenario("a block of four exabytes",
             places(lambda found: [lies.row(one, length=2**62) for one in found]),
             WITH_KEY, "malformed"),
    Scenario("a block in front of its pack",
             places(lambda found: [lies.row(one, offset=-1) for one in found]),
             WITH_KEY, "malformed"),
    Scenario("a hundred thousand places for a chunk", places(_many), WITH_KEY, "malformed"),
    Scenario("places that nobody asked for",
             places(lambda found: [lies.row(one, chunks=b"u" * 32) for one in found]),
             WITH_KEY, LACKING, 1),
    Scenario("chunks in another order", places(_swapped), WITH_KEY, LACKING, 1, says="match"),
    Scenario("a chunk dropped from a block",
             places(lambda found: [lies.row(one, chunks=b"".join(one.chunks[1:]) or b"x" * 32)
                                   for one in found]), WITH_KEY, LACKING, 1),
    Scenario("a chunk twice in a block",
             places(lambda found: [
                 lies.row(one, chunks=b"".join((one.chunks[0], *one.chunks))) for one in found]),
             WITH_KEY, LACKING, 1),
    Scenario("each block in the place of another", places(_shared_out), WITH_KEY, LACKING, 1),
    Scenario("another account's block", _foreign_blocks, WITH_KEY, LACKING, 1,
             says="not sealed to this account"),
    Scenario("one block for all of them",
             _one_block_for_all, WITH_KEY, LACKING, 1),
    Scenario("other contents of the right length", _stolen(_plausible), WITH_KEY, LACKING, 1,
             says="match"),
    Scenario("a zip bomb in every block", _stolen(_bomb), WITH_KEY, LACKING, 1),
    Scenario("a block that says it has terabytes", _stolen(_huge), WITH_KEY, LACKING, 1),
    Scenario("one bit of a block turned",
             blocks(lambda block: block[:-40] + bytes([block[-40] ^ 4]) + block[-39:]),
             WITH_KEY, LACKING, 1),
    Scenario("a block sealed under another key",
             blocks(lambda block: block[:130] + bytes([block[130] ^ 4]) + block[131:]),
             WITH_KEY, LACKING, 1),
    Scenario("half of what was asked for", blocks(lambda block: block[: len(block) // 2]),
             WITH_KEY, LACKING, 1),
    Scenario("more than was asked for", blocks(lambda block: block + b"more"),
             WITH_KEY, "answer-too-long"),
    Scenario("two hundred megabytes in place of a block", blocks(lambda block: bytes(200_000_000)),
             WITH_KEY, "answer-too-long"),
    Scenario("a whole pack in place of a part",
             one("GET", "packs/[0-9a-f]+", instead(200, b"pack")), WITH_KEY,
             "server-incompatible"),
]  # fmt: skip

# --- backups -----------------------------------------------------------------------------------


def heads_told(change: Callable[[EvilWorld, Infos], Infos], route: str = "uploads") -> Making:
    """Other heads than the true ones, when a backup begins (or at check-in)."""
    return lambda world: [
        Lie("POST", route, lies.listed("heads", lambda found: change(world, found)))
    ]


def _own_head(**fields: Any) -> Callable[[EvilWorld, Infos], Infos]:
    return lambda world, found: [
        head | fields if head["device"] == world.device.device.hex() else head for head in found
    ]


def _sibling_head(**fields: Any) -> Callable[[EvilWorld, Infos], Infos]:
    return lambda world, found: [
        head | fields if head["device"] == world.sibling.device.hex() else head for head in found
    ]


def _invented(world: EvilWorld) -> list[Lie]:
    """A newer snapshot of this device, with a stub to go with it."""
    stub = {"sequence": 4, "snapshot": "ab" * 32}
    return [
        *heads_told(_own_head(**stub))(world),
        *history_told(lambda world, found: [*found, _as_stub(found[2], **stub)])(world),
    ]


def _not_next(world: EvilWorld) -> list[Lie]:
    refusal = instead(409, {"code": "not-next", "detail": "No."})
    lie = heads_told(_own_head(sequence=9, snapshot="ab" * 32), "checkin")(world)
    return [Lie("POST", "uploads/[0-9a-f]+/commit", refusal), *lie]


COMMIT = "uploads/[0-9a-f]+/commit"
BACKUPS = [
    Scenario("a newer snapshot of this device, which it never made",
             heads_told(_own_head(sequence=4, snapshot="ab" * 32)), BACKUP, "history-broken"),
    Scenario("a newer snapshot of this device, said to have expired", _invented, BACKUP,
             "history-broken"),
    Scenario("a number of snapshots near the end of all numbers",
             heads_told(_own_head(sequence=2**63 - 1, snapshot="ab" * 32)), BACKUP,
             "history-broken"),
    Scenario("another newest snapshot of this device",
             heads_told(_own_head(snapshot="ab" * 32)), BACKUP, "server-went-back"),
    Scenario("an older newest snapshot of this device",
             heads_told(_own_head(sequence=2, snapshot="ab" * 32)), BACKUP, "server-went-back"),
    Scenario("no snapshot of this device", heads_told(lambda world, found: []), BACKUP,
             "server-went-back"),
    Scenario("another newest snapshot of a sibling",
             heads_told(_sibling_head(sequence=1, snapshot="cd" * 32)), BACKUP,
             "server-went-back", says="another one than before"),
    Scenario("an id of a sibling's snapshot that is no id",
             heads_told(_sibling_head(sequence=9, snapshot="cd")), BACKUP, "history-broken"),
    Scenario("a negative number of a sibling's snapshots",
             heads_told(_sibling_head(sequence=-1)), BACKUP, "history-broken"),
    Scenario("one device twice", heads_told(lambda world, found: [*found, *found]), BACKUP,
             "history-broken"),
    Scenario("a hundred thousand siblings",
             heads_told(lambda world, found: [*found, *(
                 {"device": f"{n:032x}", "sequence": 1, "snapshot": "cd" * 32}
                 for n in range(100_000))]), BACKUP, "history-broken"),
    Scenario("an upload whose id is no id", one("POST", "uploads", lies.with_fields(upload="ab")),
             BACKUP, "server-incompatible"),
    Scenario("fewer bits than chunks were asked about",
             one("POST", "uploads/[0-9a-f]+/have", instead(200, b"")), BACKUP, "malformed"),
    Scenario("another pack acknowledged than was sent",
             one("PUT", "uploads/[0-9a-f]+/packs/[0-9a-f]+", lies.with_fields(pack="ab" * 32)),
             BACKUP, "server-incompatible"),
    Scenario("other bytes read back than were sent",
             one("GET", "uploads/[0-9a-f]+/packs/[0-9a-f]+",
                 bytes_told(lambda block: block[:-1] + bytes([block[-1] ^ 1]))),
             BACKUP, "read-back-failed"),
    Scenario("a chunk said to be there that is not",
             one("POST", "uploads/[0-9a-f]+/have",
                 bytes_told(lambda bits: b"\xff" * len(bits))), BACKUP, "missing-references"),
    Scenario("another snapshot acknowledged than was sent",
             one("POST", COMMIT, lies.acknowledged(snapshot="ab" * 32)), BACKUP,
             "history-broken"),
    Scenario("another number acknowledged than was sent",
             one("POST", COMMIT, lies.acknowledged(sequence=7)), BACKUP, "history-broken"),
    Scenario("a snapshot in between that this device never made", _not_next, BACKUP,
             "history-broken"),
    Scenario("a newer snapshot of this device, to be accepted",
             heads_told(_own_head(sequence=9, snapshot="ab" * 32), "checkin"), ACCEPT,
             "history-broken"),
    Scenario("a device that is no longer known",
             one("POST", "uploads", instead(401, {"code": "not-signed-in", "detail": "No."})),
             BACKUP, "token-refused"),
]  # fmt: skip

# --- what always holds -------------------------------------------------------------------------

SCENARIOS = [*UNLOCKING, *HISTORIES, *LISTINGS, *CONTENTS, *BACKUPS]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvilWorld]:
    with evil_world(tmp_path_factory.mktemp("evil")) as world:
        yield world


@pytest.fixture(scope="module")
def csb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmClient]:
    with WarmClient(tmp_path_factory.mktemp("csb")) as warm:
        yield warm


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_lie_is_caught_by_name(
    world: EvilWorld,
    csb: WarmClient,
    tmp_path: Path,
    scenario: Scenario,
    record_property: Callable[[str, object], None],
) -> None:
    client = (
        world.nobody(tmp_path) if scenario.from_nowhere else world.copy_of(world.laptop, tmp_path)
    )
    before = state_of(client)
    prepared = scenario.making(world)

    with something_new(world.source), world.evil.lying(*prepared) as told_lies:
        outcome = csb.run(filled_in(scenario, world, tmp_path), environment_of(client))

    record_property("peak", outcome.peak_bytes)
    assert not told_lies.troubles
    assert told_lies.fired, "the lie was never told, so nothing is proven"
    assert outcome.named == {scenario.code}, outcome.said
    assert outcome.code == scenario.exit, outcome.said
    assert scenario.says in outcome.said
    assert "Traceback" not in outcome.said
    assert not any(letter in outcome.said for letter in "\x1b\x07\x9b"), outcome.said
    assert outcome.peak_bytes < MOST_BYTES
    world.check_kept_secret(client, told_lies.asked)
    restored = world.check_restored(tmp_path / "target")
    assert not restored or scenario.exit == 1
    if scenario.from_nowhere:
        assert set(state_of(client).files) <= {"ca.crt"}
        check_honest(world.laptop)
    else:
        world.check_unharmed(client, before)
        check_honest(client)


def test_the_document_names_every_row() -> None:
    text = DOCUMENT.read_text()

    for scenario in SCENARIOS:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {scenario.name} |")]
        assert row.endswith(f"| `{scenario.code}` |")


@contextmanager
def something_new(folder: Path) -> Iterator[None]:
    """A file that is there for a moment, so that a backup has something to send."""
    path = folder / "new"
    path.write_bytes(os.urandom(300_000))
    try:
        yield
    finally:
        path.unlink()


def filled_in(scenario: Scenario, world: EvilWorld, place: Path) -> list[str]:
    known = {
        "source": world.source,
        "target": place / "target",
        "url": world.evil.url,
        "pin": world.evil.pin,
        "key": world.laptop.recovery_key,
        "name": abs(hash(scenario.name)) % 10**9,
    }
    return [word.format(**known) for word in scenario.command]


# --- what takes more than one step -------------------------------------------------------------


def test_a_snapshot_that_was_acknowledged_and_never_kept_is_missed(
    world: EvilWorld, csb: WarmClient, tmp_path: Path
) -> None:
    """No device can know it at once: it cannot open what is there. It knows the next time."""
    client = world.copy_of(world.laptop, tmp_path)
    everything = bytes_told(lambda bits: b"\xff" * len(bits))
    lying = [
        Lie("POST", "uploads/[0-9a-f]+/have", everything),
        Lie("POST", COMMIT, lies.acknowledged()),
    ]
    with something_new(world.source), world.evil.lying(*lying) as told_lies:
        lost = csb.run(BACKUP, environment_of(client))

    again = csb.run(BACKUP, environment_of(client))
    looked = csb.run(SNAPSHOTS, environment_of(client))
    accepted = csb.run(ACCEPT, environment_of(client))

    assert told_lies.fired
    assert lost.code == 0, "the lie was not good enough to prove anything"
    assert again.named == looked.named == {"server-went-back"}
    assert "snapshot 4 of device laptop is gone" in again.said
    assert accepted.code == 0
    check_honest(client)


def test_two_snapshots_in_one_place_do_not_go_together(
    world: EvilWorld, csb: WarmClient, tmp_path: Path
) -> None:
    """A fork: the device was made to sign another snapshot 3 than the one that others are shown."""
    client = world.copy_of(world.laptop, tmp_path)
    second = world.snapshots_json(world.laptop)[1]
    seen = DeviceHead(world.device.device, 2, bytes.fromhex(second["snapshot"]))
    Home(client.home).remove("heads.json")
    Heads(Home(client.home)).remember([seen])
    lying = [
        *heads_told(_own_head(sequence=2, snapshot=second["snapshot"]))(world),
        Lie("POST", COMMIT, lies.acknowledged()),
    ]
    with something_new(world.source), world.evil.lying(*lying) as told_lies:
        forked = csb.run(BACKUP, environment_of(client))

    again = csb.run(BACKUP, environment_of(client))

    assert told_lies.fired
    assert forked.code == 0, forked.said
    assert again.named == {"server-went-back"}
    assert "snapshot 3 of device laptop is another one than before" in again.said


def test_an_old_wrap_after_a_new_password_opens_with_nothing_new(
    world: EvilWorld, csb: WarmClient, tmp_path: Path
) -> None:
    """The old wrap stays what it was, for whoever kept it. The new password does not open it, and
    says so: `wrong-password`. It is never taken for the right one."""
    client = world.nobody(tmp_path)
    client.register("bea", device="one")
    kdf_before: list[bytes] = []

    def listening(_: Asked, forward: Forward) -> Answer:
        answer = forward()
        kdf_before.append(answer.body)
        return answer

    with world.evil.lying(Lie("POST", "kdf", listening)):
        changed = csb.run(PASSWORD, environment_of(client))
    with world.evil.lying(Lie("POST", "kdf", instead(200, kdf_before[0]))) as told_lies:
        refused = csb.run(PASSWORD, environment_of(client) | {"CSB_PASSWORD": NEW_PASSWORD})
    welcome = csb.run(PASSWORD, environment_of(client) | {"CSB_PASSWORD": NEW_PASSWORD})

    assert changed.code == 0
    assert told_lies.fired
    assert refused.named == {"wrong-password"}
    assert welcome.code == 0


def test_recover_hears_what_the_other_devices_saw(world: EvilWorld, tmp_path: Path) -> None:
    """A data folder without the end of a device's history, read without any server."""
    data = Path(shutil.copytree(world.server.data, tmp_path / "data", ignore=_sockets))
    (gone,) = data.glob(f"records/*/snapshot-{world.device.device.hex()}-0000000003")
    gone.unlink()

    finished = subprocess.run(
        [sys.executable, str(RECOVER), str(data), "--account", "ada"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "warning: snapshot 3, which device desktop saw, is gone" in finished.stdout


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "socket"]


# --- at random ---------------------------------------------------------------------------------

ANSWERS = (
    ("GET", "server"), ("POST", "kdf"), ("POST", "sessions"), ("GET", "devices"),
    ("GET", "devices/[0-9a-f]+/certificates"), ("GET", "devices/[0-9a-f]+/snapshots"),
    ("POST", "nodes"), ("POST", "locate"), ("GET", "packs/[0-9a-f]+"),
)  # fmt: skip
BACKUP_ANSWERS = (
    ("POST", "uploads"), ("POST", "uploads/[0-9a-f]+/have"),
    ("PUT", "uploads/[0-9a-f]+/packs/[0-9a-f]+"), ("GET", "uploads/[0-9a-f]+/packs/[0-9a-f]+"),
    ("POST", COMMIT),
)  # fmt: skip
SEED = int(os.environ.get("CSB_CRASH_SEED") or random.SystemRandom().randrange(2**31))
ROUNDS = 20 if os.environ.get("CSB_TEST_FULL") else 1


def spoiled(drawn: random.Random) -> Callable[[bytes], bytes]:
    """A byte changed, some left out or twice, or the rest missing."""

    def change(body: bytes) -> bytes:
        at = drawn.randrange(len(body))
        length = drawn.randrange(1, 40)
        kind = drawn.randrange(4)
        if kind == 0:
            return body[:at] + bytes([body[at] ^ 1 << drawn.randrange(8)]) + body[at + 1 :]
        if kind == 1:
            return body[:at] + body[at + length :]
        if kind == 2:
            return body[: at + length] + body[at:]
        return body[:at]

    return change


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer[1])
def test_a_spoiled_answer_never_becomes_a_wrong_file(
    world: EvilWorld, csb: WarmClient, tmp_path: Path, answer: tuple[str, str], number: int
) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    drawn = random.Random(f"{SEED} {answer} {number}")
    method, route = answer
    command = [
        word.format(url=world.evil.url, pin=world.evil.pin, target=tmp_path / "target")
        for word in AS_GUEST
    ]
    client = world.nobody(tmp_path)

    with world.evil.lying(Lie(method, route, bytes_told(spoiled(drawn)))) as told_lies:
        outcome = csb.run(command, environment_of(client))

    assert told_lies.fired
    assert not told_lies.troubles
    assert outcome.code in (0, 1, 2)
    assert "unforeseen" not in outcome.said
    assert "Traceback" not in outcome.said
    assert outcome.peak_bytes < MOST_BYTES
    world.check_kept_secret(client, told_lies.asked)
    restored = world.check_restored(tmp_path / "target")
    if outcome.code == 0:  # what was spoiled is nothing that the client goes by
        assert restored == len(world.truth)


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("answer", BACKUP_ANSWERS, ids=lambda answer: " ".join(answer))
def test_a_spoiled_answer_to_a_backup_does_no_harm(
    world: EvilWorld, csb: WarmClient, tmp_path: Path, answer: tuple[str, str], number: int
) -> None:
    """Whether the run ended well or not: the next one does, and goes on from what there is."""
    print(f"CSB_CRASH_SEED={SEED}")
    drawn = random.Random(f"{SEED} {answer} {number}")
    method, route = answer
    client = world.copy_of(world.stranger, tmp_path)
    lie = Lie(method, route, bytes_told(spoiled(drawn)))

    with something_new(world.place / "stranger files"):
        with world.evil.lying(lie) as told_lies:
            outcome = csb.run(BACKUP, environment_of(client))
        honest = csb.run(BACKUP, environment_of(client))

    assert told_lies.fired
    assert not told_lies.troubles
    assert "unforeseen" not in outcome.said
    assert "Traceback" not in outcome.said
    assert honest.code == 0, outcome.said + honest.said
    check_honest(client)
