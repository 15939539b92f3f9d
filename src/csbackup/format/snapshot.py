"""Snapshots and certificates: what a device says about its backup, signed, each naming the last.

    certificate = [1, account, device, serial, Ed25519 public, X25519 public, not before, powers]
                  signed by the account key, domain "certificate"
    snapshot    = [1, account, device, serial, source, sequence, previous, started, finished,
                   settings id, roots id, report id, totals, coverage, problems, flags, heads,
                   client version]
                  signed by the device key of that serial, domain "snapshot"
    totals      = [files, folders, bytes, changed files, bytes read]
    problems    = [[class, count], ...]      heads = [[device, sequence, snapshot id], ...]

Times are nanoseconds since 1970 by the device's clock; coverage is in parts per million. The
sequence begins at 1; `previous` is empty there. Flag 1 marks a checkpoint (partial).
"""

from __future__ import annotations

from dataclasses import dataclass

from csbackup.errors import Malformed, UnknownVersion
from csbackup.format.encoding import (
    check_length,
    check_natural,
    decode_versioned,
    encode,
    fields,
)
from csbackup.format.ids import (
    LONG,
    SHORT,
    AccountId,
    DeviceId,
    NodeId,
    SnapshotId,
    SourceId,
)
from csbackup.format.tree import SETTINGS, Node, SettingsNode, make_node

VERSION = 1
PARTIAL = 1
PRIVATE_NAMES = 2  # kept for names that the server cannot read
SIGN_SNAPSHOT = b"snapshot"
SIGN_CERTIFICATE = b"certificate"
POWER_PUT = b"put"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The account's word that a key pair speaks for a device."""

    account: AccountId
    device: DeviceId
    serial: int
    signing_public: bytes
    sealing_public: bytes
    not_before_ns: int
    powers: tuple[bytes, ...] = (POWER_PUT,)

    def encode(self) -> bytes:
        return encode(
            [
                VERSION,
                self.account,
                self.device,
                self.serial,
                self.signing_public,
                self.sealing_public,
                self.not_before_ns,
                list(self.powers),
            ]
        )


def read_certificate(data: bytes) -> Certificate:
    what = "A device's certificate"
    value = _versioned(data, what)
    _, account, device, serial, signing, sealing, not_before, powers = fields(
        value, "ibbibbia", what
    )
    check_length(account, SHORT, what)
    check_length(device, SHORT, what)
    check_length(signing, 32, what)
    check_length(sealing, 32, what)
    if serial < 1 or not all(type(power) is bytes for power in powers):
        raise Malformed(what, "a field is out of range")
    return Certificate(
        AccountId(account), DeviceId(device), serial, signing, sealing, not_before, tuple(powers)
    )


@dataclass(frozen=True, slots=True)
class Totals:
    files: int = 0
    folders: int = 0
    bytes: int = 0
    files_changed: int = 0
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """The newest sequence and hash of a device that somebody has seen."""

    device: DeviceId
    sequence: int
    snapshot: SnapshotId


@dataclass(frozen=True, slots=True)
class Snapshot:
    account: AccountId
    device: DeviceId
    serial: int
    source: SourceId
    sequence: int
    previous: SnapshotId
    started_ns: int
    finished_ns: int
    settings: NodeId
    roots: NodeId
    report: NodeId
    totals: Totals
    coverage_ppm: int
    problems: tuple[tuple[str, int], ...] = ()
    partial: bool = False
    heads: tuple[Head, ...] = ()
    client: str = ""

    def encode(self) -> bytes:
        """The bytes to sign."""
        totals = self.totals
        return encode(
            [
                VERSION,
                self.account,
                self.device,
                self.serial,
                self.source,
                self.sequence,
                self.previous,
                self.started_ns,
                self.finished_ns,
                self.settings,
                self.roots,
                self.report,
                [
                    totals.files,
                    totals.folders,
                    totals.bytes,
                    totals.files_changed,
                    totals.bytes_read,
                ],
                self.coverage_ppm,
                [[problem.encode(), count] for problem, count in sorted(self.problems)],
                PARTIAL if self.partial else 0,
                [[head.device, head.sequence, head.snapshot] for head in self.heads],
                self.client.encode(),
            ]
        )


def read_snapshot(signed: bytes) -> Snapshot:
    """Every field checked; the signature is the caller's to check."""
    what = "A snapshot"
    value = fields(_versioned(signed, what), "ibbibibiibbbaiaiab", what)
    for field, length in ((1, SHORT), (2, SHORT), (4, SHORT), (9, LONG), (10, LONG), (11, LONG)):
        check_length(value[field], length, what)
    sequence, previous, flags = value[5], value[6], value[15]
    if sequence < 1 or len(previous) != (0 if sequence == 1 else LONG):
        raise Malformed(what, "its place in the chain is wrong")
    if not 0 <= value[13] <= 1_000_000 or value[3] < 1:
        raise Malformed(what, "a field is out of range")
    if flags not in (0, PARTIAL):
        raise UnknownVersion("A snapshot's flags", flags)
    return Snapshot(
        account=AccountId(value[1]),
        device=DeviceId(value[2]),
        serial=value[3],
        source=SourceId(value[4]),
        sequence=sequence,
        previous=SnapshotId(previous),
        started_ns=value[7],
        finished_ns=value[8],
        settings=NodeId(value[9]),
        roots=NodeId(value[10]),
        report=NodeId(value[11]),
        totals=_totals(value[12], what),
        coverage_ppm=value[13],
        problems=tuple(_problem(row, what) for row in value[14]),
        partial=bool(flags & PARTIAL),
        heads=tuple(_head(row, what) for row in value[16]),
        client=value[17].decode(errors="replace"),
    )


def _totals(row: object, what: str) -> Totals:
    numbers = fields(row, "iiiii", what)
    check_natural(what, *numbers)
    return Totals(*numbers)


def _problem(row: object, what: str) -> tuple[str, int]:
    problem, count = fields(row, "bi", what)
    check_natural(what, count)
    return problem.decode(errors="replace"), count


def _head(row: object, what: str) -> Head:
    device, sequence, snapshot = fields(row, "bib", what)
    check_length(device, SHORT, what)
    check_length(snapshot, LONG, what)
    check_natural(what, sequence)
    return Head(DeviceId(device), sequence, SnapshotId(snapshot))


def _versioned(data: bytes, what: str) -> list[object]:
    value = decode_versioned(data, VERSION, what)
    if encode(value) != data:
        raise Malformed(what, "it is not in the one encoding there is")
    return value


# --- settings ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settings:
    """What a device backs up; part of every snapshot, as a node.

    payload = [source, [root, ...], [pattern, ...], one file system?, default exclusions?]
    """

    source: SourceId
    roots: tuple[bytes, ...] = ()
    exclusions: tuple[str, ...] = ()
    one_file_system: bool = False
    default_exclusions: bool = True

    def node(self) -> Node:
        payload = [
            self.source,
            list(self.roots),
            [pattern.encode() for pattern in self.exclusions],
            int(self.one_file_system),
            int(self.default_exclusions),
        ]
        return make_node(SETTINGS, payload)


def read_settings(node: SettingsNode) -> Settings:
    what = "Settings"
    source, roots, exclusions, one_file_system, defaults = fields(node.payload, "baaii", what)
    if not all(type(value) is bytes for value in (*roots, *exclusions)):
        raise Malformed(what, "a field has another type than the format says")
    return Settings(
        SourceId(check_length(source, SHORT, what)),
        tuple(roots),
        tuple(pattern.decode(errors="replace") for pattern in exclusions),
        bool(one_file_system),
        bool(defaults),
    )
