"""Releases of the client: a manifest that names every file by its hash, and signatures over it.

    manifest.json  {"format": 1, "channel", "version", "released", "expires", "min_version",
                    "files": {target: {"name", "size", "sha256"}}, "keys"?: [public key, ...]}
    manifest.sig   [{"key": public key, "signature"}, ...]
                   over the bytes of manifest.json as they lie there, domain "release"
    release-keys.json  {"format": 1, "keys": [public key, ...]}       what a client pins

Keys and signatures are Ed25519, in hexadecimal; times are ISO 8601 in UTC, to the second; versions
are three numbers. Within format 1 only such keys may be added as an older client may overlook: it
passes over what it does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.errors import Malformed, SignatureInvalid, UnknownVersion
from csbackup.format.keys import check_signature, sign

FORMAT = 1
SIGN_RELEASE = b"release"
MANIFEST = "manifest.json"
SIGNATURES = "manifest.sig"
PINNED = "release-keys.json"
MAX_MANIFEST = 64 * 1024
MAX_SIGNATURES = 16 * 1024
MAX_FILE = 1024**3
MAX_FILES = 100
MAX_KEYS = 8
STABLE = "stable"

_SECOND = 1_000_000_000
_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}")
_TARGET = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,19}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_HEX = re.compile(r"[0-9a-f]+")
_WHAT = "The release's manifest"


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Three numbers; compared as numbers: 0.10.0 is newer than 0.9.1."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One file of a release, as it lies beside the manifest."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`min_version`: the oldest version that can go to this one in a step. `keys` empty: stay."""

    version: Version
    released_ns: int
    expires_ns: int
    min_version: Version
    files: Mapping[str, ReleaseFile]
    channel: str = STABLE
    keys: tuple[bytes, ...] = field(default=())

    def encode(self) -> bytes:
        """The bytes to sign, and to keep beside the files."""
        value: dict[str, Any] = {
            "format": FORMAT,
            "channel": self.channel,
            "version": str(self.version),
            "released": write_time(self.released_ns),
            "expires": write_time(self.expires_ns),
            "min_version": str(self.min_version),
            "files": {
                target: {"name": one.name, "size": one.size, "sha256": one.sha256}
                for target, one in sorted(self.files.items())
            },
        }
        if self.keys:
            value["keys"] = [key.hex() for key in self.keys]
        return _write(value)


@dataclass(frozen=True, slots=True)
class Signature:
    key: bytes  # Ed25519, public
    signature: bytes


# --- versions and times -------------------------------------------------------------------------


def read_version(text: object, what: str = "The version") -> Version:
    """`Malformed` unless it is three numbers without signs, spaces or leading zeros."""
    found = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise Malformed(what, "a version is three numbers, as in 1.4.0")
    return Version(*map(int, found.groups()))


