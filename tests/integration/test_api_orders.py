"""Restore orders through the API: who may place, see, report on and read within them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cbor2
import pytest

from csbackup.format.ids import SnapshotId
from csbackup.format.orders import LIFE_NS, open_order_keys
from csbackup.format.sealing import open_block, sealed_data_key
from csbackup.protocol import messages
from csbackup.protocol.adapter import parse, render
from csbackup.server.app import clock, rebuild_folder
from support.api import Api, Backup, DeviceCaller, PersonCaller, api_on, b64
from support.orders import SignedOrder, Wish, draft_of, make_order

FILES = {"a.txt": b"hello", "b.txt": b"there", "c.bin": b"c" * 5000}


@dataclass
class World:
    api: Api
    anna: PersonCaller
    laptop: DeviceCaller
    tablet: DeviceCaller
    backup: Backup

    def wish(self, **changes: Any) -> Wish:
        found: dict[str, Any] = {
            "device": self.laptop.device,
            "source": self.laptop.device,
            "sequence": 1,
            "paths": (b"/data/a.txt",),
        }
        return Wish(**(found | changes))

    def prepare(self, wish: Wish, code: int = 200) -> Any:
        message = render(draft_of(wish))
        answer = self.api.post("orders/prepare", token=self.anna.token, json=message)
        assert answer.status_code == code, answer.text
        return parse(messages.OrderPlan, answer.json()) if code == 200 else answer.json()

    def order(self, wish: Wish | None = None, **changes: Any) -> SignedOrder:
        wish = wish or self.wish()
        now = changes.pop("now", clock())
        return make_order(self.anna.keys, wish, self.prepare(wish), now=now, **changes)

    def place(self, order: SignedOrder, *, signature: bytes = b"", token: str = "") -> Any:
        message = {"order": b64(order.document), "signature": b64(signature or order.signature)}
        return self.api.post("orders", token=token or self.anna.token, json=message)

    def placed(self, wish: Wish | None = None, **changes: Any) -> SignedOrder:
        order = self.order(wish, **changes)
        answer = self.place(order)
        assert answer.status_code == 201, answer.text
        return order

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]]
        found = self.api.get("orders", token=self.anna.token).json()["orders"]
        return found

    def report(self, order: SignedOrder, state: str, **more: Any) -> Any:
        message = {"state": state, **more}
        path = f"device/orders/{order.id.hex()}"
        return self.api.post(path, token=self.laptop.token, json=message)

    def locate(self, order: SignedOrder, ids: bytes, device: DeviceCaller | None = None) -> Any:
        token = (device or self.laptop).token
        path = f"device/orders/{order.id.hex()}/locate"
        return self.api.post(path, token=token, content=ids)

    def read(self, order: SignedOrder, pack: bytes, start: int, length: int) -> Any:
        path = f"device/orders/{order.id.hex()}/packs/{pack.hex()}"
        headers = {"Range": f"bytes={start}-{start + length - 1}"}
        return self.api.get(path, token=self.laptop.token, headers=headers)

    @property
    def chunks(self) -> list[bytes]:
        assert self.backup.blocks is not None
        return [item.chunks for item in self.backup.blocks.footer.items]


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with api_on(tmp_path / "data") as api:
        anna = PersonCaller("anna").register(api)
        laptop, tablet = anna.enrol(api, "laptop"), anna.enrol(api, "tablet")
        yield World(api, anna, laptop, tablet, laptop.back_up(api, FILES))


def test_preparing_tells_what_an_order_takes(world: World) -> None:
    plan = world.prepare(world.wish(paths=(b"/data",)))

    assert (plan.files, plan.bytes) == (3, sum(map(len, FILES.values())))
    assert plan.serial == 1
    assert plan.certificate == world.laptop.certificate().encode()
    assert [len(key) for key in plan.data_keys] == [80]


def test_an_order_brings_what_its_device_needs_to_open_its_blocks(world: World) -> None:
    order = world.placed()

    chunk = world.chunks[0]
    ((pack, offset, length, ids),) = cbor2.loads(world.locate(order, chunk).content)
    block = world.read(order, pack, offset, length).content
    device_keys = world.anna.keys.device
    opened = open_order_keys(order.order, world.laptop.sealing.private_bytes_raw(), device_keys)
    key = opened.data_key(sealed_data_key(block))
    assert ids == chunk
    assert bytes(open_block(block, key, world.anna.account, device_keys.hedge_key)[0]) == b"hello"


def test_a_device_reads_no_block_that_is_not_of_its_order(world: World) -> None:
    order = world.placed()
    all_of_it = b"".join(world.chunks)
    assert world.backup.blocks is not None
    first, second = world.backup.blocks.footer.items[:2]
    pack = world.backup.blocks.id

    found = cbor2.loads(world.locate(order, all_of_it).content)

    assert [row[1] for row in found] == [first.offset]
    assert world.read(order, pack, first.offset, first.length).status_code == 206
    assert world.read(order, pack, first.offset, first.length + 1).status_code == 404
    assert world.read(order, pack, second.offset, second.length).status_code == 404
    assert world.read(order, world.backup.nodes.id, 0, 10).status_code == 404


def test_nobody_but_its_device_reads_within_an_order(world: World) -> None:
    order = world.placed()

    assert world.locate(order, world.chunks[0], world.tablet).status_code == 404
    answer = world.api.get(f"device/orders/{order.id.hex()}", token=world.tablet.token)
    assert answer.status_code == 404
    assert world.report(order, "running").status_code == 200


@pytest.mark.parametrize("state", ["done", "failed", "refused"])
def test_an_order_that_ended_gives_nothing_to_read_any_more(world: World, state: str) -> None:
    order = world.placed()

    assert world.report(order, state, files_done=1).json() == {"state": state}

    assert world.locate(order, world.chunks[0]).status_code == 404
    assert world.report(order, "running").json() == {"state": state}
    assert world.listed()[0]["state"] == state


def test_a_withdrawn_order_stays_withdrawn_whatever_its_device_says(world: World) -> None:
    order = world.placed()
    world.report(order, "running", files_done=1, bytes_done=5)

    answer = world.api.delete(f"orders/{order.id.hex()}", token=world.anna.token)

    assert (answer.json()["state"], answer.json()["files_done"]) == ("withdrawn", 1)
    assert world.report(order, "done").json() == {"state": "withdrawn"}
    assert world.locate(order, world.chunks[0]).status_code == 404


def test_an_order_expires_by_the_servers_clock(world: World) -> None:
    order = world.order(expires_ns=clock() + 2_000_000_000)
    assert world.place(order).status_code == 201

    now = clock() + 3_000_000_000
    found = world.api.server.services.orders.of_account(_person(world), now).orders[0]

    assert found.state == "expired"
    assert world.report(order, "running").json() == {"state": "expired"}
    records = world.api.server.config.folder / "records" / world.anna.account.hex()
    assert not list(records.glob("order-*"))


def _person(world: World) -> Any:
    return world.api.server.services.sessions.recognise(world.anna.token, clock())


def test_the_same_order_sent_again_is_the_same(world: World) -> None:
    order = world.placed()

    again = world.place(order)

    assert (again.status_code, len(world.listed())) == (200, 1)


def test_an_order_with_an_old_number_is_refused(world: World) -> None:
    stale = world.order()
    world.placed()

    assert world.place(stale).json()["code"] == "conflict"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"serial": 2}, "conflict"),
        ({"sequence": 7}, "not-found"),
        ({"snapshot": SnapshotId(bytes(32))}, "conflict"),
        ({"paths": (b"/data/nothing",)}, "not-found"),
        ({"device": bytes(16)}, "not-found"),
        ({"source": bytes(16)}, "not-found"),
        ({"account": bytes(16)}, "not-found"),
        ({"created_ns": 1, "expires_ns": 2}, "conflict"),
        ({"expires_ns": 2**62}, "malformed"),
        ({"number": 0}, "malformed"),
        ({"target": b"/a/../b"}, "malformed"),
        ({"sealed_keys": bytes(50)}, "malformed"),
        ({"paths": (b"/data", b"/data")}, "malformed"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused(
    world: World, changes: dict[str, Any], code: str
) -> None:
    answer = world.place(world.order(**changes))

    assert answer.json()["code"] == code
    assert world.listed() == []


def test_an_order_that_the_account_did_not_sign_is_refused(world: World) -> None:
    bert = PersonCaller("bert").register(world.api)
    order = world.order()

    assert world.place(order, signature=bytes(64)).json()["code"] == "signature-invalid"
    assert world.place(order, token=bert.token).json()["code"] == "signature-invalid"
    assert world.listed() == []


def test_others_neither_see_nor_withdraw_an_order(world: World) -> None:
    bert = PersonCaller("bert").register(world.api)
    order = world.placed()

    answer = world.api.delete(f"orders/{order.id.hex()}", token=bert.token)

    assert answer.status_code == 404
    assert world.api.get("orders", token=bert.token).json() == {"orders": []}
    assert world.listed()[0]["state"] == "waiting"


def test_a_person_sees_how_an_order_goes(world: World) -> None:
    order = world.placed()
    lines = [{"problem": "exists", "path": "/data/a.txt", "message": "It is there."}] * 60

    world.report(
        order, "running", files_done=2, bytes_done=9, problems=60, problem_lines=lines, message="x"
    )

    found = world.listed()[0]
    assert (found["state"], found["files_done"], found["bytes_done"]) == ("running", 2, 9)
    assert (found["problems"], len(found["problem_lines"])) == (60, 50)
    assert (found["device_name"], found["source_name"]) == ("laptop", "laptop")
    assert (found["paths"], found["target"], found["overwrite"]) == (["/data/a.txt"], "", False)


def test_a_device_hears_of_its_orders_at_once(world: World) -> None:
    before = world.api.get("device/orders", token=world.laptop.token).json()
    order = world.placed()

    path = f"device/orders?since={before['revision']}&wait=25"
    found = world.api.get(path, token=world.laptop.token).json()

    assert before["orders"] == []
    head = {"order": order.id.hex(), "number": order.order.number, "state": "waiting"}
    assert found["orders"] == [head]
    assert world.api.get("device/orders", token=world.tablet.token).json()["orders"] == []


def test_an_order_comes_with_all_that_proves_it(world: World) -> None:
    order = world.placed(world.wish(device=world.tablet.device))

    path = f"device/orders/{order.id.hex()}"
    answer = world.api.get(path, token=world.tablet.token)
    found = parse(messages.DeviceOrder, answer.json())

    assert (found.document, found.signature) == (order.document, order.signature)
    assert found.snapshot == world.backup.signed
    assert found.certificate == world.laptop.certificate().encode()
    assert found.source_name == "laptop"


def test_orders_to_a_revoked_device_are_over(world: World) -> None:
    order = world.placed(world.wish(device=world.tablet.device))

    world.api.delete(f"devices/{world.tablet.device.hex()}", token=world.anna.token)

    assert world.listed()[0]["state"] == "withdrawn"
    again = world.prepare(world.wish(device=world.tablet.device), code=409)
    assert again["code"] == "conflict"
    assert order.id.hex() == world.listed()[0]["order"]


def test_a_rebuilt_catalog_knows_the_orders_that_have_not_ended(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with api_on(data) as api:
        anna = PersonCaller("anna").register(api)
        laptop, tablet = anna.enrol(api, "laptop"), anna.enrol(api, "tablet")
        world = World(api, anna, laptop, tablet, laptop.back_up(api, FILES))
        ended, alive = world.placed(), world.placed()
        world.report(ended, "done")

    for file in data.glob("catalog.db*"):
        file.unlink()
    rebuild_folder(data)

    with api_on(data) as api:
        path = f"device/orders/{alive.id.hex()}"
        found = api.get("device/orders", token=laptop.token).json()["orders"]
        assert [head["order"] for head in found] == [alive.id.hex()]
        assert api.get(path, token=laptop.token).json()["document"] == b64(alive.document)
        located = api.post(f"{path}/locate", token=laptop.token, content=world.chunks[0])
        assert len(cbor2.loads(located.content)) == 1


def test_an_order_whose_row_a_crash_lost_is_there_after_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with api_on(data) as api:
        anna = PersonCaller("anna").register(api)
        laptop, tablet = anna.enrol(api, "laptop"), anna.enrol(api, "tablet")
        world = World(api, anna, laptop, tablet, laptop.back_up(api, FILES))
        order = world.placed()
        record = data / "records" / anna.account.hex() / f"order-{order.id.hex()}"
        kept = record.read_bytes()
        world.report(order, "done")
        record.write_bytes(kept)
        (record.parent / f"order-{bytes(16).hex()}").write_bytes(b"rubbish")

    with api_on(data) as api:
        assert api.get("device/orders", token=laptop.token).json()["orders"] == []
        assert not record.exists()


def test_one_account_has_so_many_orders_open_and_no_more(world: World) -> None:
    wish = world.wish()
    plan = world.prepare(wish)
    for number in range(100):
        order = make_order(world.anna.keys, wish, plan, now=clock(), number=plan.number + number)
        assert world.place(order).status_code == 201

    order = make_order(world.anna.keys, wish, plan, now=clock(), number=plan.number + 100)

    assert world.place(order).json()["code"] == "too-many-requests"
    assert order.order.expires_ns - order.order.created_ns == LIFE_NS


def test_of_what_a_revoked_device_sent_too_another_devices_copy_is_ordered(world: World) -> None:
    theirs = world.tablet.back_up(world.api, FILES)
    world.api.delete(f"devices/{world.tablet.device.hex()}", token=world.anna.token)

    order = world.placed(world.wish(source=world.tablet.device))

    ((pack, *_),) = cbor2.loads(world.locate(order, world.chunks[0]).content)
    assert world.backup.blocks is not None and theirs.blocks is not None
    assert pack == world.backup.blocks.id
    assert world.read(order, theirs.blocks.id, 0, 10).status_code == 404
