"""Getting the client: the offer, a download and its code, the files."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from csbackup.errors import RegistrationClosed
from csbackup.protocol import messages
from csbackup.rules.access import Person
from csbackup.server.api.calls import Call, Reply
from csbackup.server.api.ranges import answer_file
from csbackup.server.services.install_script import install_script
from csbackup.server.services.installer import Sender

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"  # a manifest may be signed anew, with a later end


def offer(call: Call) -> messages.Offer:
    return call.services.handing_out.offer()


def begin(call: Call) -> messages.Download:
    """For who is signed in, or may register from where it calls."""
    person = call.caller if isinstance(call.caller, Person) else None
    if person is None and not call.services.accounts.may_register(call.address):
        raise RegistrationClosed("Sign in first: this server takes no new accounts from here.")
    return call.services.handing_out.begin(
        person.number if person else None,
        call.message(messages.DownloadRequest).target,
        _sender(call, ""),
        call.leaf_pin,
        call.address,
        call.now,
    )


def state(call: Call) -> messages.DownloadState:
    return call.services.handing_out.state(call.path["code"], call.address, call.now)


def install(call: Call) -> Reply:
    sender = _sender(call, call.path["code"])

    def without_release() -> str:
        wheel = call.services.client.get()
        return install_script(sender.url, sender.pin, sender.ca_pem, wheel)

    script = call.services.handing_out.script(sender, without_release, call.address, call.now)
    return Reply(script.encode(), headers={"Cache-Control": "no-store"})


async def parcel(call: Call, request: Request) -> Response:
    handing_out, sender = call.services.handing_out, _sender(call, call.path["code"])
    name = call.path["name"]
    found, sha256 = await call.workers.run(handing_out.parcel, sender, name, call.address, call.now)
    head = hashlib.sha256(found.head).hexdigest()
    headers = {
        "ETag": f'"{head[:32]}-{sha256[:32]}"',
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return await answer_file(call.workers, request, found.size, found.read, headers)


async def release_file(call: Call, request: Request) -> Response:
    version, name = call.path["version"], call.path["name"]
    path, file = await call.workers.run(call.services.handing_out.release_file, version, name)
    if file is None:
        content = await call.workers.run(path.read_bytes)
        tag = hashlib.sha256(content).hexdigest()
        headers = {"ETag": f'"{tag}"', "Cache-Control": _ASK_AGAIN}
        return await answer_file(
            call.workers, request, len(content), partial(_slice, content), headers
        )
    headers = {"ETag": f'"{file.sha256}"', "Cache-Control": _FOR_EVER}
    return await answer_file(call.workers, request, file.size, partial(_read, path), headers)


def _slice(content: bytes, offset: int, length: int) -> bytes:
    return content[offset : offset + length]


def _read(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def _sender(call: Call, code: str) -> Sender:
    return Sender(call.base_url, call.services.face.pin, call.ca_pem, code)
