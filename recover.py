#!/usr/bin/env python3
"""Restore files from a copy of a ClientServerBackup data folder: no server, none of its code.

    pip install cryptography zstandard blake3

    python recover.py DATA_FOLDER                                   lists the accounts
    python recover.py DATA_FOLDER --account NAME                    lists its devices and snapshots
    python recover.py DATA_FOLDER --account NAME --to DIR           restores the newest snapshot
                      [--device NAME] [--snapshot SEQUENCE]

It asks for the recovery key (or takes CSB_RECOVERY_KEY), or for the password (CSB_PASSWORD). DIR
must be new or empty. Exit code: 0 all restored, 1 restored but for what it names, 2 nothing.

This file is a second, independent reading of docs/format.md: it shares nothing with the programs,
so that a fault in them cannot hide in here. Everything is checked: signatures, the chain of
snapshots, each listing and each piece of content against its id. What does not hold is named,
never written.
"""

from __future__ import annotations

import argparse
import getpass
import hashlib
import hmac
import os
import stat
import struct
import sys
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import zstandard
from blake3 import blake3
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAX_CONTENT = 4 * 1024 * 1024
MAX_NODE = 16 * 1024 * 1024
MAX_FOOTER = 8 * 1024 * 1024
KEPT_BLOCKS = 16

FILE, FOLDER, SYMLINK, FIFO, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE = range(7)


class Damaged(Exception):
    """Something does not hold; the message says what."""


class Missing(Damaged):
    """A chunk that cannot be had, from no pack."""


# --- CBOR: integers, byte strings, arrays -------------------------------------------------------


def decode(data: bytes, what: str) -> list[Any]:
    """The array that is all of `data`, of version 1."""
    try:
        value, end = _item(data, 0, 0)
    except (IndexError, ValueError, struct.error):
        raise Damaged(f"{what} cannot be read") from None
    if end != len(data) or type(value) is not list or not value:
        raise Damaged(f"{what} cannot be read")
    if value[0] != 1:
        raise Damaged(f"{what} has version {value[0]}; this recover.py knows version 1")
    return value


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    kind, number, at = _head(data, at)
    if kind in (0, 1):
        return (number if kind == 0 else -1 - number), at
    if kind not in (2, 4) or number > len(data) - at or depth > 6:
        raise ValueError
    if kind == 2:
        return data[at : at + number], at + number
    items = []
    for _ in range(number):
        item, at = _item(data, at, depth + 1)
        items.append(item)
    return items, at


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Kind and number of an item, and where they end."""
    kind, short = data[at] >> 5, data[at] & 31
    if short < 24:
        return kind, short, at + 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(short, 0)
    if not size or at + 1 + size > len(data):
        raise ValueError
    return kind, int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size


def fields(value: Any, kinds: str, what: str) -> list[Any]:
    """An array's fields, of these kinds: i integer, b bytes, a array, c bytes or array."""
    types = {"i": (int,), "b": (bytes,), "a": (list,), "c": (bytes, list)}
    if type(value) is not list or len(value) != len(kinds):
        raise Damaged(f"{what} has other fields than it should")
    for one, kind in zip(value, kinds, strict=True):
        if type(one) not in types[kind]:
            raise Damaged(f"{what} has other fields than it should")
    return value


# --- keys ---------------------------------------------------------------------------------------

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def read_recovery_key(text: str) -> bytes:
    """The 20 bytes behind `XXXX-XXXX-...`."""
    plain = "".join(text.split()).replace("-", "").upper().translate(str.maketrans("ILO", "110"))
    if len(plain) != 36 or any(letter not in ALPHABET for letter in plain):
        raise Damaged("that is not a recovery key: it has nine groups of four characters")
    number = 0
    for letter in plain:
        number = number * 32 + ALPHABET.index(letter)
    key = (number >> 20).to_bytes(20, "big")
    digest = hashlib.sha256(b"csb1/recovery-check" + key).digest()
    if int.from_bytes(digest[:3], "big") >> 4 != number & 0xFFFFF:
        raise Damaged("that is not a recovery key: its last group does not fit the others")
    return key


@dataclass(frozen=True)
class Account:
    """The newest record of an account."""

    folder: Path
    id: bytes
    name: str
    kdf: bytes
    wrap_password: bytes
    wrap_recovery: bytes
    sealing_public: bytes
    account_public: bytes


