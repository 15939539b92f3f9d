"""Uploads: what a device asks, sends and commits."""

from __future__ import annotations

import secrets

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from csbackup.format.ids import LONG, SHORT, PackId, UploadId
from csbackup.protocol import messages
from csbackup.protocol.adapter import render
from csbackup.protocol.frames import MAX_HAVE, PREFIX, pack_bits, read_ids
from csbackup.server.api.bodies import PIECE, declared_size, pieces
from csbackup.server.api.calls import Call, Reply
from csbackup.server.api.ranges import answer_range
from csbackup.server.services.receiving import PackReceiver

_CLIENT_GONE = 499  # nobody reads this answer


def open_upload(call: Call) -> messages.Upload:
    call.message(messages.UploadRequest)
    upload = UploadId(secrets.token_bytes(SHORT))
    return call.services.ingest.open_upload(call.device, upload, call.now)


def have(call: Call) -> bytes:
    width = LONG if call.query["width"] == str(LONG) else PREFIX
    ids = read_ids(call.message(bytes), width=width, limit=MAX_HAVE)
    kind = call.query["kind"]
    return pack_bits(call.services.ingest.have(call.device, _upload(call), kind, ids, call.now))


async def put_pack(call: Call, request: Request) -> Response:
    """The pack goes to disk as it comes; it is acknowledged when it is durable and findable."""
    receiver = await call.workers.run(
        call.services.ingest.begin_pack,
        call.device,
        _upload(call),
        _pack(call),
        declared_size(request) or None,
        call.now,
    )
    try:
        return await _receive(call, request, receiver)
    except ClientDisconnect:
        return Response(status_code=_CLIENT_GONE)
    finally:
        await call.workers.run(receiver.abort)


async def _receive(call: Call, request: Request, receiver: PackReceiver) -> Response:
    async for piece in pieces(request, PIECE):
        await call.workers.run(receiver.write, piece)
    received = await call.workers.run(receiver.finish, call.now)
    return JSONResponse(render(received), 201 if received.new else 200)


async def read_back(call: Call, request: Request) -> Response:
    ingest, caller, upload, pack = call.services.ingest, call.device, _upload(call), _pack(call)
    size = await call.workers.run(ingest.read_back_size, caller, upload, pack)

    def read(offset: int, length: int) -> bytes:
        return ingest.read_back(caller, upload, pack, offset, length)

    return await answer_range(call.workers, request, size, read)


def commit(call: Call) -> Reply:
    outcome = call.services.commits.commit(
        call.device, _upload(call), call.message(messages.Commit), call.now
    )
    return Reply(outcome.committed, 201 if outcome.new else 200)


def _upload(call: Call) -> UploadId:
    return UploadId(call.id("upload", SHORT))


def _pack(call: Call) -> PackId:
    return PackId(call.id("pack", LONG))
