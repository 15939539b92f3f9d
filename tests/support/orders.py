"""What the browser does to make a restore order, in Python."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from csbackup.format.ids import AccountId, DeviceId, OrderId, SnapshotId
from csbackup.format.keys import SUITE, AccountKeys, X25519PublicKey, check_signature, sign
from csbackup.format.orders import LIFE_NS, SIGN_ORDER, Order, key_name, order_info
from csbackup.format.snapshot import SIGN_CERTIFICATE, read_certificate
from csbackup.protocol import messages


@dataclass(frozen=True)
class SignedOrder:
    order: Order
    document: bytes
    signature: bytes

    @property
    def id(self) -> OrderId:
        return self.order.order


@dataclass(frozen=True)
class Wish:
    """What the person chose."""

    device: DeviceId
    source: DeviceId
    sequence: int
    paths: tuple[bytes, ...] = ()
    target: bytes = b""
    overwrite: bool = False


def draft_of(wish: Wish) -> messages.OrderDraft:
    return messages.OrderDraft(wish.device, wish.source, wish.sequence, wish.paths)


def make_order(
    keys: AccountKeys, wish: Wish, plan: messages.OrderPlan, *, now: int, **changes: Any
) -> SignedOrder:
    """`changes`: fields of the order that are otherwise than they should be."""
    account = keys.device.account
    signature = plan.certificate_signature
    check_signature(
        keys.device.account_public, SIGN_CERTIFICATE, plan.certificate, signature, "certificate"
    )
    public = read_certificate(plan.certificate).sealing_public
    order = OrderId(secrets.token_bytes(16))
    order = Order(
        account=account,
        order=order,
        device=wish.device,
        serial=plan.serial,
        number=plan.number,
        source=wish.source,
        sequence=wish.sequence,
        snapshot=SnapshotId(plan.snapshot),
        paths=wish.paths,
        target=wish.target,
        overwrite=wish.overwrite,
        created_ns=now,
        expires_ns=now + LIFE_NS,
        sealed_keys=seal_keys(keys, plan.data_keys, public, account, wish.device, order),
    )
    return signed(replace(order, **changes), keys)


def signed(order: Order, keys: AccountKeys) -> SignedOrder:
    document = order.encode()
    return SignedOrder(order, document, sign(keys.signing_private, SIGN_ORDER, document))


def seal_keys(
    keys: AccountKeys,
    sealed: Sequence[bytes],
    public: bytes,
    account: AccountId,
    device: DeviceId,
    order: OrderId,
) -> bytes:
    rows = b"".join(key_name(one) + keys.data_key(one) for one in sealed)
    info = order_info(account, device, order)
    return SUITE.encrypt(rows, X25519PublicKey.from_public_bytes(public), info=info)