@dataclass(frozen=True)
class Keys:
    """What the master secret gives, as far as reading needs it."""

    account: bytes
    id_key: bytes
    hedge_key: bytes
    sealing: X25519PrivateKey


def unlock(account: Account, recovery_key: str, password: str) -> Keys:
    if recovery_key:
        secret = read_recovery_key(recovery_key)
        wrap, context = account.wrap_recovery, b"recovery"
        derived = hkdf(secret, account.id, b"csb1/recovery-wrap", 64)
    else:
        wrap, context = account.wrap_password, b"password" + account.kdf
        derived = hkdf(stretch(password, account.kdf), account.id, b"csb1/wrap" + account.kdf, 64)
    if len(wrap) != 92 or not hmac.compare_digest(wrap[:32], derived[32:]):
        raise Damaged("the recovery key or the password is not the one of this account")
    aad = b"csb1/wrap-ms" + account.id + context
    try:
        return derive_keys(account, AESGCM(derived[:32]).decrypt(wrap[32:44], wrap[44:], aad))
    except InvalidTag:
        raise Damaged("the account's record is damaged: its wrap does not open") from None


def stretch(password: str, kdf: bytes) -> bytes:
    if len(kdf) != 26 or kdf[0] != 2:
        raise Damaged("the account's record names an unknown password protection")
    _, memory, passes, lanes = struct.unpack(">BIIB", kdf[:10])
    if memory > 1024 * 1024 or passes > 16 or not 0 < lanes <= 16:
        raise Damaged("the account's record asks for more memory or time than is sane")
    text = unicodedata.normalize("NFKC", password).encode()
    kind = Argon2id(salt=kdf[10:], length=32, iterations=passes, lanes=lanes, memory_cost=memory)
    return kind.derive(text)


def derive_keys(account: Account, secret: bytes) -> Keys:
    """The keys, after comparing the public ones with the record."""

    def key(label: str) -> bytes:
        return hkdf(secret, account.id, b"csb1/" + label.encode())

    sealing = X25519PrivateKey.from_private_bytes(key("seal-x25519"))
    signing = Ed25519PrivateKey.from_private_bytes(key("account-ed25519"))
    if (
        sealing.public_key().public_bytes_raw() != account.sealing_public
        or signing.public_key().public_bytes_raw() != account.account_public
    ):
        raise Damaged("the public keys in the account's record are not those of its secret")
    return Keys(account.id, key("chunk-id"), key("psk"), sealing)


