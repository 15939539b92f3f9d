"""A malicious server and restore orders: what it makes up, mixes or repeats is caught by name.

As in `test_malicious_server.py`, the real client meets a liar with the true server's identity.
"""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.config import Home
from csbackup.client.connection.transport import API, Request
from csbackup.client.keyring import load_device
from csbackup.format.ids import OrderId
from csbackup.format.keys import sign
from csbackup.format.orders import SIGN_ORDER, Order
from csbackup.format.snapshot import SIGN_CERTIFICATE, Certificate
from support.evil_world import (
    EvilWorld,
    check_honest,
    environment_of,
    evil_world,
    speaking_as,
    state_of,
)
from support.orders import Browser, SignedOrder, Wish, open_browser, signed
from support.tampering_server import Answer, Lie, bytes_told, told
from support.warm_client import WarmClient

DOCUMENT = Path(__file__).parents[2] / "docs" / "malicious-server.md"


@dataclass
class Orders:
    """The world, a person who gives orders, and the order that a scenario is about."""

    world: EvilWorld
    browser: Browser
    target: Path
    order: SignedOrder = field(init=False)

    def wish(self, **changes: Any) -> Wish:
        laptop = self.browser.device("laptop")
        paths = (str(self.world.source).encode(),)
        return Wish(laptop, laptop, 3, paths, str(self.target).encode(), **changes)

    def place(self, **changes: Any) -> SignedOrder:
        self.order = self.browser.place(self.wish(), **changes)
        return self.order

    @property
    def route(self) -> str:
        return f"device/orders/{self.order.id.hex()}"


Making = Callable[[Orders], list[Lie]]


@dataclass(frozen=True)
class Scenario:
    """What the server makes of an order that a person gave, and the name it is caught by."""

    name: str
    making: Making
    code: str


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def shown(orders: Orders, **fields: Any) -> list[Lie]:
    """The order is shown with other fields than it has."""
    return [Lie("GET", orders.route, told(lambda message: message | fields))]


def document(made: SignedOrder) -> dict[str, str]:
    return {"document": b64(made.document), "signature": b64(made.signature)}


def altered(**changes: Any) -> Making:
    """Fields are changed, and the signature stays."""

    def making(orders: Orders) -> list[Lie]:
        order = replace(orders.place().order, **changes)
        return shown(orders, document=b64(order.encode()))

    return making


def told_another(make: Callable[[Orders, Order], SignedOrder]) -> Making:
    """In place of the order, one that the account signed for something else."""

    def making(orders: Orders) -> list[Lie]:
        order = orders.place().order
        return shown(orders, **document(make(orders, order)))

    return making


def by_account(**changes: Any) -> Making:
    return told_another(
        lambda orders, order: signed(replace(order, **changes), orders.browser.keys)
    )


def by_thief(orders: Orders) -> list[Lie]:
    """Signed with the key of the device, which a server may have stolen."""
    order = orders.place()
    key = Ed25519PrivateKey.from_private_bytes(orders.world.device.signing_private)
    return shown(orders, signature=b64(sign(key, SIGN_ORDER, order.document)))


def by_stranger(orders: Orders) -> list[Lie]:
    order = orders.place().order
    return shown(orders, **document(signed(order, open_browser(orders.world.stranger).keys)))


def to_sibling(orders: Orders) -> list[Lie]:
    order = orders.place().order
    desktop = orders.browser.device("desktop")
    return shown(orders, **document(signed(replace(order, device=desktop), orders.browser.keys)))


def repeated(orders: Orders) -> list[Lie]:
    """An order that is over is offered again, as it was."""
    orders.place()
    return as_now(orders)


def too_late(orders: Orders) -> list[Lie]:
    """By the server's clock of before, the order still holds."""
    now = time.time_ns()
    orders.place(now=now, expires_ns=now + 3_000_000_000)
    lying = as_now(orders)
    time.sleep(3)
    return lying


def as_now(orders: Orders) -> list[Lie]:
    """From now on the device is told of the order what it would be told now."""
    with speaking_as(orders.world.laptop) as connection:
        response = connection.transport.send(Request("GET", API + orders.route))
    kept = Answer(200, response.content, {"Content-Type": "application/json"})
    head = {"order": orders.order.id.hex(), "number": 1, "state": "waiting"}
    return [
        Lie("GET", "device/orders", told(lambda message: message | {"orders": [head]})),
        Lie("GET", orders.route, lambda asked, forward: kept),
    ]


def other_snapshot(orders: Orders) -> list[Lie]:
    older = orders.world.snapshots_json(orders.world.laptop)[0]
    orders.place()
    return shown(orders, snapshot=older["signed"], snapshot_signature=older["signature"])


def signed_by_server(orders: Orders) -> list[Lie]:
    """A certificate for a key of the server's own, under which it could sign any snapshot."""
    orders.place()
    device = orders.world.device
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    made = Certificate(device.account, device.device, 1, public, bytes(32), 0).encode()
    signature = sign(key, SIGN_CERTIFICATE, made)
    return shown(orders, certificate=b64(made), certificate_signature=b64(signature))


