"""What the browser does to make a restore order, in Python."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from csbackup.client.config import Home
from csbackup.client.connection import open_transport, read_address
from csbackup.client.keyring import load_device
from csbackup.client.unlock import Secret, UnlockedAccount, unlock
from csbackup.format.ids import AccountId, DeviceId, OrderId, SnapshotId
from csbackup.format.keys import SUITE, AccountKeys, X25519PublicKey, check_signature, sign
from csbackup.format.orders import LIFE_NS, SIGN_ORDER, Order, key_name, order_info
from csbackup.format.snapshot import SIGN_CERTIFICATE, read_certificate
from csbackup.protocol import messages
from csbackup.protocol.adapter import parse, render
from support.api import Api, DeviceCaller, PersonCaller, b64
from support.processes import Client


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


# --- through the application itself ------------------------------------------------------------


def placed_order(api: Api, anna: PersonCaller, laptop: DeviceCaller) -> SignedOrder:
    order = next_order(api, anna, laptop)
    message = {"order": b64(order.document), "signature": b64(order.signature)}
    assert api.post("orders", token=anna.token, json=message).status_code == 201
    return order


def next_order(api: Api, anna: PersonCaller, laptop: DeviceCaller) -> SignedOrder:
    """One that Anna has signed and not sent."""
    wish = Wish(laptop.device, laptop.device, 1, (b"/data",))
    answer = api.post("orders/prepare", token=anna.token, json=render(draft_of(wish)))
    plan = parse(messages.OrderPlan, answer.json())
    return make_order(anna.keys, wish, plan, now=time.time_ns())


# --- over HTTPS, with the keys that a password opens ---------------------------------------------


@dataclass(frozen=True)
class Browser:
    """A person signed in, whose keys are open."""

    unlocked: UnlockedAccount

    @property
    def keys(self) -> AccountKeys:
        return self.unlocked.keys

    def device(self, name: str) -> DeviceId:
        found = {one.name: one.device for one in self.unlocked.connection.devices()}
        return DeviceId(found[name])

    def ask(self, kind: Any, method: str, path: str, message: Any = None) -> Any:
        return self.unlocked.connection.transport.ask(kind, method, path, message)

    def make(self, wish: Wish, **changes: Any) -> SignedOrder:
        plan = self.ask(messages.OrderPlan, "POST", "orders/prepare", draft_of(wish))
        return make_order(self.keys, wish, plan, now=changes.pop("now", time.time_ns()), **changes)

    def data_keys(self, wish: Wish) -> list[bytes]:
        """The keys that an order for this would bring, opened."""
        plan = self.ask(messages.OrderPlan, "POST", "orders/prepare", draft_of(wish))
        return [self.keys.data_key(sealed) for sealed in plan.data_keys]

    def send(self, order: SignedOrder) -> messages.OrderInfo:
        new = messages.NewOrder(order.document, order.signature)
        return cast("messages.OrderInfo", self.ask(messages.OrderInfo, "POST", "orders", new))

    def place(self, wish: Wish, **changes: Any) -> SignedOrder:
        order = self.make(wish, **changes)
        self.send(order)
        return order

    def withdraw(self, order: SignedOrder) -> messages.OrderInfo:
        path = f"orders/{order.id.hex()}"
        return cast("messages.OrderInfo", self.ask(messages.OrderInfo, "DELETE", path))

    def look(self, order: SignedOrder) -> messages.OrderInfo:
        found = self.ask(messages.OrderList, "GET", "orders").orders
        return next(one for one in found if one.order == order.id)

    def await_state(
        self, order: SignedOrder, *states: str, seconds: float = 120.0
    ) -> messages.OrderInfo:
        until = time.monotonic() + seconds
        while (info := self.look(order)).state not in states:
            assert time.monotonic() < until, f"the order is still {info.state}: {info.message}"
            time.sleep(0.1)
        return info


def open_browser(client: Client) -> Browser:
    """Sign in to the account that `client` belongs to."""
    home = Home(client.home)
    device = load_device(home)
    transport = open_transport(home, read_address(device.url), device.pin)
    return Browser(unlock(transport, device.account_name, Secret(password=client.password)))
