"""Downloads: trees for who lists, sealed blocks for who has the keys."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from csbackup.format.ids import LONG, PackId
from csbackup.protocol.frames import (
    MAX_LOCATE,
    MAX_NODES,
    encode_locations,
    encode_nodes,
    read_ids,
)
from csbackup.rules.access import Person
from csbackup.server.api.calls import Call
from csbackup.server.api.ranges import answer_range


def nodes(call: Call) -> bytes:
    ids = read_ids(call.message(bytes), width=LONG, limit=MAX_NODES)
    return encode_nodes(call.services.downloads.nodes(_account_number(call), ids))


def locate(call: Call) -> bytes:
    ids = read_ids(call.message(bytes), width=LONG, limit=MAX_LOCATE)
    return encode_locations(call.services.downloads.locate(call.person.number, ids))


async def get_pack(call: Call, request: Request) -> Response:
    downloads, number = call.services.downloads, call.person.number
    pack = PackId(call.id("pack", LONG))
    size = await call.workers.run(downloads.pack_size, number, pack)

    def read(offset: int, length: int) -> bytes:
        return downloads.read_pack(number, pack, offset, length)

    return await answer_range(call.workers, request, size, read)


def _account_number(call: Call) -> int:
    caller = call.known
    return caller.number if isinstance(caller, Person) else caller.account_number
