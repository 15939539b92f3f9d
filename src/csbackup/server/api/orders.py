"""Restore orders: what a person has a device write back, and what the device may read for it."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from csbackup.format.ids import LONG, SHORT, OrderId, PackId
from csbackup.protocol import messages
from csbackup.protocol.adapter import render
from csbackup.protocol.frames import MAX_LOCATE, encode_locations, read_ids
from csbackup.server.api.calls import Call, Reply
from csbackup.server.api.ranges import answer_range

_LOOK_SECONDS = 1.0


def prepare(call: Call) -> messages.OrderPlan:
    return call.services.orders.prepare(call.person, call.message(messages.OrderDraft), call.now)


def place(call: Call) -> Reply:
    new = call.message(messages.NewOrder)
    placed = call.services.orders.place(call.person, new.order, new.signature, call.now)
    return Reply(placed.info, 201 if placed.new else 200)


def own(call: Call) -> messages.OrderList:
    return call.services.orders.of_account(call.person, call.now)


def withdraw(call: Call) -> messages.OrderInfo:
    return call.services.orders.withdraw(call.person, _order(call), call.now)


async def for_device(call: Call, request: Request) -> Response:
    """Answered when there is something new, or when the caller has waited as long as it asked."""
    looks = 0
    while True:
        now = call.now + int(looks * _LOOK_SECONDS * 1e9)
        found = await call.workers.run(call.services.orders.for_device, call.device, now)
        over = looks * _LOOK_SECONDS >= call.query["wait"] or call.workers.is_leaving
        known = call.query["settings"]
        news = found.revision != call.query["since"] or known not in (None, found.settings)
        if news or over or await request.is_disconnected():
            return JSONResponse(render(found))
        looks += 1
        await asyncio.sleep(_LOOK_SECONDS)


def document(call: Call) -> messages.DeviceOrder:
    return call.services.order_reading.document(call.device, _order(call), call.now)


def report(call: Call) -> messages.OrderVerdict:
    told = call.message(messages.OrderReport)
    return call.services.orders.report(call.device, _order(call), told, call.now)


def locate(call: Call) -> bytes:
    ids = read_ids(call.message(bytes), width=LONG, limit=MAX_LOCATE)
    reading = call.services.order_reading
    return encode_locations(reading.locate(call.device, _order(call), ids, call.now))


async def get_pack(call: Call, request: Request) -> Response:
    reading, device, order = call.services.order_reading, call.device, _order(call)
    pack = PackId(call.id("pack", LONG))
    size = await call.workers.run(reading.pack_size, device, order, pack, call.now)

    def read(offset: int, length: int) -> bytes:
        return reading.read_pack(device, order, pack, offset, length, call.now)

    return await answer_range(call.workers, request, size, read)


def _order(call: Call) -> OrderId:
    return OrderId(call.id("order", SHORT))
