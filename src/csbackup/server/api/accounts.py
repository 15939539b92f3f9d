"""Accounts and sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from csbackup.format.ids import SHORT
from csbackup.protocol import messages
from csbackup.rules.visiting import Visit, visit_of
from csbackup.server.api.calls import Call, Reply
from csbackup.server.services.sessions import Started


def kdf(call: Call) -> messages.KdfAnswer:
    return call.services.accounts.kdf(call.message(messages.KdfRequest))


def register(call: Call) -> Reply:
    request = call.message(messages.Registration)
    number = call.services.accounts.register(request, call.address, call.now)
    started = call.services.sessions.start(
        number, call.now, browser=call.browser, visit=_visit(call)
    )
    return _signed_in(call, started)


def sign_in(call: Call) -> Reply:
    request = call.message(messages.SignIn)
    started = call.services.sessions.sign_in(request, _visit(call), call.now, browser=call.browser)
    return _signed_in(call, started)


def sign_out(call: Call) -> Reply:
    call.services.sessions.end(call.person)
    return Reply(messages.Done(), cookie="" if call.person.browser else None)


def account(call: Call) -> messages.Account:
    return call.services.accounts.account(call.person)


def change_password(call: Call) -> messages.Account:
    request = call.message(messages.PasswordChange)
    return call.services.accounts.change_password(call.person, request, call.now)


def change_recovery(call: Call) -> messages.Account:
    request = call.message(messages.RecoveryChange)
    return call.services.accounts.change_recovery(call.person, request, call.now)


def sessions(call: Call) -> messages.SessionList:
    return call.services.sessions.of_account(call.person, call.now)


def end_session(call: Call) -> messages.Done:
    call.services.sessions.end_one(call.person, call.id("session", SHORT))
    return messages.Done()


def end_other_sessions(call: Call) -> messages.Done:
    call.services.sessions.end_others(call.person)
    return messages.Done()


def deletion(call: Call) -> messages.Deletion:
    return call.services.deletions.plan(call.person)


def ask_deletion(call: Call) -> messages.Deletion:
    request = call.message(messages.DeletionRequest)
    return call.services.deletions.ask(call.person, request, call.now)


def take_back_deletion(call: Call) -> messages.Account:
    return call.services.deletions.take_back(call.person)


async def export(call: Call, _: Request) -> Response:
    """One file, sent while it is read."""
    pieces = call.services.export.pieces(call.person, call.services.face.name, call.now)

    async def content() -> AsyncIterator[str]:
        while (piece := await call.workers.run(next, pieces, None)) is not None:
            yield piece

    headers = {"Content-Disposition": 'attachment; filename="account-export.json"'}
    return StreamingResponse(content(), media_type="application/json", headers=headers)


def _visit(call: Call) -> Visit:
    return visit_of(call.agent, call.address)


def _signed_in(call: Call, started: Started) -> Reply:
    """A browser gets its token as a cookie only, where scripts cannot read it."""
    message = started.message(with_token=not call.browser)
    return Reply(message, 201, cookie=started.token if call.browser else None)