def write_time(time_ns: int) -> str:
    moment = datetime.fromtimestamp(time_ns // _SECOND, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(text: object, what: str = _WHAT) -> int:
    try:
        if not isinstance(text, str) or not _TIME.fullmatch(text):
            raise ValueError
        return int(datetime.fromisoformat(text).timestamp()) * _SECOND
    except ValueError:
        raise Malformed(what, "a time is not like 2026-11-26T18:00:00Z") from None


# --- the manifest -------------------------------------------------------------------------------


def read_manifest(content: bytes) -> Manifest:
    """What a manifest says, whoever signed it; `Malformed` for whatever our tool never writes."""
    value = _read(content, MAX_MANIFEST, _WHAT)
    _check_format(value, _WHAT)
    manifest = Manifest(
        version=read_version(value.get("version"), _WHAT),
        released_ns=read_time(value.get("released")),
        expires_ns=read_time(value.get("expires")),
        min_version=read_version(value.get("min_version"), _WHAT),
        files=_read_files(value.get("files")),
        channel=_matching(value.get("channel"), _CHANNEL, "its channel is no plain word"),
        keys=_read_keys(value["keys"], _WHAT) if "keys" in value else (),
    )
    if manifest.expires_ns <= manifest.released_ns:
        raise Malformed(_WHAT, "it expires before it was released")
    if manifest.min_version > manifest.version:
        raise Malformed(_WHAT, "it asks for a version newer than its own")
    return manifest


def _read_files(value: object) -> dict[str, ReleaseFile]:
    if not isinstance(value, dict) or not 0 < len(value) <= MAX_FILES:
        raise Malformed(_WHAT, f"it names no file, or more than {MAX_FILES}")
    files = {
        _matching(target, _TARGET, "a target is no plain word"): _read_file(one)
        for target, one in value.items()
    }
    if len({one.name for one in files.values()}) != len(files):
        raise Malformed(_WHAT, "two targets share a file")
    return files


def _read_file(value: object) -> ReleaseFile:
    if not isinstance(value, dict):
        raise Malformed(_WHAT, "a file is not described")
    name = _matching(value.get("name"), _NAME, "a file has no plain name")
    if name in (MANIFEST, SIGNATURES, PINNED):
        raise Malformed(_WHAT, f"a file is called {name}")
    size = value.get("size")
    if type(size) is not int or not 0 < size <= MAX_FILE:
        raise Malformed(_WHAT, f"{name} is empty, or larger than any client")
    return ReleaseFile(name, size, _read_hex(value.get("sha256"), 32, _WHAT).hex())


# --- signatures ---------------------------------------------------------------------------------


def sign_manifest(content: bytes, privates: Iterable[Ed25519PrivateKey]) -> bytes:
    """What goes into `manifest.sig`."""
    made = [
        Signature(private.public_key().public_bytes_raw(), sign(private, SIGN_RELEASE, content))
        for private in privates
    ]
    return write_signatures(made)


def write_signatures(signatures: Iterable[Signature]) -> bytes:
    return _write([{"key": one.key.hex(), "signature": one.signature.hex()} for one in signatures])


def read_signatures(content: bytes) -> tuple[Signature, ...]:
    what = "The release's signatures"
    rows = _read(content, MAX_SIGNATURES, what, kind=list)
    if not 0 < len(rows) <= MAX_KEYS or not all(isinstance(row, dict) for row in rows):
        raise Malformed(what, f"there is none, or there are more than {MAX_KEYS}")
    return tuple(
        Signature(
            _read_hex(row.get("key"), 32, what),
            _read_hex(row.get("signature"), 64, what),
        )
        for row in rows
    )


def signers(
    content: bytes, signatures: Iterable[Signature], pinned: Iterable[bytes]
) -> frozenset[bytes]:
    """Which of the pinned keys signed these bytes; what does not hold counts for none."""
    wanted = frozenset(pinned)
    return frozenset(one.key for one in signatures if one.key in wanted and _holds(content, one))


def _holds(content: bytes, one: Signature) -> bool:
    try:
        check_signature(one.key, SIGN_RELEASE, content, one.signature, "a release")
    except SignatureInvalid:
        return False
    return True


# --- the keys that a client pins ----------------------------------------------------------------


def write_pinned(keys: Iterable[bytes]) -> bytes:
    """What goes into `release-keys.json`."""
    return _write({"format": FORMAT, "keys": [key.hex() for key in keys]})


def read_pinned(content: bytes) -> tuple[bytes, ...]:
    what = "The list of release keys"
    value = _read(content, MAX_SIGNATURES, what)
    _check_format(value, what)
    return _read_keys(value.get("keys"), what)


def _read_keys(value: object, what: str) -> tuple[bytes, ...]:
    rows = value if isinstance(value, list) else []
    keys = tuple(_read_hex(row, 32, what) for row in rows)
    if not 0 < len(keys) <= MAX_KEYS or len(set(keys)) != len(keys):
        raise Malformed(what, f"it has no key, more than {MAX_KEYS}, or one twice")
    return keys


# --- JSON, strictly -----------------------------------------------------------------------------


def _write(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


def _read(content: bytes, limit: int, what: str, *, kind: type = dict) -> Any:
    if len(content) > limit:
        raise Malformed(what, f"it has more than {limit} bytes")
    try:
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise Malformed(what, "it is no valid JSON") from None
    if not isinstance(value, kind):
        raise Malformed(what, f"it is no JSON {'object' if kind is dict else 'list'}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may choose differently between two values of one key."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _check_format(value: Mapping[str, Any], what: str) -> None:
    found = value.get("format")
    if type(found) is not int:
        raise Malformed(what, "it does not say its format")
    if found != FORMAT:
        raise UnknownVersion(what, found)


def _matching(value: object, pattern: re.Pattern[str], why: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Malformed(_WHAT, why)
    return value


def _read_hex(value: object, length: int, what: str) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * length or not _HEX.fullmatch(value):
        raise Malformed(what, f"a key, hash or signature is not {length} bytes in hexadecimal")
    return bytes.fromhex(value)
