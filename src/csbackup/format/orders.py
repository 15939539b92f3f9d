"""Restore orders: a person's signed word that a device may write back what was backed up.

    order = [1, account, order, device, serial, number, source, sequence, snapshot id, [path, ...],
             target, rule, created, expires, sealed keys]
            signed by the account key, domain "order"
    keys  = HPKE.Seal(X25519 key of the device's certificate, info = "csb1/order-keys" || account
            || device || order, aad = "", [first 16 bytes of the sealed data key || data key] ...)

The target is empty for the place where it was, else a folder. Rule 0 writes beside what is there,
1 replaces it once a person at the device agrees. Times are nanoseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from csbackup.errors import BlockDamaged, Malformed
from csbackup.format.encoding import (
    check_length,
    check_natural,
    decode_versioned,
    encode,
    fields,
)
from csbackup.format.ids import LONG, SHORT, AccountId, DeviceId, OrderId, SnapshotId
from csbackup.format.keys import SECRET_BYTES, SUITE, DeviceKeys

VERSION = 1
SIGN_ORDER = b"order"
BESIDE = 0
OVERWRITE = 1
LIFE_NS = 7 * 24 * 3600 * 1_000_000_000
MAX_PATHS = 1_000
MAX_PATH = 32 * 1024
MAX_PATHS_BYTES = 200 * 1024
MAX_KEYS = 10_000
MAX_ORDER = 720 * 1024
NAME_BYTES = 16
_KEY_BYTES = NAME_BYTES + SECRET_BYTES
_SEALING_BYTES = 32 + 16
_WHAT = "A restore order"


@dataclass(frozen=True, slots=True)
class Order:
    """`target` empty: where it was. `paths` empty: everything."""

    account: AccountId
    order: OrderId
    device: DeviceId
    serial: int
    number: int
    source: DeviceId
    sequence: int
    snapshot: SnapshotId
    paths: tuple[bytes, ...]
    target: bytes
    overwrite: bool
    created_ns: int
    expires_ns: int
    sealed_keys: bytes

    def encode(self) -> bytes:
        """The bytes to sign."""
        return encode(
            [
                VERSION,
                self.account,
                self.order,
                self.device,
                self.serial,
                self.number,
                self.source,
                self.sequence,
                self.snapshot,
                list(self.paths),
                self.target,
                OVERWRITE if self.overwrite else BESIDE,
                self.created_ns,
                self.expires_ns,
                self.sealed_keys,
            ]
        )


def read_order(data: bytes) -> Order:
    """`Malformed` for whatever no honest browser makes."""
    if len(data) > MAX_ORDER:
        raise Malformed(_WHAT, f"it has more than {MAX_ORDER} bytes")
    value = decode_versioned(data, VERSION, _WHAT)
    row = fields(value, "ibbbiibibabiiib", _WHAT)
    if encode(value) != data:
        raise Malformed(_WHAT, "it is not in the one encoding there is")
    for id, length in ((1, SHORT), (2, SHORT), (3, SHORT), (6, SHORT), (8, LONG)):
        check_length(row[id], length, _WHAT)
    check_natural(_WHAT, row[12], row[13])
    if min(row[4], row[5], row[7]) < 1 or row[11] not in (BESIDE, OVERWRITE):
        raise Malformed(_WHAT, "a field is out of range")
    if not 0 < row[13] - row[12] <= LIFE_NS:
        raise Malformed(_WHAT, "it holds for longer than seven days, or never")
    order = Order(
        AccountId(row[1]),
        OrderId(row[2]),
        DeviceId(row[3]),
        row[4],
        row[5],
        DeviceId(row[6]),
        row[7],
        SnapshotId(row[8]),
        check_paths(row[9]),
        row[10],
        row[11] == OVERWRITE,
        *row[12:],
    )
    _check_target(order.target)
    _count_keys(len(order.sealed_keys))
    return order


def check_paths(paths: object) -> tuple[bytes, ...]:
    """Whole paths of a snapshot, not too many, none twice."""
    found = tuple(paths) if isinstance(paths, list | tuple) else ()
    if not all(type(path) is bytes and 0 < len(path) <= MAX_PATH for path in found):
        raise Malformed(_WHAT, "a path is no path")
    if any(b"\0" in path for path in found) or len(set(found)) != len(found):
        raise Malformed(_WHAT, "a path cannot be one, or is there twice")
    if len(found) > MAX_PATHS or sum(map(len, found)) > MAX_PATHS_BYTES:
        raise Malformed(_WHAT, f"it names more than {MAX_PATHS} paths, or too long ones")
    return found


def _check_target(target: bytes) -> None:
    if not target:
        return
    parts = target.split(b"/")
    if len(target) > MAX_PATH or b"\0" in target or b".." in parts or b"." in parts:
        raise Malformed(_WHAT, "its target is no whole path")


def _count_keys(sealed: int) -> int:
    count, rest = divmod(sealed - _SEALING_BYTES, _KEY_BYTES)
    if rest or not 0 <= count <= MAX_KEYS:
        raise Malformed(_WHAT, f"its keys are cut short, or are more than {MAX_KEYS}")
    return count


# --- the data keys ------------------------------------------------------------------------------


def key_name(sealed: bytes) -> bytes:
    """How an order calls a data key: by the beginning of its sealed form, which is random."""
    return sealed[:NAME_BYTES]


def order_info(account: AccountId, device: DeviceId, order: OrderId) -> bytes:
    """What binds sealed keys to one order."""
    return b"csb1/order-keys" + account + device + order


@dataclass(frozen=True, slots=True)
class OrderKeys:
    """What a device opens blocks with, for one order; never on disk."""

    device: DeviceKeys
    data_keys: Mapping[bytes, bytes]

    def data_key(self, sealed: bytes) -> bytes:
        found = self.data_keys.get(key_name(sealed))
        if found is None:
            raise BlockDamaged("the order does not bring the key of its data")
        return found


def open_order_keys(order: Order, sealing_private: bytes, keys: DeviceKeys) -> OrderKeys:
    """`Malformed` when the keys are not sealed to this device for this order."""
    private = X25519PrivateKey.from_private_bytes(sealing_private)
    info = order_info(order.account, order.device, order.order)
    try:
        joined = SUITE.decrypt(order.sealed_keys, private, info=info)
    except (InvalidTag, ValueError) as problem:
        raise Malformed(_WHAT, "its keys are not sealed to this device") from problem
    rows = [joined[at : at + _KEY_BYTES] for at in range(0, len(joined), _KEY_BYTES)]
    return OrderKeys(keys, {row[:NAME_BYTES]: row[NAME_BYTES:] for row in rows})