def check_signature(public: bytes, domain: str, message: bytes, signature: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(signature, b"csb1/" + domain.encode() + b"\0" + message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- records ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Snapshot:
    """A snapshot, or what its stub still says (then `signed` is empty)."""

    sequence: int
    id: bytes
    signed: bytes
    signature: bytes
    previous: bytes = b""
    serial: int = 0
    started: int = 0
    roots: bytes = b""
    files: int = 0
    size: int = 0
    partial: bool = False
    heads: tuple[tuple[bytes, int, bytes], ...] = ()  # of the other devices: id, sequence, snapshot


@dataclass
class Device:
    id: bytes
    name: str = ""
    certificates: dict[int, bytes] = field(default_factory=dict)  # serial: signing public key
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def newest(self) -> Snapshot | None:
        whole = [one for one in self.snapshots.values() if one.signed]
        return max(whole, key=lambda one: one.sequence, default=None)


def read_accounts(data: Path) -> list[Account]:
    """The accounts of a data folder, by name; one whose records are damaged is left out, loudly."""
    accounts = []
    for folder in sorted((data / "records").iterdir()):
        for path in sorted(folder.glob("account-*"), reverse=True):
            try:
                accounts.append(read_account(folder, path.read_bytes()))
                break
            except (Damaged, OSError) as problem:
                print(f"warning: {path}: {problem}", file=sys.stderr)
    return sorted(accounts, key=lambda one: one.name)


def read_account(folder: Path, content: bytes) -> Account:
    row = fields(decode(content, "the record"), "ibibbibbbbbbbi", "the record")
    return Account(folder, row[1], text(row[3]), row[6], row[9], row[10], row[11], row[12])


def text(data: bytes) -> str:
    return data.decode(errors="replace")


def read_devices(account: Account) -> list[Device]:
    """Devices with certificates and snapshots, signatures checked; `problems` say what fails."""
    devices: dict[bytes, Device] = {}
    for path in sorted(account.folder.iterdir()):  # certificates sort before snapshots
        kind = path.name.split("-")[0]
        if kind not in ("device", "snapshot", "stub"):
            continue
        try:
            row = decode(path.read_bytes(), "the record")
            if len(row) < 2 or type(row[1]) is not bytes:
                raise Damaged("the record has other fields than it should")
            device = devices.setdefault(row[1], Device(row[1], row[1].hex()))
            _READERS[kind](device, row, account)
        except (Damaged, OSError) as problem:
            print(f"warning: {path}: {problem}", file=sys.stderr)
    for device in devices.values():
        check_chain(device)
        check_heads(device, devices)
    return sorted(devices.values(), key=lambda one: one.name)


def add_certificate(device: Device, row: list[Any], account: Account) -> None:
    _, _, name, _, _, _, certificate, signature, _, _ = fields(row, "ibbbiibbbi", "the record")
    if not check_signature(account.account_public, "certificate", certificate, signature):
        raise Damaged("the signature of the certificate does not hold")
    signed = fields(decode(certificate, "the certificate"), "ibbibbia", "the certificate")
    if signed[1] != account.id or signed[2] != device.id:
        raise Damaged("the certificate belongs to another device")
    device.certificates[signed[3]] = signed[4]
    device.name = text(name)


def add_snapshot(device: Device, row: list[Any], account: Account) -> None:
    _, _, sequence, _, _, signed, signature = fields(row, "ibiibbb", "the record")
    value = fields(decode(signed, "the snapshot"), "ibbibibiibbbaiaiab", "the snapshot")
    if value[1] != account.id or value[2] != device.id or value[5] != sequence:
        raise Damaged("the snapshot belongs to another device, or has another sequence")
    if value[15] & ~1:
        raise Damaged("the snapshot has flags that this recover.py does not know")
    public = device.certificates.get(value[3])
    if public is None or not check_signature(public, "snapshot", signed, signature):
        raise Damaged("the signature of the snapshot does not hold")
    totals = fields(value[12], "iiiii", "the snapshot")
    heads = tuple(tuple(fields(head, "bib", "the snapshot")) for head in value[16])
    device.snapshots[sequence] = Snapshot(
        sequence, blake3(signed).digest(), signed, signature, value[6], value[3], value[7],
        value[10], totals[0], totals[2], bool(value[15] & 1), heads,
    )  # fmt: skip


def add_stub(device: Device, row: list[Any], _: Account) -> None:
    _, _, sequence, _, snapshot, signature, _ = fields(row, "ibiibbb", "the record")
    device.snapshots.setdefault(sequence, Snapshot(sequence, snapshot, b"", signature))


_READERS = {"device": add_certificate, "snapshot": add_snapshot, "stub": add_stub}


def check_chain(device: Device) -> None:
    """Each snapshot names the one before it: none may be missing, or put in another's place, and
    the newest, which none names, never expires. A key that was replaced does not come back."""
    serial = 0
    for sequence in range(1, max(device.snapshots, default=0) + 1):
        if sequence not in device.snapshots:
            device.problems.append(f"snapshot {sequence} is missing from the chain")
            continue
        one = device.snapshots[sequence]
        before = device.snapshots.get(sequence - 1)
        expected = before.id if before else b""
        if one.signed and (before or sequence == 1) and one.previous != expected:
            device.problems.append(f"snapshot {sequence} does not follow the one before it")
        if one.signed and one.serial < serial:
            device.problems.append(f"snapshot {sequence} is signed with a replaced key")
        serial = max(serial, one.serial)
    if device.snapshots and not device.snapshots[max(device.snapshots)].signed:
        device.problems.append("the newest snapshot is gone: only a stub of it is left")


def check_heads(device: Device, devices: dict[bytes, Device]) -> None:
    """What the newest snapshot of each other device saw of this one must be here."""
    for other in devices.values():
        newest = other.newest()
        for id, sequence, snapshot in newest.heads if newest else ():
            known = device.snapshots.get(sequence)
            if id == device.id and (known is None or known.id != snapshot):
                device.problems.append(
                    f"snapshot {sequence}, which device {other.name} saw, is gone or another one"
                )


# --- packs --------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a block or a node lies; `number` is the chunk's place in its block."""

    pack: Path
    offset: int
    length: int
    number: int = 0


class Store:
    """All nodes and chunks of an account, found through the footers of its packs."""

    def __init__(self, data: Path, keys: Keys) -> None:
        self.keys = keys
        self.nodes: dict[bytes, list[Place]] = {}
        self.chunks: dict[bytes, list[Place]] = {}
        self.data_keys: dict[bytes, bytes] = {}
        self.opened: OrderedDict[Place, list[bytes]] = OrderedDict()
        for path in sorted((data / "packs" / keys.account.hex()).glob("??/*")):
            try:
                self._read_footer(path)
            except (Damaged, OSError, zstandard.ZstdError) as problem:
                print(f"warning: pack {path.name}: {problem}", file=sys.stderr)

    def _read_footer(self, path: Path) -> None:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - 8))
            trailer = file.read(8)
            if len(trailer) != 8 or trailer[4:] != b"CSBP":
                raise Damaged("it has no end mark, so it was cut short")
            length = struct.unpack(">I", trailer[:4])[0]
            if length > min(size - 8, MAX_FOOTER):
                raise Damaged("its footer is longer than itself")
            file.seek(size - 8 - length)
            value = decode(file.read(length), "its footer")
        _, kind, account, _, _, items = fields(value, "iibbba", "its footer")
        if account != self.keys.account or kind not in (0, 1):
            raise Damaged("it belongs to another account, or is of an unknown kind")
        for item in items:
            self._add_item(path, kind, item)

    def _add_item(self, path: Path, kind: int, item: Any) -> None:
        name, offset, length, more = fields(item, "biib" if kind == 0 else "biii", "its footer")
        if offset < 0 or not 0 < length <= 2 * MAX_NODE:
            raise Damaged("its footer does not describe its contents")
        if kind == 1:
            self.nodes.setdefault(name, []).append(Place(path, offset, length))
            return
        for number in range(len(more) // 32):
            chunk = more[32 * number : 32 * number + 32]
            self.chunks.setdefault(chunk, []).append(Place(path, offset, length, number))

    def node(self, node: bytes) -> list[Any]:
        """A node: `[1, kind, payload]`, checked against its id."""
        for place in self.nodes.get(node, []):
            plain = self._unpack(read_place(place))
            if plain is not None and blake3(plain).digest() == node:
                return fields(decode(plain, "a listing"), "iic", "a listing")
        raise Damaged(f"listing {node.hex()} is missing or damaged")

    @staticmethod
    def _unpack(packed: bytes) -> bytes | None:
        try:
            if not 0 < zstandard.frame_content_size(packed) <= MAX_NODE:
                return None
            return zstandard.ZstdDecompressor().decompress(packed)
        except zstandard.ZstdError:
            return None

    def chunk(self, chunk: bytes) -> bytes:
        """Content, checked against its id; of several copies, the first that holds."""
        for place in self.chunks.get(chunk, []):
            try:
                content = self._open(place._replace(number=0))[place.number]
            except (Damaged, IndexError, OSError):
                continue
            if blake3(content, key=self.keys.id_key).digest() == chunk:
                return content
        raise Missing(f"chunk {chunk.hex()} is missing or damaged")

    def _open(self, place: Place) -> list[bytes]:
        if place in self.opened:
            self.opened.move_to_end(place)
            return self.opened[place]
        chunks = self.opened[place] = self._open_block(read_place(place))
        if len(self.opened) > KEPT_BLOCKS:
            self.opened.popitem(last=False)
        return chunks

    def _open_block(self, block: bytes) -> list[bytes]:
        header = block[:160]
        if len(header) < 160 or header[:8] != b"CSB1\1\1\1\0" or header[8:24] != self.keys.account:
            raise Damaged("a block has an unknown header")
        secret = self._data_key(header[24:104])
        derived = hkdf(secret, self.keys.hedge_key, b"csb1/block" + header[:128], 76)
        if not hmac.compare_digest(derived[32:64], header[128:]):
            raise Damaged("a block was sealed under another key")
        try:
            body = AESGCM(derived[:32]).decrypt(derived[64:], block[160:], header)
        except InvalidTag:
            raise Damaged("the contents of a block were changed") from None
        return split_body(body)

    def _data_key(self, sealed: bytes) -> bytes:
        if sealed not in self.data_keys:
            suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
            info = b"csb1/data-key" + self.keys.account
            try:
                found = suite.decrypt(sealed, self.keys.sealing, info=info)
            except (InvalidTag, ValueError):
                raise Damaged("a data key is not sealed to this account") from None
            self.data_keys[sealed] = found
        return self.data_keys[sealed]


def read_place(place: Place) -> bytes:
    with place.pack.open("rb") as file:
        file.seek(place.offset)
        return file.read(place.length)


def split_body(body: bytes) -> list[bytes]:
    """The chunks in the opened body of a block."""
    codec, count = struct.unpack(">BI", body[:5]) if len(body) >= 5 else (0, 0)
    if not 0 < count <= 65_536 or len(body) < 5 + 4 * count:
        raise Damaged("a block counts its chunks wrongly")
    lengths = struct.unpack(f">{count}I", body[5 : 5 + 4 * count])
    content = body[5 + 4 * count :]
    if sum(lengths) > MAX_CONTENT or codec not in (0, 1):
        raise Damaged("a block is longer than it may be, or of an unknown kind")
    if codec == 1:
        try:
            if zstandard.frame_content_size(content) != sum(lengths):
                raise Damaged("a block's frame has another size than its chunks")
            content = zstandard.ZstdDecompressor().decompress(content)
        except zstandard.ZstdError:
            raise Damaged("a block cannot be decompressed") from None
    if len(content) != sum(lengths):
        raise Damaged("a block is cut short")
    chunks = []
    for length in lengths:
        chunks.append(content[:length])
        content = content[length:]
    return chunks


# --- trees --------------------------------------------------------------------------------------


class Entry(NamedTuple):
    name: bytes
    kind: int
    size: int
    mtime: int
    mode: int
    uid: int
    gid: int
    owner: bytes
    group: bytes
    content: bytes | list[bytes]
    subtree_files: int
    subtree_bytes: int
    extras: bytes


@dataclass(frozen=True)
class Extras:
    target: bytes = b""
    xattrs: tuple[tuple[bytes, bytes], ...] = ()
    extents: tuple[tuple[int, int], ...] | None = None  # None: no holes
    link_group: bytes = b""
    device: tuple[int, int] | None = None


def folder_pages(store: Store, node: bytes) -> list[bytes]:
    """The listings a folder consists of: itself, or its pages."""
    _, kind, payload = store.node(node)
    if kind != 1:
        return [node]
    return [fields(row, "bb", "an index")[0] for row in payload]


def read_entries(value: list[Any], kind: int) -> list[Entry]:
    """A listing (kind 0) or the roots (4): each name once, each field what its kind has."""
    if value[1] != kind or type(value[2]) is not list:
        raise Damaged("a listing is not what its place says")
    entries = [Entry(*fields(row, "biiiiiibbciib", "an entry")) for row in value[2]]
    for entry in entries:
        parts = entry.name.split(b"/") if kind == 4 else [entry.name]
        bad = b"\0" in entry.name or entry.name == b"" or b"." in parts or b".." in parts
        if bad or (kind == 0 and b"/" in entry.name):
            raise Damaged(f"a listing names {entry.name!r}, which no file can be called")
        if entry.size < 0 or not 0 <= entry.mode <= 0o7777 or not 0 <= entry.kind <= 6:
            raise Damaged(f"the entry of {entry.name!r} is out of range")
        if not content_fits(entry) or len(entry.extras) not in (0, 32):
            raise Damaged(f"the entry of {entry.name!r} has a content that its kind has not")
    names = [entry.name for entry in entries]
    if names != sorted(set(names)):
        raise Damaged("a listing names something twice, or is not in order")
    return entries


def content_fits(entry: Entry) -> bool:
    content = entry.content
    if type(content) is list:
        is_id = len(content) == 1 and type(content[0]) is bytes and len(content[0]) == 32
        return entry.kind == FILE and is_id
    if entry.kind == FILE:
        return len(content) % 32 == 0
    return len(content) == (32 if entry.kind == FOLDER else 0)


def read_extras(store: Store, entry: Entry) -> Extras:
    if not entry.extras:
        return Extras()
    what = "an entry's extras"
    row = fields(decode(store.chunk(entry.extras), what), "ibaabaiia", what)
    xattrs = tuple((name, value) for name, value in (fields(one, "bb", what) for one in row[2]))
    extents = None
    if row[3]:
        pairs = [fields(one, "ii", what) for one in row[3][0]]
        extents = tuple((offset, length) for offset, length in pairs)
        ends = [0, *(offset + length for offset, length in extents)]
        if any(at < end or n <= 0 for (at, n), end in zip(extents, ends, strict=False)):
            raise Damaged("an entry's extents are not in order")
    device = None
    if row[5]:
        major, minor = fields(row[5], "ii", what)
        device = (major, minor)
    if b"\0" in row[1] or len(row[4]) not in (0, 32) or min(device or (0,)) < 0:
        raise Damaged("an entry's extras are out of range")
    return Extras(row[1], xattrs, extents, row[4], device)


def chunks_of(store: Store, entry: Entry) -> list[bytes]:
    """A file's chunk ids in order."""
    if type(entry.content) is bytes:
        joined = entry.content
    else:
        joined = b"".join(_chunk_page(store, page) for page in _chunk_list(store, entry))
    return [joined[at : at + 32] for at in range(0, len(joined), 32)]


def _chunk_list(store: Store, entry: Entry) -> list[Any]:
    _, kind, pages = store.node(entry.content[0])  # type: ignore[arg-type]
    if kind != 3 or type(pages) is not list or any(type(page) is not bytes for page in pages):
        raise Damaged("a chunk list is not what its place says")
    return pages


def _chunk_page(store: Store, page: bytes) -> bytes:
    _, kind, joined = store.node(page)
    if kind != 2 or type(joined) is not bytes:
        raise Damaged("a chunk list is not what its place says")
    return joined


# --- restoring ----------------------------------------------------------------------------------


@dataclass
class Restore:
    """Writes into a folder that was empty: all that is in it is ours.

    Symlinks are made last, so that nothing is ever written through one; folders get their times
    and modes last, deepest first.
    """

    store: Store
    target: Path
    files: int = 0
    size: int = 0
    foreign: int = 0  # belonged to somebody else, and only root could give it back
    problems: list[str] = field(default_factory=list)
    folders: list[tuple[bytes, Entry]] = field(default_factory=list)
    links: list[tuple[bytes, Entry, Extras]] = field(default_factory=list)
    waiting: list[tuple[bytes, Entry]] = field(default_factory=list)
    groups: dict[tuple[bytes, int], bytes] = field(default_factory=dict)  # first name, by kind
    aside: bytes = field(default_factory=lambda: b".recover-" + os.urandom(8).hex().encode())

    def run(self, snapshot: Snapshot) -> None:
        roots = read_entries(self.store.node(snapshot.roots), 4)
        for entry, path in zip(roots, places(roots, os.fsencode(self.target)), strict=True):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self.waiting.append((path, entry))
        while self.waiting:
            self.put(*self.waiting.pop())
        for path, entry, extras in self.links:
            self.attempt(path, lambda p=path, e=entry, x=extras: self._make_or_link(p, e, x))
        for path, entry in reversed(self.folders):
            self.attempt(path, lambda p=path, e=entry: self._finish_folder(p, e))

    def attempt(self, path: bytes, action: Any) -> bool:
        try:
            action()
        except (Damaged, OSError, OverflowError, ValueError) as problem:
            self.problems.append(f"{os.fsdecode(path)}: {problem}")
            return False
        return True

    def put(self, path: bytes, entry: Entry) -> None:
        if entry.kind == FOLDER:
            self.attempt(path, lambda: self._folder(path, entry))
        else:
            self.attempt(path, lambda: self._other(path, entry))

    def _folder(self, path: bytes, entry: Entry) -> None:
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:  # made already, because another root lies in it
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                raise
        self.folders.append((path, entry))
        for page in reversed(folder_pages(self.store, entry.content)):  # type: ignore[arg-type]
            self.attempt(path, lambda p=page: self._read_page(path, p))

    def _read_page(self, path: bytes, page: bytes) -> None:
        entries = read_entries(self.store.node(page), 0)
        self.waiting.extend((path + b"/" + entry.name, entry) for entry in reversed(entries))

    def _finish_folder(self, path: bytes, entry: Entry) -> None:
        entry, extras = self._with_extras(path, entry)
        self._describe(path, entry, extras)

    def _with_extras(self, path: bytes, entry: Entry) -> tuple[Entry, Extras]:
        """An entry with its extras. Where they cannot be had, what needs none comes back without.

        Its list of who may do what is not known then, so its group gets no more than everybody.
        """
        try:
            return entry, read_extras(self.store, entry)
        except Missing as problem:
            if entry.kind not in (FILE, FOLDER, FIFO, SOCKET):
                raise
            self.problems.append(f"{os.fsdecode(path)}: its attributes cannot be had: {problem}")
            mode = entry.mode & (~0o070 | (entry.mode & 0o007) << 3)
            return entry._replace(mode=mode), Extras()

    def _other(self, path: bytes, entry: Entry) -> None:
        entry, extras = self._with_extras(path, entry)
        if entry.kind == SYMLINK:
            self.links.append((path, entry, extras))
        else:
            self._make_or_link(path, entry, extras)

    def _make_or_link(self, path: bytes, entry: Entry, extras: Extras) -> None:
        group = (extras.link_group, entry.kind)
        if extras.link_group and group in self.groups:
            os.link(self.groups[group], path, follow_symlinks=False)
            self.files += 1
            return
        self._make(path, entry, extras)
        self._describe(path, entry, extras)
        if extras.link_group:
            self.groups[group] = path

    def _make(self, path: bytes, entry: Entry, extras: Extras) -> None:
        if entry.kind == FILE:
            self._write(path, entry, extras)
        elif entry.kind == FIFO:
            os.mkfifo(path, 0o600)
        elif entry.kind == SOCKET:
            os.mknod(path, stat.S_IFSOCK | 0o600)
        elif entry.kind == SYMLINK:
            os.symlink(extras.target, path)
            self.files += 1
        else:
            kind = stat.S_IFCHR if entry.kind == CHARACTER_DEVICE else stat.S_IFBLK
            if extras.device is None:
                raise Damaged("the device file has no number")
            os.mknod(path, kind | 0o600, os.makedev(*extras.device))

    def _write(self, path: bytes, entry: Entry, extras: Extras) -> None:
        aside = path[: path.rfind(b"/") + 1] + self.aside
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(handle, "wb") as file:
                if extras.extents is None:
                    written = sum(
                        file.write(self.store.chunk(c)) for c in chunks_of(self.store, entry)
                    )
                    if written != entry.size:
                        raise Damaged(f"it has {written} bytes in place of {entry.size}")
                else:
                    self._write_extents(file, entry, extras.extents)
            os.rename(aside, path)
        except BaseException:
            if os.path.lexists(aside):
                os.unlink(aside)
            raise
        self.files += 1
        self.size += entry.size

    def _write_extents(self, file: Any, entry: Entry, extents: tuple[tuple[int, int], ...]) -> None:
        if extents and sum(extents[-1]) > entry.size:  # they are in order
            raise Damaged("its data lies behind its end")
        file.truncate(entry.size)
        waiting = b""
        chunks = iter(chunks_of(self.store, entry))
        for offset, length in extents:
            file.seek(offset)
            while length:
                if not waiting:
                    waiting = self.store.chunk(next(chunks, b""))
                written = file.write(waiting[:length])
                waiting, length = waiting[written:], length - written
        if waiting or next(chunks, None) is not None:
            raise Damaged("it has more content than extents")

    def _describe(self, path: bytes, entry: Entry, extras: Extras) -> None:
        """Owner, extended attributes, mode, times: in this order, as each may undo the next.

        Without its owner a file is not setuid, and without its list its group gets nothing.
        """
        mode = entry.mode
        owner = (entry.uid, entry.gid)
        if os.geteuid() == 0:
            if not self.attempt(path, lambda: self._give(path, *owner)):
                mode &= ~0o6000
        elif owner != (os.geteuid(), os.getegid()):
            self.foreign += 1
            mode &= ~0o6000
        # Lists last: they change the mode, and may take the right away to set the others.
        for name, value in sorted(extras.xattrs, key=lambda one: one[0].startswith(b"system.")):
            is_set = self.attempt(path, lambda n=name, v=value: self._set_xattr(path, n, v))
            if not is_set and name == b"system.posix_acl_access":
                mode &= ~0o070
        if entry.kind != SYMLINK:
            os.chmod(path, mode)
        os.utime(path, ns=(entry.mtime, entry.mtime), follow_symlinks=False)
        if os.lstat(path).st_mtime_ns != entry.mtime:
            self.problems.append(f"{os.fsdecode(path)}: this file system cannot keep its time")

    @staticmethod
    def _give(path: bytes, user: int, group: int) -> None:
        if not (0 <= user < 2**32 - 1 and 0 <= group < 2**32 - 1):  # the largest means: as it is
            raise Damaged(f"it cannot belong to user {user} and group {group}")
        os.chown(path, user, group, follow_symlinks=False)

    @staticmethod
    def _set_xattr(path: bytes, name: bytes, value: bytes) -> None:
        if not hasattr(os, "setxattr"):
            raise Damaged(f"this system cannot set extended attribute {os.fsdecode(name)}")
        os.setxattr(path, name, value, follow_symlinks=False)


def places(roots: list[Entry], target: bytes) -> list[bytes]:
    """Each root at TARGET/<its last name>, or at its full path below TARGET when two are alike."""
    whole = [root.name.strip(b"/") or b"root" for root in roots]
    lasts = [name.rsplit(b"/", 1)[-1] for name in whole]
    return [
        target + b"/" + (last if lasts.count(last) == 1 else name)
        for name, last in zip(whole, lasts, strict=True)
    ]


# --- the command --------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description="Restore files from a copy of a ClientServerBackup data folder."
    )
    parser.add_argument("data", type=Path, help="the data folder, or a copy of it")
    parser.add_argument("--account", help="whose files; without it, accounts are listed")
    parser.add_argument("--device", help="which device; needed when the account has several")
    parser.add_argument("--snapshot", type=int, help="its sequence number; else the newest")
    parser.add_argument("--to", type=Path, help="a new or empty folder; without it, only lists")
    chosen = parser.parse_args(arguments)
    try:
        return run(chosen)
    except (Damaged, OSError) as problem:
        print(f"recover.py: {problem}", file=sys.stderr)
        return 2


