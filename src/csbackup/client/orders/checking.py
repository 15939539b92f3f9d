"""Whether a restore order is the account's word to this device; nothing is believed before."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.browse.chain import Kept
from csbackup.client.keyring import EnrolledDevice
from csbackup.errors import OrderExpired, OrderInvalid
from csbackup.format.ids import OrderId, snapshot_id
from csbackup.format.keys import check_signature
from csbackup.format.orders import SIGN_ORDER, Order, OrderKeys, open_order_keys, read_order
from csbackup.format.snapshot import (
    SIGN_CERTIFICATE,
    SIGN_SNAPSHOT,
    Certificate,
    read_certificate,
    read_snapshot,
)
from csbackup.protocol.messages import DeviceOrder

_CLOCKS_DIFFER_NS = 24 * 3600 * 1_000_000_000
_LATEST_NS = 7_258_118_400 * 1_000_000_000  # the year 2200: no calendar here fails before it


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """`signed_here`: the snapshot holds under the key that this device signs with now."""

    order: Order
    document: bytes
    kept: Kept
    keys: OrderKeys
    signed_here: bool
    source_name: str


def check_order(
    own: EnrolledDevice, asked: OrderId, told: DeviceOrder, now_ns: int
) -> CheckedOrder:
    """An order that holds; a `FormatError` or an `OrderInvalid` says what does not.

    From the account's key, pinned when this device was enrolled: the order; from the order the
    snapshot's id; and besides, the source's certificate and the snapshot's signature under it.
    """
    public = own.keys.account_public
    check_signature(public, SIGN_ORDER, told.document, told.signature, "the restore order")
    order = read_order(told.document)
    _check_address(own, asked, order)
    _check_time(order, told.now, now_ns)
    certificate = _check_certificate(own, order, told)
    kept = _check_snapshot(order, certificate, told)
    keys = open_order_keys(order, own.sealing_private, own.keys)
    signed_here = order.source == own.device and certificate.signing_public == _own_public(own)
    return CheckedOrder(order, told.document, kept, keys, signed_here, told.source_name)


def _check_address(own: EnrolledDevice, asked: OrderId, order: Order) -> None:
    if (order.account, order.device) != (own.account, own.device):
        raise OrderInvalid("it was given to another device")
    if order.serial != own.serial:
        raise OrderInvalid("it was given to the machine that was this device before, or after")
    if order.target and not Path(os.fsdecode(order.target)).is_absolute():
        raise OrderInvalid("the folder it writes to is no whole path on this machine")
    if order.order != asked:
        raise OrderInvalid("the server gives it another id")


def _check_time(order: Order, server_ns: int, now_ns: int) -> None:
    if now_ns >= order.expires_ns:
        raise OrderExpired("by this machine's clock it has expired")
    if server_ns >= order.expires_ns:
        raise OrderExpired("by the server's clock it has expired")
    if order.created_ns > now_ns + _CLOCKS_DIFFER_NS:
        raise OrderInvalid("by this machine's clock it was given in the future. Is that right")


def _check_certificate(own: EnrolledDevice, order: Order, told: DeviceOrder) -> Certificate:
    what = "the certificate of the order's source"
    public, signature = own.keys.account_public, told.certificate_signature
    check_signature(public, SIGN_CERTIFICATE, told.certificate, signature, what)
    certificate = read_certificate(told.certificate)
    if (certificate.account, certificate.device) != (own.account, order.source):
        raise OrderInvalid("the certificate that comes with it is another device's")
    return certificate


def _check_snapshot(order: Order, certificate: Certificate, told: DeviceOrder) -> Kept:
    if snapshot_id(told.snapshot) != order.snapshot:
        raise OrderInvalid("the server gives another snapshot than it names")
    what = "the snapshot of the restore order"
    public, signature = certificate.signing_public, told.snapshot_signature
    check_signature(public, SIGN_SNAPSHOT, told.snapshot, signature, what)
    snapshot = read_snapshot(told.snapshot)
    signer = (snapshot.account, snapshot.device, snapshot.serial)
    if signer != (certificate.account, certificate.device, certificate.serial):
        raise OrderInvalid("the snapshot that comes with it is another device's")
    if snapshot.sequence != order.sequence or not 0 <= told.received < _LATEST_NS:
        raise OrderInvalid("the number or the time of its snapshot is another one")
    return Kept(order.snapshot, snapshot, told.received)


def _own_public(own: EnrolledDevice) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(own.signing_private).public_key().public_bytes_raw()