SCENARIOS = [
    Scenario("an order with other paths", altered(paths=(b"/",)), "signature-invalid"),
    Scenario("an order with another target", altered(target=b"/etc"), "signature-invalid"),
    Scenario("an order that replaces what is there", altered(overwrite=True), "signature-invalid"),
    Scenario("an order that a stolen device key signed", by_thief, "signature-invalid"),
    Scenario("another account's order", by_stranger, "signature-invalid"),
    Scenario("a sibling's order", to_sibling, "order-invalid"),
    Scenario(
        "an order to the machine that was this device before",
        by_account(serial=7),
        "order-invalid",
    ),
    Scenario(
        "an older order under a new id", by_account(order=OrderId(bytes(16))), "order-invalid"
    ),
    Scenario("an order that was refused before", repeated, "order-replayed"),
    Scenario("an order that has expired", too_late, "order-expired"),
    Scenario("another snapshot than an order names", other_snapshot, "order-invalid"),
    Scenario(
        "a source's certificate that the server signed", signed_by_server, "signature-invalid"
    ),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvilWorld]:
    with evil_world(tmp_path_factory.mktemp("evil")) as world:
        yield world


@pytest.fixture(scope="module")
def browser(world: EvilWorld) -> Browser:
    return open_browser(world.laptop)


@pytest.fixture(scope="module")
def csb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmClient]:
    with WarmClient(tmp_path_factory.mktemp("csb")) as warm:
        yield warm


@pytest.fixture
def orders(world: EvilWorld, browser: Browser, tmp_path: Path) -> Iterator[Orders]:
    orders = Orders(world, browser, tmp_path / "target")
    yield orders
    browser.withdraw(orders.order)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_an_order_that_does_not_hold_is_caught_by_name(
    orders: Orders, csb: WarmClient, tmp_path: Path, scenario: Scenario
) -> None:
    client = orders.world.copy_of(orders.world.laptop, tmp_path)
    environment = environment_of(client)
    before = state_of(client)
    lying = scenario.making(orders)
    name = orders.order.id.hex()
    if scenario.making is repeated:
        assert csb.run(["orders", "refuse", name], environment).code == 0

    with orders.world.evil.lying(*lying) as lies:
        shown = csb.run(["orders"], environment)
        accepted = csb.run(["orders", "accept", name, "--json"], environment)
        ran = csb.run(["orders", "run", "--json"], environment)

    assert not lies.troubles
    assert lies.fired, "the lie was never told, so nothing is proven"
    assert accepted.named == {scenario.code}, accepted.said
    assert (shown.code, accepted.code, ran.code) == (0, 2, 1), shown.said + ran.said
    assert f"Order {name[:8]} does not hold, and is not carried out" in shown.out
    assert "Traceback" not in shown.said + accepted.said + ran.said
    assert not orders.target.exists()
    orders.world.check_kept_secret(client, lies.asked)
    orders.world.check_unharmed(client, before)
    check_honest(client)


def test_the_document_names_every_row() -> None:
    text = DOCUMENT.read_text()

    for scenario in SCENARIOS:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {scenario.name} |")]
        assert row.endswith(f"| `{scenario.code}` |")


def test_only_a_person_at_the_device_agrees_whatever_the_server_says(
    orders: Orders, csb: WarmClient, tmp_path: Path
) -> None:
    """The server says that the order was accepted; this device knows that it was not."""
    client = orders.world.copy_of(orders.world.laptop, tmp_path)
    note = orders.world.source / "changing.txt"
    now = note.read_bytes()
    laptop = orders.browser.device("laptop")
    wish = Wish(laptop, laptop, 1, (str(note).encode(),), overwrite=True)
    orders.order = orders.browser.place(wish)
    accepted = told(lambda message: message | {"state": "accepted", "needs_person": False})
    lying = [Lie("GET", orders.route, accepted)]

    with orders.world.evil.lying(*lying) as lies:
        ran = csb.run(["orders", "run", "--json"], environment_of(client))

    assert lies.fired and ran.code == 0, ran.said
    assert note.read_bytes() == now
    assert orders.browser.look(orders.order).needs_person


def test_what_is_wrong_with_contents_is_named_and_nothing_wrong_is_written(
    orders: Orders, csb: WarmClient, tmp_path: Path
) -> None:
    client = orders.world.copy_of(orders.world.laptop, tmp_path)
    order = orders.place()
    drawn = random.Random(7)

    def turned(content: bytes) -> bytes:
        spoilt = bytearray(content)
        for _ in range(3):
            spoilt[drawn.randrange(len(spoilt))] ^= 1
        return bytes(spoilt)

    with orders.world.evil.lying(
        Lie("GET", f"{orders.route}/packs/[0-9a-f]+", bytes_told(turned))
    ) as lies:
        ran = csb.run(["orders", "run", "--json"], environment_of(client))

    info = orders.browser.look(order)
    assert lies.fired and ran.code == 1
    assert info.problems > 0
    assert {line.problem for line in info.problem_lines} <= {"content-lacking", "exists"}
    orders.world.check_restored(orders.target)
    orders.world.check_kept_secret(client, lies.asked)


def test_a_server_learns_no_key_from_an_order(
    orders: Orders, csb: WarmClient, tmp_path: Path
) -> None:
    """The order passes through the server; what it holds is sealed to the device."""
    client = orders.world.copy_of(orders.world.laptop, tmp_path)
    order = orders.place()
    keys = orders.browser.data_keys(orders.wish())

    with orders.world.evil.lying() as lies:
        ran = csb.run(["orders", "run", "--json"], environment_of(client))

    records = Path(orders.world.server.data).rglob("order-*")
    everything = order.document + b"".join(path.read_bytes() for path in records)
    assert ran.code in (0, 1)
    assert keys and not any(key in everything for key in keys)
    assert not any(key in one.body for key in keys for one in lies.asked)
    assert load_device(Home(client.home)).sealing_private not in everything
