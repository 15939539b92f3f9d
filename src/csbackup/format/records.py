"""Records: small files beside the packs that hold what only the server knows.

`records/<account id>/<file>`, CBOR arrays, written before the catalog, replaced as a whole:

    account-<epoch>               [1, account, epoch, name, role, created, kdf, auth hash,
                                   recovery auth hash, wrap by password, wrap by recovery key,
                                   sealing public, account public, quota]
    device-<device>-<serial>      [1, device, name, os, created, serial, certificate, signature,
                                   token hash, revoked]
    snapshot-<device>-<sequence>  [1, device, sequence, received, upload, signed, signature]
    stub-<device>-<sequence>      [1, device, sequence, received, snapshot id, signature, reason]
    order-<order>                 [1, order, received, document, signature]
    deletion-<account>            [1, account, asked, due, begun]
    settings-<device>-<revision>  [1, device, revision, what changed]
    told-<device>                 [1, device, what it says of its settings]
    template-<template>           [1, template, its settings]

`records/server/<file>`, of no account:

    rollout-<number>              [1, number, changed, account, version, stage, first devices,
                                   automatic hours]

Ids in names are lower-case hexadecimal, epoch, serial and number have 8 digits, sequences and
revisions 10. Of several account records the highest epoch holds. `revoked` is 0 while the
certificate holds. A deletion is asked for; it is `begun` (else 0) once it cannot be taken back, and
stays for ever. What concerns settings is JSON as in `csbackup.protocol.messages`: it grows with
each release. Times are nanoseconds since 1970 by the server's clock. Of several rollouts the one
with the highest number holds; its account is empty where it went on by itself, its devices are ids
one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from csbackup.errors import Malformed
from csbackup.format.encoding import check_length, check_natural, decode_versioned, encode, fields
from csbackup.format.ids import (
    LONG,
    SHORT,
    AccountId,
    DeviceId,
    OrderId,
    SnapshotId,
    TemplateId,
    UploadId,
)

VERSION = 1


@dataclass(frozen=True, slots=True)
class AccountRecord:
    account: AccountId
    epoch: int
    name: str
    role: str
    created_ns: int
    kdf: bytes
    auth_hash: bytes
    recovery_auth_hash: bytes
    wrap_password: bytes
    wrap_recovery: bytes
    sealing_public: bytes
    account_public: bytes
    quota_bytes: int = 0

    @property
    def file_name(self) -> str:
        return f"account-{self.epoch:08d}"

    def encode(self) -> bytes:
        return encode(
            [
                VERSION,
                self.account,
                self.epoch,
                self.name.encode(),
                self.role.encode(),
                self.created_ns,
                self.kdf,
                self.auth_hash,
                self.recovery_auth_hash,
                self.wrap_password,
                self.wrap_recovery,
                self.sealing_public,
                self.account_public,
                self.quota_bytes,
            ]
        )


def read_account_record(data: bytes) -> AccountRecord:
    what = "An account's record"
    row = fields(decode_versioned(data, VERSION, what), "ibibbibbbbbbbi", what)
    check_length(row[1], SHORT, what)
    check_natural(what, row[2], row[13])
    return AccountRecord(AccountId(row[1]), row[2], _text(row[3]), _text(row[4]), *row[5:])


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    device: DeviceId
    name: str
    os: str
    created_ns: int
    serial: int
    certificate: bytes
    signature: bytes
    token_hash: bytes
    revoked_ns: int = 0

    @property
    def file_name(self) -> str:
        return f"device-{self.device.hex()}-{self.serial:08d}"

    def encode(self) -> bytes:
        return encode(
            [
                VERSION,
                self.device,
                self.name.encode(),
                self.os.encode(),
                self.created_ns,
                self.serial,
                self.certificate,
                self.signature,
                self.token_hash,
                self.revoked_ns,
            ]
        )


def read_device_record(data: bytes) -> DeviceRecord:
    what = "A device's record"
    row = fields(decode_versioned(data, VERSION, what), "ibbbiibbbi", what)
    check_length(row[1], SHORT, what)
    check_natural(what, row[5], row[9])
    return DeviceRecord(DeviceId(row[1]), _text(row[2]), _text(row[3]), *row[4:])


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    device: DeviceId
    sequence: int
    received_ns: int
    upload: UploadId
    signed: bytes
    signature: bytes

    @property
    def file_name(self) -> str:
        return snapshot_record_name(self.device, self.sequence)

    def encode(self) -> bytes:
        return encode(
            [
                VERSION,
                self.device,
                self.sequence,
                self.received_ns,
                self.upload,
                self.signed,
                self.signature,
            ]
        )


def snapshot_record_name(device: DeviceId, sequence: int) -> str:
    return f"snapshot-{device.hex()}-{sequence:010d}"


def read_snapshot_record(data: bytes) -> SnapshotRecord:
    what = "A snapshot's record"
    row = fields(decode_versioned(data, VERSION, what), "ibiibbb", what)
    check_length(row[1], SHORT, what)
    check_natural(what, row[2])
    return SnapshotRecord(DeviceId(row[1]), row[2], row[3], UploadId(row[4]), row[5], row[6])


@dataclass(frozen=True, slots=True)
class StubRecord:
    """What stays of a snapshot that expired, so that the chain can still be followed."""

    device: DeviceId
    sequence: int
    received_ns: int
    snapshot: SnapshotId
    signature: bytes
    reason: str

    @property
    def file_name(self) -> str:
        return f"stub-{self.device.hex()}-{self.sequence:010d}"

    def encode(self) -> bytes:
        return encode(
            [
                VERSION,
                self.device,
                self.sequence,
                self.received_ns,
                self.snapshot,
                self.signature,
                self.reason.encode(),
            ]
        )


def read_stub_record(data: bytes) -> StubRecord:
    what = "A stub"
    row = fields(decode_versioned(data, VERSION, what), "ibiibbb", what)
    check_length(row[1], SHORT, what)
    check_natural(what, row[2])
    check_length(row[4], LONG, what)
    return StubRecord(DeviceId(row[1]), row[2], row[3], SnapshotId(row[4]), row[5], _text(row[6]))


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """A restore order that has not ended."""

    order: OrderId
    received_ns: int
    document: bytes
    signature: bytes

    @property
    def file_name(self) -> str:
        return order_record_name(self.order)

    def encode(self) -> bytes:
        return encode([VERSION, self.order, self.received_ns, self.document, self.signature])


def order_record_name(order: OrderId) -> str:
    return f"order-{order.hex()}"


def read_order_record(data: bytes) -> OrderRecord:
    what = "An order's record"
    row = fields(decode_versioned(data, VERSION, what), "ibibb", what)
    check_length(row[1], SHORT, what)
    return OrderRecord(OrderId(row[1]), row[2], row[3], row[4])


@dataclass(frozen=True, slots=True)
class DeletionRecord:
    """An account is to be deleted. Once begun, whatever else is found of it is to be removed."""

    account: AccountId
    asked_ns: int
    due_ns: int
    begun_ns: int = 0

    @property
    def file_name(self) -> str:
        return deletion_record_name(self.account)

    def encode(self) -> bytes:
        return encode([VERSION, self.account, self.asked_ns, self.due_ns, self.begun_ns])


def deletion_record_name(account: AccountId) -> str:
    return f"deletion-{account.hex()}"


def read_deletion_record(data: bytes) -> DeletionRecord:
    what = "The record of a deletion"
    row = fields(decode_versioned(data, VERSION, what), "ibiii", what)
    check_length(row[1], SHORT, what)
    check_natural(what, row[2], row[3], row[4])
    return DeletionRecord(AccountId(row[1]), *row[2:])


@dataclass(frozen=True, slots=True)
class SettingsRecord:
    """One revision of a device's settings: who changed what, and what became of it."""

    device: DeviceId
    revision: int
    document: bytes

    @property
    def file_name(self) -> str:
        return settings_record_name(self.device, self.revision)

    def encode(self) -> bytes:
        return encode([VERSION, self.device, self.revision, self.document])