def run(chosen: argparse.Namespace) -> int:
    if not (chosen.data / "records").is_dir():
        raise Damaged(f"{chosen.data} is not a data folder: it has no folder `records`")
    accounts = read_accounts(chosen.data)
    if chosen.account is None:
        for account in accounts:
            print(f"account {account.name}")
        return 0
    account = pick(accounts, chosen.account, "account")
    devices = read_devices(account)
    if chosen.to is None:
        list_devices(devices)
        return 0
    device = pick(devices, chosen.device, "device")
    snapshot = device.snapshots.get(chosen.snapshot) if chosen.snapshot else device.newest()
    if snapshot is None or not snapshot.signed:
        raise Damaged(f"device {device.name} has no such snapshot; leave out --to to list them")
    if chosen.to.exists() and any(chosen.to.iterdir()):
        raise Damaged(f"{chosen.to} is not empty; name a new folder")
    return restore(chosen, account, device, snapshot)


def pick(found: list[Any], name: str | None, what: str) -> Any:
    names = ", ".join(one.name for one in found) or "none"
    matching = [one for one in found if name is None or one.name == name]
    if len(matching) != 1:
        raise Damaged(f"name the {what} with --{what}; there is: {names}")
    return matching[0]


def list_devices(devices: list[Device]) -> None:
    for device in devices:
        print(f"device {device.name}")
        for _, one in sorted(device.snapshots.items()):
            state = "expired" if not one.signed else "checkpoint" if one.partial else "complete"
            print(f"  snapshot {one.sequence:6d}  {state:10s} {one.files} files, {one.size} bytes")
        for problem in device.problems:
            print(f"  warning: {problem}")