def settings_record_name(device: DeviceId, revision: int) -> str:
    return f"settings-{device.hex()}-{revision:010d}"


def read_settings_record(data: bytes) -> SettingsRecord:
    what = "The record of a change of settings"
    row = fields(decode_versioned(data, VERSION, what), "ibib", what)
    check_length(row[1], SHORT, what)
    check_natural(what, row[2])
    return SettingsRecord(DeviceId(row[1]), row[2], row[3])


@dataclass(frozen=True, slots=True)
class ToldRecord:
    """What a device said last of the settings that it has, and who may change them."""

    device: DeviceId
    document: bytes

    @property
    def file_name(self) -> str:
        return f"told-{self.device.hex()}"

    def encode(self) -> bytes:
        return encode([VERSION, self.device, self.document])


def read_told_record(data: bytes) -> ToldRecord:
    what = "The record of a device's settings"
    row = fields(decode_versioned(data, VERSION, what), "ibb", what)
    check_length(row[1], SHORT, what)
    return ToldRecord(DeviceId(row[1]), row[2])


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """Settings for many devices."""

    template: TemplateId
    document: bytes

    @property
    def file_name(self) -> str:
        return template_record_name(self.template)

    def encode(self) -> bytes:
        return encode([VERSION, self.template, self.document])


def template_record_name(template: TemplateId) -> str:
    return f"template-{template.hex()}"


def read_template_record(data: bytes) -> TemplateRecord:
    what = "The record of a template"
    row = fields(decode_versioned(data, VERSION, what), "ibb", what)
    check_length(row[1], SHORT, what)
    return TemplateRecord(TemplateId(row[1]), row[2])


@dataclass(frozen=True, slots=True)
class RolloutRecord:
    """Which release devices should run from then on, and who said so."""

    number: int
    changed_ns: int
    account: bytes  # an id, or empty
    version: str
    stage: str
    first: bytes
    automatic_hours: int

    @property
    def file_name(self) -> str:
        return f"rollout-{self.number:08d}"

    def encode(self) -> bytes:
        return encode(
            [
                VERSION,
                self.number,
                self.changed_ns,
                self.account,
                self.version.encode(),
                self.stage.encode(),
                self.first,
                self.automatic_hours,
            ]
        )


def read_rollout_record(data: bytes) -> RolloutRecord:
    what = "The record of a rollout"
    row = fields(decode_versioned(data, VERSION, what), "iiibbbbi", what)
    check_natural(what, row[1], row[2], row[7])
    if row[3]:
        check_length(row[3], SHORT, what)
    if len(row[6]) % SHORT:
        raise Malformed(what, "its devices are no ids")
    return RolloutRecord(row[1], row[2], row[3], _text(row[4]), _text(row[5]), row[6], row[7])


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