def restore(chosen: argparse.Namespace, account: Account, device: Device, one: Snapshot) -> int:
    for problem in device.problems:
        print(f"warning: {problem}", file=sys.stderr)
    store = Store(chosen.data, unlock(account, *ask()))
    chosen.to.mkdir(parents=True, exist_ok=True)
    work = Restore(store, chosen.to)
    work.run(one)
    for problem in work.problems:
        print(f"not restored: {problem}", file=sys.stderr)
    if work.foreign:
        print(f"note: {work.foreign} entries belonged to somebody else, and are yours now")
    print(
        f"Restored {work.files} files, {work.size} bytes, of snapshot {one.sequence} to {chosen.to}"
    )
    return 1 if work.problems or device.problems else 0


def ask() -> tuple[str, str]:
    """(recovery key, password), one of them empty."""
    recovery_key = os.environ.get("CSB_RECOVERY_KEY", "")
    password = os.environ.get("CSB_PASSWORD", "")
    if not recovery_key and not password:
        if not sys.stdin.isatty():
            raise Damaged("give the recovery key in CSB_RECOVERY_KEY, or run this on a terminal")
        recovery_key = getpass.getpass("Recovery key (or nothing, to give the password): ").strip()
        if not recovery_key:
            password = getpass.getpass("Password: ")
    return recovery_key, password if not recovery_key else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
